import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicReader, type StoredMessage } from '../kafka/topicReader.js';
import type { TopicAdmin, Watermarks } from '../kafka/topics.js';
import { notedTotal, timeOffsetOf } from '../workers/reservoirFormat.js';
import { givesNothing } from '../workers/reservoirReader.js';

/** Fetched ahead for a look at a message or two. */
const lookBytes = 1 << 20;

const countBytes = 16 * 1024 * 1024;
const countAtOnce = 1000;

/** A reservoir that was found complete. */
export interface OpenReservoir {
  readonly topic: string;
  /** Alerts in it. */
  readonly total: number;
  /** From its first to its last alert; 0 where that is not known. */
  readonly spanUs: number;
  /**
   * Whether the total is known: the original simulator's reservoirs do not note it, and offsets may have
   * gaps.
   */
  readonly isCounted: boolean;
  /** First and next offset of each of its partitions. */
  readonly watermarks: readonly Watermarks[];
}

/** Maximum wait for the last alerts of a reservoir. */
const spanMs = 3000;

/**
 * Looks at a reservoir and makes sure that it is complete, before the stream is touched.
 *
 * @throws `BAD_INPUT_FILE` when it does not exist, is empty, incomplete, or not a reservoir;
 * `BROKER_UNREACHABLE` when it gives nothing for too long
 */
export async function openReservoir(
  admin: TopicAdmin,
  connection: ConnectionOptions,
  topic: string,
  timeoutMs: number,
): Promise<OpenReservoir> {
  const watermarks = await admin.watermarks(topic);
  const offsets = watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
  if (offsets === 0) throw noAlerts(topic, watermarks.length === 0 ? 'does not exist' : 'is empty');
  const noted = await totalNotedIn(connection, topic, watermarks, timeoutMs);
  // Offsets have gaps where a topic was written with transactions, or compacted.
  const total =
    noted === undefined || noted === offsets
      ? offsets
      : await countMessages(connection, topic, watermarks, timeoutMs);
  rejectIncomplete(noted, total, topic);
  // Only for a notice: what answers late goes without.
  const spanUs = await reservoirSpanUs(connection, topic, watermarks, Math.min(timeoutMs, spanMs)).catch(
    () => 0,
  );
  return { topic, total, spanUs, isCounted: noted !== undefined, watermarks };
}

/** How many alerts a reservoir should hold, as its first one notes; undefined where it does not. */
async function totalNotedIn(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
): Promise<number | undefined> {
  const first = await firstMessage(connection, topic, watermarks, timeoutMs);
  if (first === undefined) throw noAlerts(topic, 'is empty');
  // A topic whose messages have none is a stream.
  timeOffsetOf(first, topic);
  return notedTotal(first.headers);
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
    `the reservoir ${topic} ${what}: fill it with rubin-alert-sim create-stream, or name another with --src-topic`,
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
 * @throws `BAD_INPUT_FILE` when one has no time offset; `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function reservoirSpanUs(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
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
          open.delete(message.partition);
          spanUs = Math.max(spanUs, timeOffsetOf(message, topic));
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

/**
 * The partitions that have offsets, by number.
 *
 * @param watermarks - first and next offset of each partition
 */
function filledPartitions(watermarks: readonly Watermarks[]): Map<number, Watermarks> {
  return new Map([...watermarks.entries()].filter(([, { low, high }]) => high > low));
}
