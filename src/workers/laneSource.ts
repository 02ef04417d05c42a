import { AlertSimError } from '../errors.js';
import { withProducerTimestamp } from '../kafka/producerTimestamp.js';
import { maxMessageBytes } from '../kafka/settings.js';
import { AlertMemory } from './alertMemory.js';
import type { ReplayTask } from './protocol.js';
import { foreignHeaders } from './reservoirFormat.js';
import { alertsOfShare, ReservoirReader, type ReservoirAlert } from './reservoirReader.js';

/**
 * The alerts of a lane's share of the reservoir: as many as fit are kept in memory for the phases that go by a
 * rate; for the phases that go by the recorded times, the whole share is read again, with bounded memory.
 */
export class LaneSource {
  /** The alerts in memory. */
  readonly memory: AlertMemory;
  /** How many alerts the share has. */
  readonly alertsOfShare: number;
  readonly #reader: ReservoirReader;
  #isPrepared = false;

  private constructor(memory: AlertMemory, reader: ReservoirReader, alertsOfShare: number) {
    this.memory = memory;
    this.#reader = reader;
    this.alertsOfShare = alertsOfShare;
  }

  /**
   * Reads the beginning of the share into memory.
   *
   * @param task - the lane
   * @param tick - called after each step; true when the lane is to stop: what was read until then is enough
   * @returns the source; close it
   * @throws `BAD_INPUT_FILE` when the share is empty, or holds what is no alert of a reservoir
   */
  static async open(task: ReplayTask, tick: () => boolean): Promise<LaneSource> {
    const { connection, reservoirTopic, shares, timeoutMs, memoryBytes } = task;
    const reader = await ReservoirReader.open(connection, reservoirTopic, shares, timeoutMs, {
      bufferBytes: memoryBytes,
      // Room only: the sender writes the time as it sends.
      ...(task.producerTimestamp
        ? { headersOf: (headers) => withProducerTimestamp(foreignHeaders(headers)) }
        : {}),
    });
    try {
      tick();
      // What goes by the recorded times is read when it is due.
      const keepsOne = task.phases.every(({ pacing }) => pacing.kind === 'recorded');
      const memory = new AlertMemory(memoryBytes, maxMessageBytes);
      for (let alert = await reader.next(); alert !== undefined; alert = await reader.next()) {
        if (!memory.keep(alert.message)) break;
        if (tick() || keepsOne) break;
      }
      await reader.release();
      if (memory.count === 0) throw nothingToSend(task);
      const total = shares.reduce((sum, share) => sum + alertsOfShare(share), 0);
      return new LaneSource(memory, reader, total);
    } catch (thrown) {
      await reader.close();
      throw thrown;
    }
  }

  /**
   * Goes to the first alert of the share and waits until it is there. Without this, the first alerts of a phase that goes
   * by the recorded times would be late by the first fetch, some 100 ms.
   */
  async prepare(): Promise<void> {
    await this.#reader.rewind();
    await this.#reader.peek();
    this.#isPrepared = true;
  }

  /** Goes to the first alert of the share, and reads ahead, unless that was prepared. */
  async rewind(): Promise<void> {
    if (!this.#isPrepared) await this.#reader.rewind();
    this.#isPrepared = false;
  }

  /** The next alert of the share by time, or undefined after the last one. */
  async next(): Promise<ReservoirAlert | undefined> {
    return this.#reader.nextBuffered() ?? (await this.#reader.next());
  }

  /** Ends the connection. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}

function nothingToSend({ name, reservoirTopic }: ReplayTask): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${name} has no alerts to send: the reservoir ${reservoirTopic} has fewer alerts than there are producers, or its ` +
      'alerts are larger than the memory of a producer (replay.prefetch); use fewer replay.workers',
  );
}
