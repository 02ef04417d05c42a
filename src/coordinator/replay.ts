import { AlertSimError } from '../errors.js';
import { openProducer, type AlertProducer, type DeliveryListener } from '../kafka/producer.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { TopicAdmin, Watermarks } from '../kafka/topics.js';
import { LatencyHistogram, type LatencySummary } from '../measure/latency.js';
import { monotonicNs } from '../workers/clock.js';
import { waitUntil } from '../workers/waitUntil.js';
import { DeliveryLedger } from './deliveryLedger.js';
import { notedTotal, ReservoirReader, type ReservoirAlert } from './reservoir.js';

/** What to replay, and how. */
export interface ReplayOptions {
  /** How to reach the cluster. */
  readonly connection: ConnectionOptions;
  /** The reservoir. */
  readonly sourceTopic: string;
  /** The stream; it exists. */
  readonly streamTopic: string;
  /** Seconds from the start of one pass to the start of the next; negative for a single pass. */
  readonly repeatIntervalSeconds: number;
  /** How long anything may go on without progress, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the replay; what was sent until then is waited for. */
  readonly signal: AbortSignal;
  /** Told how many alerts of this pass were sent, of how many, and their bytes. */
  readonly onProgress: (sent: number, total: number, bytes: number) => void;
  /** Told of the end of each pass. */
  readonly onPass: (pass: ReplayPass) => void;
}

/** One pass through the reservoir. */
export interface ReplayPass {
  /** How many alerts it sent. */
  readonly alerts: number;
  /** How long it took, in seconds, from its start to the last acknowledgement. */
  readonly seconds: number;
  /** How late the next pass starts, in seconds; 0 when it starts in time, or there is none. */
  readonly lateSeconds: number;
}

/** What a replay did. */
export interface ReplayResult {
  /** Alerts sent and acknowledged, all passes together. */
  readonly alerts: number;
  /** Bytes of their values. */
  readonly bytes: number;
  /** Finished passes. */
  readonly passes: number;
  /** Seconds from the start to the last acknowledgement. */
  readonly seconds: number;
  /** Due → handed to librdkafka, in microseconds. */
  readonly scheduleLag: LatencySummary;
  /** Handed to librdkafka → acknowledged, in microseconds. */
  readonly ack: LatencySummary;
  /** Due → acknowledged, in microseconds. */
  readonly response: LatencySummary;
  /** Whether the replay was ended by its signal. */
  readonly interrupted: boolean;
}

/** Alerts go out as they come due, each exactly once and in order. */
const producerProperties = {
  'linger.ms': 0,
  'queue.buffering.max.kbytes': 262_144,
  'enable.idempotence': true,
};

/** How long after connecting the first alert is due: the read-ahead has begun by then. */
const leadNs = 20e6;

/**
 * Replays a reservoir into a stream at its recorded pace.
 *
 * Each alert is due at the start of the pass plus its time offset; one that lies behind an alert with a later
 * offset in the reservoir is due together with that one, since the order is kept.
 *
 * @param admin - the cluster, to look the reservoir up
 * @param options - what to replay, and how
 * @returns what was done, with every alert's latencies
 * @throws `BAD_INPUT_FILE` when the reservoir is missing, empty or half-made; `DELIVERY_FAILED` when an alert was
 * not acknowledged; `BROKER_UNREACHABLE` when the reservoir stops answering
 */
export async function replay(admin: TopicAdmin, options: ReplayOptions): Promise<ReplayResult> {
  const { connection, sourceTopic, timeoutMs } = options;
  const watermarks = await wholeReservoir(admin, sourceTopic);
  const total = watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
  const reader = await ReservoirReader.open(connection, sourceTopic, watermarks, timeoutMs);
  try {
    const first = await reader.next();
    if (first !== undefined) refuseHalfMade(first, total, sourceTopic);
    const pacing = new Pacing();
    const producer = await openProducer(
      connection,
      producerProperties,
      pacing.onDelivery,
      timeoutMs,
      options.streamTopic,
    );
    try {
      return await passes(reader, first, producer, pacing, total, options);
    } finally {
      await producer.close();
    }
  } finally {
    await reader.close();
  }
}

/**
 * Looks a reservoir up: call it before the stream is touched.
 *
 * @param admin - the cluster
 * @param topic - the reservoir
 * @returns first and next offset of each partition
 * @throws `BAD_INPUT_FILE` when it does not exist, or is empty
 */
export async function wholeReservoir(admin: TopicAdmin, topic: string): Promise<Watermarks[]> {
  const watermarks = await admin.watermarks(topic);
  if (watermarks.every(({ low, high }) => high <= low)) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `the reservoir ${topic} ${watermarks.length === 0 ? 'does not exist' : 'is empty'}: ` +
        'fill it with rubin-alert-sim create-stream, or name another with --src-topic',
    );
  }
  return watermarks;
}

/** What the passes share: counts and latencies. */
class Pacing {
  readonly ledger = new DeliveryLedger();
  readonly scheduleLag = new LatencyHistogram();
  readonly ack = new LatencyHistogram();
  readonly response = new LatencyHistogram();
  bytes = 0;

  /** The opaque of each message is its schedule lag in microseconds: response = lag + acknowledgement. */
  readonly onDelivery: DeliveryListener = (errorCode, latencyUs, lagUs) => {
    this.ledger.countReport(errorCode);
    if (errorCode !== 0) return;
    this.ack.record(latencyUs);
    this.response.record(lagUs + latencyUs);
  };
}

async function passes(
  reader: ReservoirReader,
  first: ReservoirAlert | undefined,
  producer: AlertProducer,
  pacing: Pacing,
  total: number,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const startNs = monotonicNs() + leadNs;
  const intervalNs = options.repeatIntervalSeconds * 1e9;
  let passStartNs = startNs;
  let finished = 0;
  let pending = first;
  const stopped = (): boolean => options.signal.aborted;
  for (;;) {
    const sentBefore = pacing.ledger.sent;
    await onePass(reader, pending, producer, pacing, passStartNs, total, options);
    const endNs = monotonicNs();
    if (stopped()) break;
    finished += 1;
    const repeats = options.repeatIntervalSeconds >= 0;
    const nextNs = passStartNs + intervalNs;
    options.onPass({
      alerts: pacing.ledger.sent - sentBefore,
      seconds: (endNs - passStartNs) / 1e9,
      lateSeconds: repeats ? Math.max(0, endNs - nextNs) / 1e9 : 0,
    });
    if (!repeats) break;
    await reader.rewind();
    pending = await reader.next();
    passStartNs = Math.max(nextNs, monotonicNs());
    await waitUntil(passStartNs, producer.poll, stopped);
    if (stopped()) break;
  }
  return {
    alerts: pacing.ledger.acked,
    bytes: pacing.bytes,
    passes: finished,
    seconds: (monotonicNs() - startNs) / 1e9,
    scheduleLag: pacing.scheduleLag.summary(),
    ack: pacing.ack.summary(),
    response: pacing.response.summary(),
    interrupted: stopped(),
  };
}

async function onePass(
  reader: ReservoirReader,
  first: ReservoirAlert | undefined,
  producer: AlertProducer,
  pacing: Pacing,
  passStartNs: number,
  total: number,
  options: ReplayOptions,
): Promise<void> {
  const { ledger, scheduleLag } = pacing;
  const { streamTopic, timeoutMs, signal } = options;
  const stopped = (): boolean => signal.aborted;
  const sentBefore = ledger.sent;
  let dueNs = passStartNs;
  let stalledMs: number | undefined;
  let alert = first;
  while (alert !== undefined && !stopped() && ledger.failed === 0) {
    const { value, key, headers } = alert.message;
    dueNs = Math.max(dueNs, passStartNs + alert.timeOffsetUs * 1000);
    if (monotonicNs() < dueNs) {
      await waitUntil(dueNs, producer.poll, stopped);
      if (stopped()) break;
    }
    let lagUs = 0;
    const taken = (): boolean => {
      lagUs = Math.max(0, Math.round((monotonicNs() - dueNs) / 1000));
      return producer.tryProduce(streamTopic, null, value, key, lagUs, headers);
    };
    if (!taken()) {
      // The queue is full: the alert is late from here on, and its lag says so.
      const outcome = await ledger.sendWhenRoom(producer, taken, timeoutMs, stopped);
      if (outcome === 'stalled') stalledMs = timeoutMs;
      if (outcome !== 'sent') break;
    }
    ledger.countSent();
    scheduleLag.record(lagUs);
    pacing.bytes += value?.length ?? 0;
    producer.poll();
    options.onProgress(ledger.sent - sentBefore, total, pacing.bytes);
    alert = reader.nextBuffered() ?? (await reader.next());
  }
  if (
    stalledMs === undefined &&
    !(await ledger.waitFor(producer, () => producer.inFlight === 0, timeoutMs))
  ) {
    stalledMs = timeoutMs;
  }
  const failure = ledger.failure(streamTopic, sentBefore + total, stalledMs);
  if (failure !== undefined) throw failure;
}

function refuseHalfMade(first: ReservoirAlert, total: number, topic: string): void {
  const noted = notedTotal(first.message.headers);
  if (noted === undefined || noted === total) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `the reservoir ${topic} holds ${total} of the ${noted} alerts that it was to hold: its preloading did not end well; ` +
      'make it again with: rubin-alert-sim create-stream --force',
  );
}
