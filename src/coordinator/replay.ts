import { TimeOrder, type Disorder } from '../alerts/timeOrder.js';
import { AlertSimError, messageOf } from '../errors.js';
import { openProducer, type AlertProducer, type DeliveryListener } from '../kafka/producer.js';
import { producerTimestamp, withProducerTimestamp } from '../kafka/producerTimestamp.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { LatencyHistogram } from '../measure/latency.js';
import { monotonicNs } from '../workers/clock.js';
import { DeliveryLedger } from '../workers/deliveryLedger.js';
import { waitUntil } from '../workers/waitUntil.js';
import type { OpenReservoir } from './openReservoir.js';
import type { LatencySummary } from '../results/values.js';

export interface ReplayOptions {
  readonly connection: ConnectionOptions;
  /** It exists. */
  readonly streamTopic: string;
  /** From the start of one pass to the start of the next; negative for a single pass. */
  readonly repeatIntervalSeconds: number;
  /** Whether each alert gets a `producer_timestamp`, as Rubin's producer adds it. */
  readonly producerTimestamp: boolean;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Ends the replay; what was sent until then is waited for. */
  readonly signal: AbortSignal;
  /** Called with the alerts of this pass that were sent, of how many, and their bytes. */
  readonly onProgress: (sent: number, total: number, bytes: number) => void;
  /**
   * Called once, for the first alert that was recorded before one ahead of it: the alerts from here on come
   * in clumps.
   */
  readonly onDisorder: (disorder: Disorder) => void;
  /** Called at the end of each pass. */
  readonly onPass: (pass: ReplayPass) => void;
}

/** One pass through the reservoir. */
export interface ReplayPass {
  readonly alerts: number;
  /** From its start to the last acknowledgement. */
  readonly seconds: number;
  /** How late the next pass starts; 0 when it starts in time, or there is none. */
  readonly lateSeconds: number;
}

export interface ReplayResult {
  /** Sent and acknowledged, all passes together. */
  readonly alerts: number;
  /** Of their values. */
  readonly bytes: number;
  /** Finished ones. */
  readonly passes: number;
  /** From the start to the last acknowledgement. */
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

/** Alerts are sent as they come due, each exactly once and in order. */
const producerProperties = {
  'linger.ms': 0,
  'queue.buffering.max.kbytes': 262_144,
  'enable.idempotence': true,
};

/** Maximum wait for the read-ahead before the first alert is due. */
const readAheadMs = 1000;

/** The first alert is due this long after that. */
const leadNs = 20e6;

/**
 * Replays a reservoir into a stream at its recorded pace.
 *
 * Each alert is due at the start of the pass plus its time offset; one that comes after an alert with a later
 * offset in the reservoir is due together with that one, because the order is kept.
 *
 * @param reservoir - at its first alert
 * @throws `DELIVERY_FAILED` when an alert was not acknowledged; `BROKER_UNREACHABLE` when the reservoir stops
 * answering; `BAD_INPUT_FILE` when a message in it is not an alert of a reservoir
 */
export async function replay(reservoir: OpenReservoir, options: ReplayOptions): Promise<ReplayResult> {
  const pacing = new Pacing();
  const producer = await openProducer(
    options.connection,
    producerProperties,
    pacing.onDelivery,
    options.timeoutMs,
    options.streamTopic,
  );
  try {
    return await passes(reservoir, producer, pacing, options);
  } finally {
    await producer.close();
  }
}

/** Counts and latencies of all passes. */
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
  reservoir: OpenReservoir,
  producer: AlertProducer,
  pacing: Pacing,
  options: ReplayOptions,
): Promise<ReplayResult> {
  await reservoir.reader.filled(readAheadMs);
  const startNs = monotonicNs() + leadNs;
  const intervalNs = options.repeatIntervalSeconds * 1e9;
  let passStartNs = startNs;
  let finished = 0;
  const stopped = (): boolean => options.signal.aborted;
  for (;;) {
    const sentBefore = pacing.ledger.sent;
    await onePass(reservoir, producer, pacing, passStartNs, options);
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
    await reservoir.reader.rewind();
    await reservoir.reader.peek();
    await reservoir.reader.filled(Math.min(readAheadMs, (nextNs - monotonicNs()) / 1e6));
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
  reservoir: OpenReservoir,
  producer: AlertProducer,
  pacing: Pacing,
  passStartNs: number,
  options: ReplayOptions,
): Promise<void> {
  const { ledger } = pacing;
  const { streamTopic, timeoutMs } = options;
  const sentBefore = ledger.sent;
  const total = sentBefore + reservoir.total;
  const end = await sendAll(reservoir, producer, pacing, passStartNs, options).catch((thrown: unknown) =>
    thrown instanceof Error ? thrown : new Error(messageOf(thrown)),
  );
  const gaveUp = end === 'stopped' && !options.signal.aborted;
  const drained = await ledger.waitFor(producer, () => producer.inFlight === 0, timeoutMs);
  const failure = ledger.failure(streamTopic, total, drained && !gaveUp ? undefined : timeoutMs);
  if (failure !== undefined) throw failure;
  if (end === 'stopped' || (end === 'ended' && (!reservoir.isCounted || ledger.sent >= total))) return;
  const fault = end === 'ended' ? shrunk(reservoir) : end;
  if (!(fault instanceof AlertSimError)) throw fault;
  const done = `${ledger.acked} of ${total} alerts were delivered to ${streamTopic} until then`;
  throw new AlertSimError(fault.code, `${fault.message}; ${done}`, fault);
}

function shrunk({ topic }: OpenReservoir): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `the reservoir ${topic} has lost alerts while it was replayed: was it overwritten, or does its retention.ms end?`,
  );
}

/**
 * Sends each alert as it comes due.
 *
 * @returns `ended` after the last one; `stopped` by the user, or by a delivery that failed or makes no
 * progress
 */
async function sendAll(
  { reader, total }: OpenReservoir,
  producer: AlertProducer,
  pacing: Pacing,
  passStartNs: number,
  options: ReplayOptions,
): Promise<'ended' | 'stopped'> {
  const { ledger, scheduleLag } = pacing;
  const { streamTopic, timeoutMs, signal } = options;
  const stopped = (): boolean => signal.aborted || ledger.failed > 0 || ledger.stalled(timeoutMs);
  const order = new TimeOrder();
  let dueNs = passStartNs;
  let sent = 0;
  let bytes = 0;
  let alert = await reader.next();
  while (alert !== undefined && !stopped()) {
    const { value, key, headers } = alert.message;
    dueNs = Math.max(dueNs, passStartNs + alert.timeOffsetUs * 1000);
    if (order.add(alert.timeOffsetUs) && order.disorder !== undefined) options.onDisorder(order.disorder);
    if (monotonicNs() < dueNs) {
      await waitUntil(dueNs, producer.poll, stopped);
      if (stopped()) return 'stopped';
    }
    let lagUs = 0;
    const taken = (): boolean => {
      lagUs = Math.max(0, Math.round((monotonicNs() - dueNs) / 1000));
      const sent = options.producerTimestamp ? withProducerTimestamp(headers, producerTimestamp()) : headers;
      return producer.tryProduce(streamTopic, null, value, key, lagUs, sent);
    };
    // With the queue full the alert is late from here on, and its lag shows it.
    if (!taken() && (await ledger.sendWhenRoom(producer, taken, timeoutMs, stopped)) !== 'sent')
      return 'stopped';
    ledger.countSent();
    scheduleLag.record(lagUs);
    sent += 1;
    bytes += value?.length ?? 0;
    pacing.bytes += value?.length ?? 0;
    producer.poll();
    options.onProgress(sent, total, bytes);
    alert = reader.nextBuffered() ?? (await reader.next());
  }
  return alert === undefined ? 'ended' : 'stopped';
}
