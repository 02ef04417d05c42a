import { frameHeadBytes } from '../alerts/wireFormat.js';
import { formatTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { monotonicNs } from '../workers/clock.js';
import { sequenceHeader } from '../workers/reservoirFormat.js';
import { largestMessageBytes, ReservoirSender } from '../workers/reservoirSender.js';
import { DeliveryLedger } from './deliveryLedger.js';

/** An alert on its way into a reservoir. */
export interface SourceAlert {
  /** Its Avro bytes, as the writer's schema encodes them. They may be reused after the next alert is asked for. */
  readonly avro: Buffer;
  /** Microseconds after the first alert. */
  readonly timeOffsetUs: number;
}

/** Where alerts come from. */
export interface AlertSource {
  /** How many alerts there are. */
  readonly total: number;
  /** What it is called in messages: the file's name. */
  readonly name: string;
  /** The alerts, in batches. */
  readonly batches: () => AsyncIterable<readonly SourceAlert[]>;
}

/** What to preload, and where. */
export interface PreloadOptions {
  /** How to reach the cluster. */
  readonly connection: ConnectionOptions;
  /** The reservoir; it exists. */
  readonly topic: string;
  /** The alerts. */
  readonly source: AlertSource;
  /** The schema id of the wire format. */
  readonly schemaId: number;
  /** How long anything may go on without progress, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the preload; what was sent until then is waited for. */
  readonly signal: AbortSignal;
  /** Told how many alerts were sent, and their bytes. */
  readonly onProgress: (sent: number, bytes: number) => void;
}

/** What a preload did. */
export interface PreloadResult {
  /** Alerts that the broker acknowledged. */
  readonly alerts: number;
  /** Bytes of their values, frames included. */
  readonly bytes: number;
  /** Seconds from the first read to the last acknowledgement. */
  readonly seconds: number;
  /** Where this thread's time went, in seconds. */
  readonly spent: PreloadTimes;
  /** Whether the preload was ended by its signal. */
  readonly interrupted: boolean;
}

/** Where a preload's time went, in seconds. */
export interface PreloadTimes {
  /** Reading the container, decompressing its blocks, finding the alerts in them. */
  readonly reading: number;
  /** Copying each alert behind the wire format's head, and its headers, into the memory that it is sent from. */
  readonly framing: number;
  /** Handing alerts to librdkafka. */
  readonly producing: number;
  /** Waiting for the broker: for room in memory and in the queue, and for the last acknowledgements. */
  readonly waiting: number;
}

/**
 * Preloads alerts into a reservoir: each framed for the wire, with its time offset in a header, and accounted for
 * by a delivery report.
 *
 * @param options - what to preload, and where
 * @returns what was done
 * @throws `DELIVERY_FAILED` with counts when an alert was not acknowledged; `BAD_INPUT_FILE` when the source is at
 * fault
 */
export async function preload(options: PreloadOptions): Promise<PreloadResult> {
  const ledger = new DeliveryLedger();
  const sender = await ReservoirSender.open(
    options.connection,
    options.topic,
    (errorCode) => {
      ledger.countReport(errorCode);
    },
    options.timeoutMs,
  );
  try {
    return await fill(sender, ledger, options);
  } finally {
    await sender.close();
  }
}

async function fill(
  sender: ReservoirSender,
  ledger: DeliveryLedger,
  options: PreloadOptions,
): Promise<PreloadResult> {
  const { topic, source, timeoutMs, signal, onProgress } = options;
  const stopwatch = new Stopwatch();
  const startNs = monotonicNs();
  const stopped = (): boolean => signal.aborted;
  let bytes = 0;
  let stalledMs: number | undefined;

  /** Tries until it succeeds; false when it cannot any more. */
  const when = async (part: 'framing' | 'producing', tried: () => boolean): Promise<boolean> => {
    if (!tried()) {
      stopwatch.lap(part);
      const outcome = await ledger.sendWhenRoom(sender, tried, timeoutMs, stopped);
      stopwatch.lap('waiting');
      if (outcome === 'stalled') stalledMs = timeoutMs;
      if (outcome !== 'sent') return false;
    }
    stopwatch.lap(part);
    return true;
  };

  reading: for await (const batch of source.batches()) {
    stopwatch.lap('reading');
    for (const { avro, timeOffsetUs } of batch) {
      checkSize(avro, options, ledger.sent);
      const headers = [
        { [timeOffsetHeader]: formatTimeOffset(timeOffsetUs) },
        { [sequenceHeader]: `${ledger.sent + 1}/${source.total}` },
      ];
      const message = { bytes: avro, schemaId: options.schemaId, headers };
      let valueBytes: number | undefined;
      const framed = (): boolean => (valueBytes = sender.frame(message)) !== undefined;
      if (!(await when('framing', framed))) break reading;
      if (!(await when('producing', () => sender.send(null)))) break reading;
      ledger.countSent();
      bytes += valueBytes ?? 0;
    }
    sender.poll();
    stopwatch.lap('waiting');
    onProgress(ledger.sent, bytes);
    if (stopped() || ledger.failed > 0) break;
  }
  if (stalledMs === undefined) {
    const drained = await ledger.waitFor(sender, () => sender.inFlight === 0, timeoutMs);
    if (!drained) stalledMs = timeoutMs;
  }
  stopwatch.lap('waiting');
  const failure = ledger.failure(topic, source.total, stalledMs);
  if (failure !== undefined) throw failure;
  return {
    alerts: ledger.acked,
    bytes,
    seconds: (monotonicNs() - startNs) / 1e9,
    spent: stopwatch.seconds,
    interrupted: stopped() && ledger.acked < source.total,
  };
}

function checkSize(avro: Buffer, { source, connection }: PreloadOptions, index: number): void {
  const bytes = frameHeadBytes + avro.length;
  const most = largestMessageBytes(connection);
  if (bytes <= most) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `alert ${index + 1} of ${source.name} has ${bytes} bytes, more than the ${most} that this client sends: ` +
      "raise it with -X message.max.bytes=…, and the broker's message.max.bytes too",
  );
}

/** Adds up where the time goes; each lap ends the stretch since the one before. */
class Stopwatch {
  readonly seconds = { reading: 0, framing: 0, producing: 0, waiting: 0 };
  #lapNs = monotonicNs();

  lap(part: keyof PreloadTimes): void {
    const nowNs = monotonicNs();
    this.seconds[part] += (nowNs - this.#lapNs) / 1e9;
    this.#lapNs = nowNs;
  }
}
