import type { ConnectionOptions } from '../kafka/settings.js';
import {
  isWithin,
  openTopicReader,
  silentTopic,
  type StoredMessage,
  type TimeRange,
  type TopicReader,
} from '../kafka/topicReader.js';
import { filledPartitions, type Watermarks } from '../kafka/topics.js';

/** The part of a topic that lies in a stretch of time. */
export interface TopicPart {
  /** First and next offset of each partition; what lies between has messages of other times, too. */
  readonly watermarks: readonly Watermarks[];
  /** The first message of each partition that has any, by partition. */
  readonly firsts: ReadonlyMap<number, StoredMessage>;
}

const lookBytes = 1 << 20;

/** Timestamps of different producers are in order only about: after the end this much more is looked through. */
const disorderMs = 60_000;

/**
 * Finds the part of a topic that lies in a stretch of time. It ends where the topic ends now, however much it
 * grows meanwhile.
 *
 * @param watermarks - first and next offset of each partition
 * @throws `BROKER_UNREACHABLE` when it answers nothing for too long; `BROKER_REFUSED` without the right to read
 */
export async function topicPart(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  range: TimeRange,
  timeoutMs: number,
): Promise<TopicPart> {
  const reader = await openTopicReader(connection, topic, [], lookBytes, timeoutMs);
  try {
    const part = await boundsOf(reader, topic, watermarks, range, timeoutMs);
    return { watermarks: part, firsts: await firstMessages(reader, topic, part, range, timeoutMs) };
  } finally {
    await reader.close();
  }
}

/**
 * The offsets between which all messages of a stretch of time lie, as Kafka's index of timestamps finds them.
 *
 * The index also has the markers of transactions, whose time is that of the commit: an end that it finds counts
 * only if the first message from there on really is of that time.
 *
 * @param watermarks - first and next offset of each partition
 */
export async function boundsOf(
  reader: TopicReader,
  topic: string,
  watermarks: readonly Watermarks[],
  { fromMs, toMs }: TimeRange,
  timeoutMs: number,
): Promise<readonly Watermarks[]> {
  const filled = [...filledPartitions(watermarks).keys()];
  const begins = fromMs === undefined ? undefined : await reader.offsetsAt(fromMs, filled);
  const begun = watermarks.map(({ low, high }, partition) => ({
    low: begins === undefined ? low : Math.min(high, Math.max(low, begins.get(partition) ?? high)),
    high,
  }));
  if (toMs === undefined) return begun;
  const lateMs = toMs + disorderMs;
  const found = await reader.offsetsAt(lateMs, filled);
  const behind = begun.map(({ low, high }, partition) => ({
    low: Math.max(low, found.get(partition) ?? high),
    high,
  }));
  const after = await firstMessages(reader, topic, behind, {}, timeoutMs);
  return begun.map(({ low, high }, partition) => {
    const first = after.get(partition);
    const isLate = first !== undefined && first.timestampMs >= lateMs;
    return { low, high: isLate ? (behind[partition]?.low ?? high) : high };
  });
}

/** The first message of each partition that lies in a stretch of time. */
async function firstMessages(
  reader: TopicReader,
  topic: string,
  part: readonly Watermarks[],
  range: TimeRange,
  timeoutMs: number,
): Promise<ReadonlyMap<number, StoredMessage>> {
  const open = filledPartitions(part);
  const firsts = new Map<number, StoredMessage>();
  reader.assign([...open].map(([partition, { low }]) => ({ partition, offset: low })));
  const done = (partition: number): void => {
    if (open.delete(partition)) reader.pause([partition]);
  };
  let heardMs = performance.now();
  while (open.size > 0) {
    const messages = await reader.read(100);
    for (const message of messages) {
      const { partition, offset } = message;
      const high = open.get(partition)?.high ?? 0;
      if (offset < high && isWithin(range, message)) {
        firsts.set(partition, message);
        done(partition);
      } else if (offset + 1 >= high) done(partition);
    }
    for (const { partition, offset } of reader.ends())
      if (offset >= (part[partition]?.high ?? 0)) done(partition);
    if (messages.length > 0) heardMs = performance.now();
    else if (performance.now() - heardMs > timeoutMs) throw silentTopic(topic, timeoutMs);
  }
  return firsts;
}

/** A stretch of time in words, with a space before: ` from 2026-11-27T00:00:00.000Z on`. */
export function rangeText({ fromMs, toMs }: TimeRange): string {
  const text = (ms: number): string => new Date(ms).toISOString();
  if (fromMs === undefined) return toMs === undefined ? '' : ` before ${text(toMs)}`;
  return toMs === undefined ? ` from ${text(fromMs)} on` : ` from ${text(fromMs)} to ${text(toMs)}`;
}
