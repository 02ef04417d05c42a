import { parseTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { MessageHeaders } from '../kafka/producer.js';
import { openTopicReader, type StoredMessage, type TopicReader } from '../kafka/topicReader.js';
import type { Watermarks } from '../kafka/topics.js';

/** An alert as it lies in a reservoir. */
export interface ReservoirAlert {
  /** Microseconds after the first alert of the reservoir. */
  readonly timeOffsetUs: number;
  /** The message: value, key and headers are sent on as they are. */
  readonly message: StoredMessage;
}

/** The header that tells which alert of how many this is: `17/792`, counted from 1. */
export const sequenceHeader = 'alertsim-sequence';

/** Topic settings of a reservoir: it keeps its alerts for ever. */
export const reservoirTopicConfig = { 'retention.ms': '-1', 'retention.bytes': '-1' } as const;

/** About how much is read ahead, in bytes. */
const bufferBytes = 64 * 1024 * 1024;
const messagesPerRead = 200;

interface PartitionQueue {
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  alerts: ReservoirAlert[];
  taken: number;
  ended: boolean;
}

/**
 * Reads a reservoir's alerts in the order of their time, from all of its partitions, with bounded memory.
 * Within a partition the order is that of the topic, whatever the times say.
 */
export class ReservoirReader {
  readonly #topic: string;
  readonly #reader: TopicReader;
  readonly #timeoutMs: number;
  readonly #queues: Map<number, PartitionQueue>;
  #bufferedBytes = 0;
  #reading: Promise<void> | undefined;
  #readFailure: Error | undefined;
  #paused: number[] = [];

  private constructor(
    topic: string,
    reader: TopicReader,
    watermarks: readonly Watermarks[],
    timeoutMs: number,
  ) {
    this.#topic = topic;
    this.#reader = reader;
    this.#timeoutMs = timeoutMs;
    this.#queues = new Map(
      watermarks.map(({ low, high }, partition) => [
        partition,
        { partition, firstOffset: low, lastOffset: high - 1, alerts: [], taken: 0, ended: high <= low },
      ]),
    );
  }

  /**
   * Connects to a reservoir.
   *
   * @param connection - how to reach the cluster
   * @param topic - the reservoir
   * @param watermarks - first and next offset of each of its partitions
   * @param timeoutMs - how long to wait for the next message, in milliseconds
   * @returns the reader; close it
   */
  static async open(
    connection: ConnectionOptions,
    topic: string,
    watermarks: readonly Watermarks[],
    timeoutMs: number,
  ): Promise<ReservoirReader> {
    const starts = watermarks.map(({ low }, partition) => ({ partition, offset: low }));
    const reader = await openTopicReader(connection, topic, starts, bufferBytes / 2, timeoutMs);
    return new ReservoirReader(topic, reader, watermarks, timeoutMs);
  }

  /**
   * The next alert by time, if it is in memory already: the way that costs no turn of the event loop.
   *
   * @returns the alert; undefined when it has to be waited for, or there is none left
   */
  nextBuffered(): ReservoirAlert | undefined {
    let earliest: PartitionQueue | undefined;
    let earliestUs = Infinity;
    for (const queue of this.#queues.values()) {
      const head = queue.alerts[queue.taken];
      if (head === undefined) {
        if (!queue.ended) return undefined;
      } else if (head.timeOffsetUs < earliestUs) {
        earliest = queue;
        earliestUs = head.timeOffsetUs;
      }
    }
    const alert = earliest?.alerts[earliest.taken];
    if (earliest === undefined || alert === undefined) return undefined;
    earliest.taken += 1;
    if (earliest.taken === earliest.alerts.length || earliest.taken >= 1024) {
      earliest.alerts = earliest.alerts.slice(earliest.taken);
      earliest.taken = 0;
    }
    this.#bufferedBytes -= alert.message.value?.length ?? 0;
    this.#readAhead();
    return alert;
  }

  /**
   * The next alert by time.
   *
   * @returns the alert; undefined after the last one
   * @throws `BROKER_UNREACHABLE` when the reservoir gives nothing for too long, `BAD_INPUT_FILE` for a message that
   * is no alert of a reservoir
   */
  async next(): Promise<ReservoirAlert | undefined> {
    for (;;) {
      const alert = this.nextBuffered();
      if (alert !== undefined) return alert;
      if (this.#readFailure !== undefined) throw this.#readFailure;
      if (this.#allEnded()) return undefined;
      this.#readAhead();
      await this.#reading;
    }
  }

  /** Goes back to the first alert. */
  async rewind(): Promise<void> {
    await this.#reading;
    for (const queue of this.#queues.values()) {
      queue.alerts = [];
      queue.taken = 0;
      queue.ended = queue.lastOffset < queue.firstOffset;
    }
    this.#bufferedBytes = 0;
    this.#paused = [];
    this.#reader.assign(
      [...this.#queues.values()].map(({ partition, firstOffset }) => ({ partition, offset: firstOffset })),
    );
    this.#readAhead();
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#reading?.catch(() => undefined);
    await this.#reader.close();
  }

  /** Starts to read the next messages in the background, unless enough are in memory. */
  #readAhead(): void {
    if (this.#reading !== undefined || this.#readFailure !== undefined || this.#allEnded()) return;
    const starved = [...this.#queues.values()].filter((queue) => !queue.ended && queue.alerts.length === 0);
    if (this.#bufferedBytes >= bufferBytes && starved.length === 0) return;
    this.#balance(starved);
    this.#reading = this.#read()
      .catch((failure: unknown) => {
        this.#readFailure = failure instanceof Error ? failure : new Error(String(failure));
      })
      .finally(() => {
        this.#reading = undefined;
      });
  }

  /** With the memory full and one partition empty, only the empty one is read on. */
  #balance(starved: readonly PartitionQueue[]): void {
    if (this.#bufferedBytes >= bufferBytes && starved.length > 0) {
      const full = [...this.#queues.values()].filter((queue) => !starved.includes(queue));
      this.#paused = full.map((queue) => queue.partition);
      this.#reader.pause(this.#paused);
    } else if (this.#paused.length > 0) {
      this.#reader.resume(this.#paused);
      this.#paused = [];
    }
  }

  async #read(): Promise<void> {
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      const messages = await this.#reader.read(messagesPerRead);
      for (const message of messages) this.#keep(message);
      if (messages.length > 0) break;
      if (performance.now() > deadline) {
        throw new AlertSimError(
          'BROKER_UNREACHABLE',
          `the reservoir ${this.#topic} gave no alert for ${this.#timeoutMs / 1000} s: is the topic still there and the broker up?`,
        );
      }
    }
    // Reading goes on by itself until the memory is full.
    queueMicrotask(() => {
      this.#readAhead();
    });
  }

  #keep(message: StoredMessage): void {
    const queue = this.#queues.get(message.partition);
    if (queue === undefined || message.offset > queue.lastOffset) return;
    queue.alerts.push({ timeOffsetUs: timeOffsetOf(message, this.#topic), message });
    this.#bufferedBytes += message.value?.length ?? 0;
    if (message.offset === queue.lastOffset) queue.ended = true;
  }

  #allEnded(): boolean {
    for (const queue of this.#queues.values()) if (!queue.ended) return false;
    return true;
  }
}

/**
 * How many alerts the whole reservoir has, as its preloading noted on each alert.
 *
 * @param headers - the headers of any of its alerts
 * @returns the total; undefined for a reservoir of the original simulator, which does not note it
 */
export function notedTotal(headers: MessageHeaders): number | undefined {
  const text = headerText(headers, sequenceHeader);
  const total = /^\d+\/(\d+)$/.exec(text ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

function timeOffsetOf(message: StoredMessage, topic: string): number {
  const place = `offset ${message.offset} of partition ${message.partition} of the topic ${topic}`;
  const text = headerText(message.headers, timeOffsetHeader);
  if (text === undefined) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${place} has no ${timeOffsetHeader} header: this topic is no reservoir; make one with: rubin-alert-sim create-stream`,
    );
  }
  return parseTimeOffset(text, place);
}

function headerText(headers: MessageHeaders, name: string): string | undefined {
  const found = headers.find((header) => name in header)?.[name];
  return found === undefined ? undefined : found.toString();
}
