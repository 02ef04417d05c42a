import { probesOf } from './limitSearch.js';
import { backlogMessages, type MaxPacing, type Pacing, probePacing, type ScheduledPacing } from './pacing.js';
import { visitsPeakPerSecond } from './peak.js';
import { passLengthUs } from './recorded.js';
import { scheduleOf } from './schedule.js';

/** Number of messages of a phase, its length, and its maximum rate. */
export interface PacingFigures {
  /** Undefined where it sends as many messages as possible. */
  readonly count: number | undefined;
  readonly durationNs: number;
  /**
   * The time in which its messages are due: less than `durationNs` for visits, because the last one has no
   * alerts after its burst.
   */
  readonly dueNs: number;
  /**
   * The highest rate over a second; the mean for recorded pacing, whose times are not known before they are
   * read; undefined where nothing limits it.
   */
  readonly peakPerSecond: number | undefined;
  /** Number of probes of a search, at most and usually; undefined for other phases. */
  readonly probes?: { readonly most: number; readonly usual: number } | undefined;
}

/** What recorded pacing takes its times from. */
export interface RecordedFacts {
  /** In the reservoir. */
  readonly alerts: number;
  /** From its first to its last alert. */
  readonly spanUs: number;
  /** Of a message's value; left out where no phase is a backlog. */
  readonly meanBytes?: number | undefined;
}

const nsPerSecond = 1e9;

/**
 * Messages, duration and peak of a pacing rule.
 *
 * @param recorded - the reservoir, for recorded pacing
 */
export function figuresOf(pacing: Pacing, recorded: RecordedFacts): PacingFigures {
  if (pacing.kind === 'recorded') {
    const { passes, speed } = pacing;
    const durationNs = ((recorded.spanUs + (passes - 1) * passLengthUs(recorded.spanUs)) * 1000) / speed;
    const count = recorded.alerts * passes;
    // The recorded times are not known before they are read: the mean replaces the peak.
    const peakPerSecond = (count * nsPerSecond) / Math.max(durationNs, nsPerSecond);
    return { count, durationNs, dueNs: durationNs, peakPerSecond };
  }
  if (pacing.kind === 'max') {
    const { durationNs, count } = pacing;
    // A number of messages takes as long as it takes.
    return count === undefined
      ? { count, durationNs, dueNs: durationNs, peakPerSecond: undefined }
      : { count, durationNs: 0, dueNs: 0, peakPerSecond: undefined };
  }
  if (pacing.kind === 'backlog') {
    const count = backlogMessages(pacing.amount, recorded.meanBytes ?? 1);
    return { count, durationNs: 0, dueNs: 0, peakPerSecond: undefined };
  }
  if (pacing.kind === 'catchUp' || (pacing.kind === 'constant' && pacing.isOpen === true))
    return { count: undefined, durationNs: 0, dueNs: 0, peakPerSecond: pacing.ratePerSecond ?? 0 };
  if (pacing.kind === 'search') {
    const probes = probesOf(pacing);
    const durationNs = probes.most * (pacing.settleNs + pacing.holdNs);
    const most = probePacing(pacing, pacing.toPerSecond, pacing.holdNs);
    return { count: undefined, durationNs, dueNs: durationNs, peakPerSecond: peakOf(most), probes };
  }
  const { count, durationNs } = scheduleOf(pacing);
  const dueNs =
    pacing.kind === 'visits' ? (pacing.visits - 1) * pacing.cadenceNs + pacing.burstNs : durationNs;
  return { count, durationNs, dueNs, peakPerSecond: peakOf(pacing) };
}

/**
 * The rule of a warm-up: the rate at which the first phase begins, so that the first measured second finds
 * caches, connections and compilers as the seconds after it do.
 *
 * @param recorded - the reservoir, for recorded pacing
 */
export function warmupPacing(first: Pacing, durationNs: number, recorded: RecordedFacts): Pacing {
  if (first.kind === 'max' || first.kind === 'backlog' || first.kind === 'catchUp')
    return { kind: 'max', durationNs };
  const figures = figuresOf(first, recorded);
  const mean = ((figures.count ?? 0) * nsPerSecond) / Math.max(figures.durationNs, nsPerSecond);
  const begin = 'fromPerSecond' in first ? first.fromPerSecond : mean;
  return { kind: 'constant', ratePerSecond: Math.max(1, begin), durationNs };
}

/** The highest rate over a second of a rule that has one. */
function peakOf(pacing: Exclude<ScheduledPacing, MaxPacing>): number {
  switch (pacing.kind) {
    case 'constant':
      return pacing.ratePerSecond;
    case 'ramp':
    case 'stairs':
      return Math.max(pacing.fromPerSecond, pacing.toPerSecond);
    case 'visits':
      return visitsPeakPerSecond(pacing);
  }
}
