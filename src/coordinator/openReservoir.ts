import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicReader, type StoredMessage, type TimeRange } from '../kafka/topicReader.js';
import { filledPartitions, type TopicAdmin, type Watermarks } from '../kafka/topics.js';
import { isOfAnyReservoir, notedPartitions, notedTotal, timeOffsetOf } from '../workers/reservoirFormat.js';
import { givesNothing } from '../workers/reservoirReader.js';
import { rangeText, topicPart } from './topicRange.js';

/** Fetched ahead for a look at a message or two. */
const lookBytes = 1 << 20;

const countBytes = 16 * 1024 * 1024;
const countAtOnce = 1000;

/** A reservoir that was found complete, or a topic of others. */
export interface OpenReservoir {
  readonly topic: string;
  /** How to reach its cluster. */
  readonly connection: ConnectionOptions;
  /** Alerts in it. */
  readonly total: number;
  /** From its first to its last alert; 0 where that is not known. */
  readonly spanUs: number;
  /**
   * Whether the total is known: other topics, and the original simulator's reservoirs, do not note it, and offsets
   * may have gaps.
   */
  readonly isCounted: boolean;
  /** First and next offset of each of its partitions. */
  readonly watermarks: readonly Watermarks[];
  /** The first timestamp, since 1970, of a topic that is no reservoir; undefined for a reservoir. */
  readonly firstMs: number | undefined;
  /** What is replayed of a topic that is no reservoir. */
  readonly range: TimeRange;
  /** Whether its partitions are those of messages that others sent. */
  readonly isOfOthers: boolean;
}

/** What is to be replayed. */
export interface ReservoirRequest {
  readonly topic: string;
  readonly connection: ConnectionOptions;
  /** Of a topic that is no reservoir. */
  readonly range: TimeRange;
}

/** Maximum wait for the last alerts of a reservoir. */
const spanMs = 3000;

/**
 * Looks at a topic, and makes sure that a reservoir is complete, before the stream is touched. What has no time
 * offsets is a topic of others, which is replayed by its timestamps.
 *
 * @param admin - of the topic's cluster
 * @throws `BAD_INPUT_FILE` when it does not exist, is empty, or incomplete; `BAD_USAGE` for a part of a reservoir;
 * `BROKER_UNREACHABLE` when it gives nothing for too long
 */
export async function openReservoir(
  admin: TopicAdmin,
  { topic, connection, range }: ReservoirRequest,
  timeoutMs: number,
): Promise<OpenReservoir> {
  const all = await admin.watermarks(topic);
  if (all.length === 0) throw noAlerts(topic, 'does not exist');
  if (all.every(({ low, high }) => high <= low)) throw noAlerts(topic, 'is empty');
  const { watermarks, firsts } = await topicPart(connection, topic, all, range, timeoutMs);
  const offsets = watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
  const [first, ...others] = firsts.values();
  if (first === undefined) throw noAlerts(topic, `has no messages${rangeText(range)}`);
  const found = { topic, connection, watermarks, range };
  // Only for a notice: what answers late goes without.
  const spanOf = (offsetUsOf?: (message: StoredMessage) => number): Promise<number> =>
    reservoirSpanUs(connection, topic, watermarks, Math.min(timeoutMs, spanMs), offsetUsOf).catch(() => 0);
  if ([first, ...others].every(({ headers }) => !isOfAnyReservoir(headers))) {
    const firstMs = Math.min(...[...firsts.values()].map(({ timestampMs }) => timestampMs));
    const { toMs = Infinity } = range;
    const spanUs = await spanOf(({ timestampMs }) => (Math.min(timestampMs, toMs) - firstMs) * 1000);
    return { ...found, firstMs, total: offsets, spanUs, isCounted: false, isOfOthers: true };
  }
  if (range.fromMs !== undefined || range.toMs !== undefined) throw wholeOnly(topic);
  const noted = notedTotal(first.headers);
  // Offsets have gaps where a topic was written with transactions, or compacted.
  const total =
    noted === undefined || noted === offsets
      ? offsets
      : await countMessages(connection, topic, watermarks, timeoutMs);
  rejectIncomplete(noted, total, topic);
  const isOfOthers = notedPartitions(first.headers) === watermarks.length;
  const isCounted = noted !== undefined;
  return { ...found, firstMs: undefined, total, spanUs: await spanOf(), isCounted, isOfOthers };
}

function wholeOnly(topic: string): AlertSimError {
  return new AlertSimError(
    'BAD_USAGE',
    `--from and --to choose by timestamps, but ${topic} is a reservoir, whose alerts have their times in headers: ` +
      'leave them out',
  );
}

/**
 * A message of a reservoir: the first one that comes from the first offset of any of its partitions;
 * undefined where they hold none.
 *
 * @param watermarks - first and next offset of each of its partitions
 * @throws `BROKER_UNREACHABLE` when it gives nothing for too long
 */
export async function firstMessage(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
): Promise<StoredMessage | undefined> {
  const open = filledPartitions(watermarks);
  const starts = [...open].map(([partition, { low }]) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, lookBytes, timeoutMs);
  try {
    const deadlineMs = performance.now() + timeoutMs;
    while (open.size > 0) {
      const [first] = await reader.read(1);
      if (first !== undefined) return first;
      for (const { partition, offset } of reader.ends())
        if (offset >= (open.get(partition)?.high ?? 0)) open.delete(partition);
      if (performance.now() > deadlineMs) throw givesNothing(topic, timeoutMs);
    }
    return undefined;
  } finally {
    await reader.close();
  }
}

function noAlerts(topic: string, what: string): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `the topic ${topic} ${what}: fill a reservoir with rubin-alert-sim create-stream, or name another topic with --src-topic`,
  );
}

/** Reads all of a topic to count its messages. */
async function countMessages(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
): Promise<number> {
  const open = filledPartitions(watermarks);
  const starts = [...open].map(([partition, { low }]) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, countBytes, timeoutMs);
  const isWithin = (partition: number, offset: number): boolean => offset < (open.get(partition)?.high ?? 0);
  let count = 0;
  try {
    let heardMs = performance.now();
    while (open.size > 0) {
      const messages = await reader.read(countAtOnce);
      count += messages.filter(({ partition, offset }) => isWithin(partition, offset)).length;
      for (const { partition, offset } of messages)
        if (!isWithin(partition, offset + 1)) open.delete(partition);
      for (const { partition, offset } of reader.ends())
        if (!isWithin(partition, offset)) open.delete(partition);
      if (messages.length > 0) heardMs = performance.now();
      else if (performance.now() - heardMs > timeoutMs) break;
    }
    return count;
  } finally {
    await reader.close();
  }
}

function rejectIncomplete(noted: number | undefined, total: number, topic: string): void {
  if (noted === undefined || noted === total) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `the reservoir ${topic} holds ${total} of the ${noted} alerts that it was to hold: its preloading did not end well; ` +
      'make it again with: rubin-alert-sim create-stream --force',
  );
}

/**
 * How long the recording of a reservoir is, microseconds from its first to its last alert, as far as these
 * answered. The latest alert is the last one of some partition, where the order by time holds in each.
 *
 * @param watermarks - first and next offset of each of its partitions
 * @param timeoutMs - how long to wait for its last alerts
 * @param offsetUsOf - when an alert is due; by default as the reservoir notes it
 * @throws `BAD_INPUT_FILE` when one has no time offset; `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function reservoirSpanUs(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
  offsetUsOf: (message: StoredMessage) => number = (message) => timeOffsetOf(message, topic),
): Promise<number> {
  const open = filledPartitions(watermarks);
  const reader = await openTopicReader(connection, topic, [], lookBytes, timeoutMs);
  try {
    const deadlineMs = performance.now() + timeoutMs;
    let spanUs = 0;
    // The last offset may be a transaction's marker, or that of a message which was compacted: then farther
    // back.
    for (let back = 1; open.size > 0 && performance.now() < deadlineMs; back *= 8) {
      const starts = [...open].map(([partition, { low, high }]) => ({
        partition,
        offset: Math.max(low, high - back),
      }));
      reader.assign(starts);
      const reading = new Set(open.keys());
      while (reading.size > 0 && performance.now() < deadlineMs) {
        for (const message of await reader.read(100)) {
          // In a topic that grows, or of which only a part is replayed, more comes after the last alert.
          if (message.offset >= (watermarks[message.partition]?.high ?? 0)) {
            reading.delete(message.partition);
            continue;
          }
          open.delete(message.partition);
          spanUs = Math.max(spanUs, offsetUsOf(message));
        }
        for (const { partition } of reader.ends()) reading.delete(partition);
      }
      for (const { partition, offset } of starts)
        if (offset === watermarks[partition]?.low) open.delete(partition);
    }
    return spanUs;
  } finally {
    await reader.close();
  }
}
