import { Point } from '@influxdata/influxdb-client';
import type { LatencySummary } from '../../results/values.js';
import { latencyNames } from '../../scenario/metricNames.js';
import { largestLags, partitionsPerRow } from '../../results/partitionRows.js';
import type { IntervalRecord, RunSummary, WatchedInterval } from '../../results/runFolder.js';
import { findingText } from '../../report/words.js';

/** The tags of every point of a run. */
export interface RunTags {
  readonly run: string;
  readonly scenario: string;
  /** `none` for the scenario as it is. */
  readonly variant: string;
}

/**
 * Two points of the same measurement, tags and time are one in the database: so a run that is delivered twice
 * is there once.
 */
export interface PointData {
  /** `alertsim_rate`. */
  readonly measurement: string;
  /** Each has few values, because every combination of them is a time series of its own. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whole numbers. */
  readonly integers?: Fields;
  /** Other numbers. */
  readonly floats?: Fields;
  readonly texts?: Readonly<Record<string, string>>;
  /** Since 1970. */
  readonly timeMs: number;
}

type Fields = Readonly<Record<string, number | null | undefined>>;

/** The phase of intervals that belong to none: consumers catch up. */
const drainPhase = 'drain';

/**
 * The points of an interval, all at its end: latencies, histogram, rates, lag, watched groups, workers and
 * brokers; unknown values are left out.
 */
export function intervalPoints(run: RunTags, record: IntervalRecord): PointData[] {
  const timeMs = Date.parse(record.time);
  const tags = { ...run, phase: record.phase ?? drainPhase };
  const points: PointData[] = [ratePoint(tags, record, timeMs)];
  for (const [own, { count, ...floats }] of latenciesOf(tags, record)) {
    points.push({ measurement: 'alertsim_latency', tags: own, integers: { count }, floats, timeMs });
  }
  for (const latency of latencyNames) {
    for (const [le, inBucket] of Object.entries(record.buckets[latency] ?? {})) {
      const own = { ...tags, latency, le };
      points.push({ measurement: 'alertsim_histogram', tags: own, integers: { count: inBucket }, timeMs });
    }
  }
  for (const [group, messages] of Object.entries(record.lag)) {
    const own = { ...tags, group: withoutRunNumber(group) };
    points.push({ measurement: 'alertsim_lag', tags: own, integers: { messages }, timeMs });
  }
  points.push(...Object.entries(record.watched).flatMap((group) => watchedPoints(tags, group, timeMs)));
  for (const [worker, { rssBytes, ...health }] of Object.entries(record.workers)) {
    const own = { ...tags, worker };
    points.push({
      measurement: 'alertsim_worker',
      tags: own,
      integers: { rssBytes },
      floats: { ...health },
      timeMs,
    });
  }
  for (const [broker, figures] of Object.entries(record.broker ?? {})) {
    points.push({ measurement: 'alertsim_broker', tags: { ...tags, broker }, floats: figures, timeMs });
  }
  return points;
}

/**
 * The brokers' metrics over whole phases, at each phase's end, a point for each phase and broker: those of
 * `summary.json`. The mean of a phase's intervals would be another number, because the mean time of requests
 * weighs each second by its requests.
 */
export function phasePoints(run: RunTags, { phases }: Pick<RunSummary, 'phases'>): PointData[] {
  return phases.flatMap(({ name, endedAt, broker }) =>
    Object.entries(broker ?? {}).map(([id, floats]) => ({
      measurement: 'alertsim_phase_broker',
      tags: { ...run, phase: name, broker: id },
      floats,
      timeMs: Date.parse(endedAt),
    })),
  );
}

/**
 * A point in InfluxDB's line protocol, its time in milliseconds, without a line end; undefined for a point
 * without a value.
 */
export function lineOf(data: PointData): string | undefined {
  const point = new Point(data.measurement).timestamp(data.timeMs);
  for (const [name, value] of Object.entries(data.tags)) point.tag(name, value);
  for (const [name, value] of numbersOf(data.integers)) point.intField(name, value);
  for (const [name, value] of numbersOf(data.floats)) point.floatField(name, value);
  for (const [name, value] of Object.entries(data.texts ?? {})) {
    point.stringField(name, value.replaceAll(/\s+/g, ' '));
  }
  return point.toLineProtocol({ convertTime: String });
}

/** Points in InfluxDB's line protocol; points without a value are left out. */
export function linesOf(points: readonly PointData[]): string[] {
  return points.map(lineOf).filter((line): line is string => line !== undefined);
}

/**
 * With groups, each has its own latency, under the phase that sent the messages: merged, a slow one hides the
 * others.
 */
function latenciesOf(
  tags: PointData['tags'],
  { latency: all, read }: IntervalRecord,
): [PointData['tags'], LatencySummary][] {
  const groups = read.map(({ group, phase, endToEnd }): [PointData['tags'], LatencySummary] => [
    { ...tags, phase, latency: 'endToEnd', group: withoutRunNumber(group) },
    endToEnd,
  ]);
  const merged = latencyNames.flatMap((latency): [PointData['tags'], LatencySummary][] => {
    const summary = all[latency];
    const isSaid =
      summary === undefined || summary.count === 0 || (latency === 'endToEnd' && read.length > 0);
    return isSaid ? [] : [[{ ...tags, latency }, summary]];
  });
  return [...merged, ...groups];
}

/** Of a topic with more partitions, neighbours share a series: each is one more in the database. */
const mostPartitionSeries = 50;

function watchedPoints(
  tags: PointData['tags'],
  [group, seen]: readonly [string, WatchedInterval],
  timeMs: number,
): PointData[] {
  const { committed, end, lagMessages, lagSeconds, commits, members, partitions, partitionCount } = seen;
  const perRow = partitionsPerRow(partitionCount, mostPartitionSeries);
  const own = { ...tags, group };
  const integers = { committed, end, lagMessages, commits, members };
  return [
    { measurement: 'alertsim_group', tags: own, integers, floats: { lagSeconds }, timeMs },
    ...[...largestLags(partitions, perRow)].map(([first, lag]) => ({
      measurement: 'alertsim_group_partition',
      tags: { ...own, partition: rowName(first, Math.min(first + perRow, partitionCount) - 1) },
      integers: { lag },
      timeMs,
    })),
  ];
}

/** `007`, or `016-023`: so that they are in order where they are sorted as texts. */
function rowName(first: number, last: number): string {
  const padded = (partition: number): string => String(partition).padStart(3, '0');
  return last <= first ? padded(first) : `${padded(first)}-${padded(last)}`;
}

function ratePoint(tags: PointData['tags'], record: IntervalRecord, timeMs: number): PointData {
  const { targetPerSecond, achievedPerSecond, bytesPerSecond, counts, inFlight, seconds } = record;
  const { sent, acked, failed, received } = counts;
  return {
    measurement: 'alertsim_rate',
    tags,
    integers: { sent, acked, failed, received, inFlight },
    floats: { target: targetPerSecond, achieved: achievedPerSecond, bytesPerSecond, seconds },
    timeMs,
  };
}

/** The database takes finite numbers only; the run folder holds others as null. */
function numbersOf(fields: Fields = {}): [string, number][] {
  return Object.entries(fields).filter((field): field is [string, number] => Number.isFinite(field[1]));
}

/** A group's id ends with the run's number; without it, the group of one run can be found in the next one. */
function withoutRunNumber(group: string): string {
  return group.replace(/-\d+$/, '');
}

/** An annotation: a run starts. */
export function startEvent(run: RunTags, startedAtMs: number): PointData {
  return event(run, 'start', startedAtMs, {
    title: `run ${run.run} starts`,
    text: `scenario ${run.scenario}, variant ${run.variant}`,
  });
}

/**
 * An annotation at a phase's start. Once its end is known it is written again, with the field `timeEnd`
 * (milliseconds since 1970): the same point, so that it spans the phase.
 *
 * @param endedAtMs - when its last message was sent, milliseconds since 1970; undefined while it is running
 */
export function phaseEvent(
  run: RunTags,
  phase: string,
  startedAtMs: number,
  endedAtMs: number | undefined,
): PointData {
  const point = event(run, 'phase', startedAtMs, {
    title: phase,
    text: `phase ${phase} of run ${run.run}`,
  });
  return endedAtMs === undefined ? point : { ...point, integers: { timeEnd: Math.trunc(endedAtMs) } };
}

/** An annotation with a run's verdict: it has ended. */
export function endEvent(run: RunTags, { run: { endedAt }, verdict, reasons }: RunSummary): PointData {
  return event(run, 'end', Date.parse(endedAt), {
    title: `run ${run.run} ends: ${verdict}`,
    text: reasons.length === 0 ? 'every expectation held' : reasons.join('; '),
  });
}

/** Annotations that span the outages of a run. */
export function outageEvents(run: RunTags, { findings }: RunSummary): PointData[] {
  return findings.flatMap((finding) => {
    if (finding.kind !== 'outage') return [];
    const startMs = Date.parse(finding.startedAt);
    const texts = { title: 'outage', text: findingText(finding) };
    const point = event(run, 'outage', startMs, texts);
    return [{ ...point, integers: { timeEnd: Math.trunc(startMs + finding.lengthMs) } }];
  });
}

function event(
  run: RunTags,
  kind: 'start' | 'phase' | 'outage' | 'end',
  timeMs: number,
  texts: { readonly title: string; readonly text: string },
): PointData {
  // The run folder keeps times as ISO texts, which cut off fractions of a millisecond.
  return { measurement: 'alertsim_event', tags: { ...run, kind }, texts, timeMs: Math.trunc(timeMs) };
}
