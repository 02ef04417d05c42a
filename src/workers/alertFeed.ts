import { producedRow } from '../kafka/rows.js';
import type { RecordedPacing, ScheduledPacing } from '../schedule/pacing.js';
import { evenDueNs, recordedDueNs, recordedSchedule, rewritesPasses } from '../schedule/recorded.js';
import { scheduleOf } from '../schedule/schedule.js';
import { indexesOf } from '../schedule/split.js';
import type { AheadSource } from './aheadSource.js';
import type { ShareSource } from './shareSource.js';
import { PassRewriter } from './passRewriter.js';
import type { ReplayTask } from './protocol.js';
import type { ReservoirAlert } from './reservoirReader.js';

/** The most rows that one call sends in a phase with a schedule: their lag is taken once for all of them. */
const pacedRows = 64;

/** How long after its end a phase by rate may go on sending what was due before it. */
const overrunNs = 1e9;

type FeedTask = Pick<ReplayTask, 'producer' | 'reservoirTopic' | 'spanUs'>;

/** Where it takes the producer's alerts from. */
type FeedSource = Pick<
  ShareSource,
  'memory' | 'timeOffsetsUs' | 'originals' | 'isWhole' | 'alertsOfShare' | 'rewind' | 'next' | 'nextBuffered'
>;

/** What a producer sends in a phase with a schedule, by the index of its own messages. */
export interface AlertFeed {
  /** Number of messages. */
  readonly count: number;
  /** Limit of the rows per call. */
  readonly rowsAtOnce: number;
  /** When nothing more is sent, after the phase's start; Infinity where everything is. */
  readonly untilNs: number;
  /**
   * How many messages from an index on are left out at an instant, after the phase's start, because they would be
   * sent too late. Default: none.
   */
  readonly skip?: (index: number, tNs: number) => number;
  /** Fetches a message: true where it is there already, else whether there is one. Default: all are there. */
  readonly fetch?: (index: number) => true | Promise<boolean>;
  /** After the phase's start. */
  readonly dueNs: (index: number) => number;
  /** Distance of messages at an instant. */
  readonly gapNsAt: (tNs: number) => number;
  /** Points a row at a message. */
  readonly point: (index: number, rows: Float64Array, row: number) => void;
}

/**
 * A schedule by rate: this producer sends the indexes i with i mod producers = its own, and begins again with its
 * first alert after its last.
 */
export function pacedFeed(
  { producer }: FeedTask,
  { memory }: FeedSource,
  pacing: ScheduledPacing,
): AlertFeed {
  const schedule = scheduleOf(pacing);
  const { index: first, of } = producer;
  return {
    count: indexesOf(producer, schedule.count),
    rowsAtOnce: pacedRows,
    untilNs: schedule.durationNs + overrunNs,
    dueNs: (index) => schedule.dueNs(first + index * of),
    gapNsAt: (tNs) => (1e9 * of) / schedule.targetPerSecondAt(tNs),
    point: (index, rows, row) => memory.point(index % memory.count, rows, row),
  };
}

/** What it takes of alerts that are made while they are sent. */
type FeedAhead = Pick<AheadSource, 'ownBefore' | 'mostLateNs' | 'has' | 'waitFor' | 'skipTo' | 'point'>;

/**
 * A schedule by rate, for alerts that are made while they are sent: each of them is sent once, and those that would be
 * sent too late are left out.
 */
export function aheadFeed(
  { producer }: Pick<FeedTask, 'producer'>,
  source: FeedAhead,
  phase: { readonly name: string; readonly pacing: ScheduledPacing },
): AlertFeed {
  const schedule = scheduleOf(phase.pacing);
  const { index: first, of } = producer;
  const before = source.ownBefore(phase.name);
  const count = indexesOf(producer, schedule.count);
  const dueNs = (index: number): number => schedule.dueNs(first + index * of);
  return {
    count,
    rowsAtOnce: 1,
    untilNs: schedule.durationNs + overrunNs,
    skip: (index, tNs) => {
      const earliestNs = tNs - source.mostLateNs;
      if (index >= count || dueNs(index) >= earliestNs) return 0;
      const next = firstDueFrom(dueNs, earliestNs, index, count);
      source.skipTo(before + next);
      return next - index;
    },
    fetch: (index) => source.has(before + index) || source.waitFor(before + index),
    dueNs,
    gapNsAt: (tNs) => (1e9 * of) / schedule.targetPerSecondAt(tNs),
    point: (_index, rows, row) => {
      source.point(rows, row);
    },
  };
}

/** The first index above `from` that is due at an instant or later. */
function firstDueFrom(dueNs: (index: number) => number, atNs: number, from: number, count: number): number {
  let low = from + 1;
  let step = 1;
  while (low + step < count && dueNs(low + step) < atNs) {
    low += step;
    step *= 2;
  }
  let high = Math.min(count, low + step);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (dueNs(middle) < atNs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The recorded times: this producer sends every alert of its share, in the order of time, pass after pass; from
 * memory where the whole share is there, else as it is read.
 */
export function recordedFeed(task: FeedTask, source: FeedSource, pacing: RecordedPacing): AlertFeed {
  const rewriter = rewritesPasses(pacing)
    ? new PassRewriter(task.reservoirTopic, pacing.passes, task.spanUs)
    : undefined;
  return source.isWhole ? keptFeed(task, source, pacing, rewriter) : readFeed(task, source, pacing, rewriter);
}

function keptFeed(
  { spanUs }: FeedTask,
  { memory, timeOffsetsUs, originals }: FeedSource,
  pacing: RecordedPacing,
  rewriter: PassRewriter | undefined,
): AlertFeed {
  const { count, dueNs, targetPerSecondAt } = recordedSchedule(timeOffsetsUs, pacing, spanUs);
  const alerts = memory.count;
  return {
    count,
    // Rewritten alerts pass one by one through the room for one.
    rowsAtOnce: rewriter === undefined ? pacedRows : 1,
    untilNs: Infinity,
    dueNs,
    gapNsAt: (tNs) => 1e9 / targetPerSecondAt(tNs),
    point: (index, rows, row) => {
      const original = originals[index % alerts];
      if (rewriter === undefined || original === undefined) memory.point(index % alerts, rows, row);
      else memory.pass(rewriter.messageOf(original, Math.floor(index / alerts)), rows, row);
    },
  };
}

function readFeed(
  { spanUs }: FeedTask,
  source: FeedSource,
  { passes, speed, ratePerSecond }: RecordedPacing,
  rewriter: PassRewriter | undefined,
): AlertFeed {
  const { memory } = source;
  /** The row of the alert that was fetched: copying it takes longer than a message may be late. */
  const fetched = new Float64Array(producedRow.fields);
  let at = -1;
  let pass = -1;
  let dueNs = 0;
  const take = (next: ReservoirAlert | undefined, index: number): boolean => {
    if (next === undefined) return false;
    memory.pass(rewriter?.messageOf(next, pass) ?? next.message, fetched, 0);
    at = index;
    // As in a schedule that is known beforehand: an alert after a later one is due together with that one.
    const ownNs =
      ratePerSecond === undefined
        ? recordedDueNs(next.timeOffsetUs, pass, spanUs, speed)
        : evenDueNs(index, ratePerSecond);
    dueNs = Math.max(dueNs, ownNs);
    return true;
  };
  const fetch = async (index: number): Promise<boolean> => {
    let next = pass < 0 ? undefined : await source.next();
    while (next === undefined && pass + 1 < passes) {
      pass += 1;
      await source.rewind();
      next = await source.next();
    }
    return take(next, index);
  };
  return {
    count: source.alertsOfShare * passes,
    rowsAtOnce: 1,
    untilNs: Infinity,
    fetch: (index) => index === at || (pass >= 0 && take(source.nextBuffered(), index)) || fetch(index),
    dueNs: () => dueNs,
    gapNsAt: () => Infinity,
    point: (_index, rows, row) => {
      rows.set(fetched, row * producedRow.fields);
    },
  };
}
