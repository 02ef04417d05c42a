import { parseTimeOffset, timeOffsetHeader } from '../../src/alerts/timeOffset.js';
import { openTopicReader, type StoredMessage } from '../../src/kafka/topicReader.js';
import { LatencyHistogram } from '../../src/measure/latency.js';
import type { BenchBroker } from './broker.js';
import type { LatencySummary } from '../../src/results/values.js';

const timeoutMs = 60_000;

/**
 * How much later than due each message of a stream was made, as far as the stream shows. It doesn't show when
 * its player started: that is taken to be the instant at which the least late message was not late at all, so
 * each lag may have been larger, and none smaller.
 *
 * @param offsetsUs - when each message was due, after the start
 * @param timestampsMs - timestamps of the records, in the same order
 * @returns 0 or more, to the millisecond
 */
export function lagsUs(offsetsUs: readonly number[], timestampsMs: readonly number[]): number[] {
  const since = timestampsMs.map((atMs, index) => atMs * 1000 - (offsetsUs[index] ?? NaN));
  const startUs = since.reduce((least, at) => Math.min(least, at), Infinity);
  return since.map((at) => at - startUs);
}

/**
 * Percentiles, in microseconds, of the lags of a stream that another program has played from a reservoir,
 * each of one partition.
 *
 * @throws where the stream does not hold as many messages as the reservoir
 */
export async function measureStreamLag(
  broker: BenchBroker,
  reservoir: string,
  stream: string,
): Promise<LatencySummary> {
  const offsetsUs = await eachOf(broker, reservoir, ({ headers, offset }) => {
    const found = headers.find((header) => timeOffsetHeader in header)?.[timeOffsetHeader];
    return parseTimeOffset(String(found), `${reservoir} at ${offset}`);
  });
  const timestampsMs = await eachOf(broker, stream, ({ timestampMs }) => timestampMs);
  if (timestampsMs.length !== offsetsUs.length)
    throw new Error(`${stream} holds ${timestampsMs.length} messages, not ${offsetsUs.length}`);
  const histogram = new LatencyHistogram();
  for (const lagUs of lagsUs(offsetsUs, timestampsMs)) histogram.record(lagUs);
  return histogram.summary();
}

async function eachOf(
  { admin, connection }: BenchBroker,
  topic: string,
  take: (message: StoredMessage) => number,
): Promise<number[]> {
  const [{ low, high } = { low: 0, high: 0 }] = await admin.watermarks(topic);
  const reader = await openTopicReader(
    connection,
    topic,
    [{ partition: 0, offset: low }],
    64 * 1024 * 1024,
    timeoutMs,
  );
  const taken: number[] = [];
  const deadlineMs = performance.now() + timeoutMs;
  while (taken.length < high - low) {
    for (const message of await reader.read(1000)) taken.push(take(message));
    if (performance.now() > deadlineMs)
      throw new Error(`${topic}: only ${taken.length} of ${high - low} messages came`);
  }
  await reader.close();
  return taken;
}
