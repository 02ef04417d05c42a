import { frameHeadBytes } from '../alerts/wireFormat.js';
import { formatTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import type { TimeOrder } from '../alerts/timeOrder.js';
import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { monotonicNs } from '../workers/clock.js';
import { sequenceHeader } from '../workers/reservoirFormat.js';
import { ReservoirSender } from '../workers/reservoirSender.js';

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
  /** How those that were asked for lie in time. */
  readonly order: Pick<TimeOrder, 'alerts' | 'disorder'>;
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
  const { connection, topic, timeoutMs, signal } = options;
  const stopwatch = new Stopwatch();
  const sender = await ReservoirSender.open({
    ...{ connection, topic, timeoutMs },
    stopped: () => signal.aborted,
    onStep: (step) => {
      stopwatch.lap(step);
    },
  });
  try {
    return await fill(sender, stopwatch, options);
  } finally {
    await sender.close();
  }
}

async function fill(
  sender: ReservoirSender,
  stopwatch: Stopwatch,
  options: PreloadOptions,
): Promise<PreloadResult> {
  const { source, schemaId, signal, onProgress } = options;
  const startNs = monotonicNs();
  stopwatch.start();
  reading: for await (const batch of source.batches()) {
    stopwatch.lap('reading');
    for (const { avro, timeOffsetUs } of batch) {
      checkSize(avro, sender, source);
      const headers = [
        { [timeOffsetHeader]: formatTimeOffset(timeOffsetUs) },
        { [sequenceHeader]: `${sender.sent + 1}/${source.total}` },
      ];
      if (!(await sender.put({ bytes: avro, schemaId, headers }, null))) break reading;
    }
    sender.poll();
    onProgress(sender.sent, sender.bytes);
    if (signal.aborted || sender.failed > 0) break;
  }
  await sender.drain();
  const failure = sender.failure(source.total);
  if (failure !== undefined) throw failure;
  return {
    alerts: sender.acked,
    bytes: sender.bytes,
    seconds: (monotonicNs() - startNs) / 1e9,
    spent: stopwatch.seconds,
    interrupted: signal.aborted && sender.acked < source.total,
  };
}

/** A file is at fault where its alert is too large: the sender itself could name the topic alone. */
function checkSize(avro: Buffer, { sent, mostBytes }: ReservoirSender, { name }: AlertSource): void {
  const bytes = frameHeadBytes + avro.length;
  if (bytes <= mostBytes) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `alert ${sent + 1} of ${name} has ${bytes} bytes, more than the ${mostBytes} that this client sends: ` +
      "raise it with -X message.max.bytes=…, and the broker's message.max.bytes too",
  );
}

/** Adds up where the time goes; each lap ends the stretch since the one before. */
class Stopwatch {
  readonly seconds = { reading: 0, framing: 0, producing: 0, waiting: 0 };
  #lapNs = monotonicNs();

  start(): void {
    this.#lapNs = monotonicNs();
  }

  lap(part: keyof PreloadTimes): void {
    const nowNs = monotonicNs();
    this.seconds[part] += (nowNs - this.#lapNs) / 1e9;
    this.#lapNs = nowNs;
  }
}
