import { TimeOrder, type Disorder } from '../alerts/timeOrder.js';
import { AlertSimError } from '../errors.js';
import { withProducerTimestamp } from '../kafka/producerTimestamp.js';
import { largestMessageBytes } from '../kafka/settings.js';
import { rewritesPasses } from '../schedule/recorded.js';
import { AlertMemory } from './alertMemory.js';
import { forgetGarbage, forgetRecentGarbage } from './forgetGarbage.js';
import type { ReplayTask } from './protocol.js';
import { foreignHeaders } from './reservoirFormat.js';
import { alertsOfShare, ReservoirReader, type ReservoirAlert } from './reservoirReader.js';

/** What is kept of a share. */
type Kept = Pick<ShareSource, 'memory' | 'timeOffsetsUs' | 'originals' | 'isWhole'> & {
  /** Whether nothing was taken from the reader. */
  readonly isUntouched: boolean;
  /** Of the alerts that were read. */
  readonly order: TimeOrder;
};

/** The mean size of so many alerts shows whether the share can fit into memory. */
const enoughAlerts = 100;

/** A share that is this many times the memory, as it seems, is not read into it. */
const tooLarge = 1.5;

/** As often as so much was read, the buffers that it was read with are collected. */
const garbageBytes = 8 * 1024 * 1024;

/**
 * The alerts of a producer's share of the reservoir, in the order of time: as many as fit are kept in memory.
 * Where they do not all fit, phases that go by the recorded times read the share again, with bounded memory.
 */
export class ShareSource {
  readonly kind = 'share';
  readonly memory: AlertMemory;
  /** Of each alert in memory; empty where no phase goes by them. */
  readonly timeOffsetsUs: readonly number[];
  /**
   * The alerts in memory as the reservoir holds them, for phases that rewrite them; empty where none does.
   */
  readonly originals: readonly ReservoirAlert[];
  /** Whether the whole share is in memory. */
  readonly isWhole: boolean;
  /** How many alerts the share has, by its offsets. */
  readonly alertsOfShare: number;
  readonly #reader: ReservoirReader;
  #order: TimeOrder;
  /** Whether the reader is at the share's first alert, and reads ahead. */
  #isPrepared: boolean;

  private constructor(kept: Kept, reader: ReservoirReader, alertsOfShare: number) {
    this.memory = kept.memory;
    this.timeOffsetsUs = kept.timeOffsetsUs;
    this.originals = kept.originals;
    this.isWhole = kept.isWhole;
    this.#order = kept.order;
    this.#isPrepared = kept.isUntouched;
    this.#reader = reader;
    this.alertsOfShare = alertsOfShare;
  }

  /**
   * Reads the share into memory, as far as it fits. Close the source after use.
   *
   * @param tick - called after each step; true when the producer must stop: what was read until then is enough
   * @throws `BAD_INPUT_FILE` when the share is empty, or holds what is not an alert of a reservoir
   */
  static async open(task: ReplayTask, tick: () => boolean): Promise<ShareSource> {
    const { reservoirTopic, shares, timeoutMs, memoryBytes, source } = task;
    const connection = source?.connection ?? task.connection;
    const reader = await ReservoirReader.open(connection, reservoirTopic, shares, timeoutMs, {
      bufferBytes: memoryBytes,
      firstMs: source?.firstMs,
      range: source?.range,
      // Room only: the sender writes the time as it sends.
      ...(task.producerTimestamp
        ? { headersOf: (headers) => withProducerTimestamp(foreignHeaders(headers)) }
        : {}),
    });
    try {
      tick();
      const total = shares.reduce((sum, share) => sum + alertsOfShare(share), 0);
      const kept = await keepAlerts(task, reader, total, tick);
      if (!kept.isUntouched) {
        await reader.release();
        forgetGarbage();
      }
      if (kept.memory.count === 0) throw nothingToSend(task);
      return new ShareSource(kept, reader, total);
    } catch (thrown) {
      await reader.close();
      throw thrown;
    }
  }

  /**
   * Alerts that lie in the reservoir behind ones that were recorded after them, as far as the share was read;
   * undefined where there are none.
   */
  get disorder(): Disorder | undefined {
    return this.#order.disorder;
  }

  /**
   * Prepares for a phase that goes by the recorded times. What is not in memory is read again, and its first
   * alert is waited for: it would be late by the first fetch otherwise, some 100 ms.
   *
   * @param mostMs - how long to wait for more, as far as it is read ahead
   */
  async prepare(mostMs: number): Promise<void> {
    if (this.isWhole) return;
    if (!this.#isPrepared) await this.#reader.rewind();
    await this.#reader.peek();
    await this.#reader.filled(mostMs);
    this.#isPrepared = true;
  }

  /** Goes to the first alert of the share, and reads ahead, unless that was prepared. */
  async rewind(): Promise<void> {
    if (!this.#isPrepared) await this.#reader.rewind();
    this.#isPrepared = false;
    this.#order = new TimeOrder();
  }

  /** The next alert of the share by time; undefined after the last one. */
  async next(): Promise<ReservoirAlert | undefined> {
    return this.#noted(await this.#reader.next());
  }

  /** The next alert of the share by time, if it was read ahead. */
  nextBuffered(): ReservoirAlert | undefined {
    return this.#noted(this.#reader.nextBuffered());
  }

  #noted(alert: ReservoirAlert | undefined): ReservoirAlert | undefined {
    if (alert !== undefined) this.#order.add(alert.timeOffsetUs);
    return alert;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

async function keepAlerts(
  { connection, phases, memoryBytes }: ReplayTask,
  reader: ReservoirReader,
  total: number,
  tick: () => boolean,
): Promise<Kept> {
  const roomBytes = largestMessageBytes(connection);
  const isRewritten = phases.some(({ pacing }) => rewritesPasses(pacing));
  const goesByTimes = phases.some(({ pacing }) => pacing.kind === 'recorded');
  const needsWhole = phases.every(({ pacing }) => pacing.kind === 'recorded');
  const timeOffsetsUs: number[] = [];
  const originals: ReservoirAlert[] = [];
  const order = new TimeOrder();
  /** No phase sends from memory: what is read ahead needs the room. */
  const notKept = (first: ReservoirAlert, isUntouched: boolean): Kept => {
    const one = new AlertMemory(roomBytes, roomBytes);
    one.keep(first.message);
    return { memory: one, timeOffsetsUs: [], originals: [], isWhole: false, isUntouched, order };
  };
  const first = await reader.peek();
  if (needsWhole && first !== undefined && (await seemsTooLarge(reader, total, memoryBytes)))
    return notKept(first, true);
  const memory = new AlertMemory(memoryBytes, roomBytes);
  let alert = await reader.next();
  let collectedBytes = 0;
  while (alert !== undefined && memory.keep(alert.message)) {
    order.add(alert.timeOffsetUs);
    if (goesByTimes) timeOffsetsUs.push(alert.timeOffsetUs);
    // The value is that in memory: the one that was read would take its room once more.
    if (isRewritten)
      originals.push({ ...alert, message: { ...alert.message, value: memory.newestValue(alert.message) } });
    if (memory.usedBytes - collectedBytes > garbageBytes) {
      collectedBytes = memory.usedBytes;
      forgetRecentGarbage();
    }
    if (tick()) break;
    alert = reader.nextBuffered() ?? (await reader.next());
  }
  const isWhole = alert === undefined;
  if (!isWhole && needsWhole && first !== undefined) return notKept(first, false);
  return { memory, timeOffsetsUs, originals, isWhole, isUntouched: false, order };
}

async function seemsTooLarge(reader: ReservoirReader, total: number, memoryBytes: number): Promise<boolean> {
  const meanBytes = await reader.meanBytes(enoughAlerts);
  return total >= enoughAlerts && total * meanBytes > tooLarge * memoryBytes;
}

function nothingToSend({ reservoirTopic }: ReplayTask): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `there are no alerts to send: the reservoir ${reservoirTopic} has fewer alerts than there are producers, or its ` +
      'alerts are larger than the memory of a producer (replay.prefetch); use fewer replay.workers',
  );
}
