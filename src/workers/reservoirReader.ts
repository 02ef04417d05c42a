import { AlertSimError } from '../errors.js';
import type { MessageHeaders } from '../kafka/producer.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import {
  isWithin,
  openTopicReader,
  type PartitionStart,
  type StoredMessage,
  type TimeRange,
  type TopicReader,
} from '../kafka/topicReader.js';
import type { Watermarks } from '../kafka/topics.js';
import { foreignHeaders, notedPlaces, timeOffsetOf } from './reservoirFormat.js';

/** An alert in a reservoir. */
export interface ReservoirAlert {
  /** After the first alert of the reservoir. */
  readonly timeOffsetUs: number;
  /** Value, key and headers are sent on as they are; our own headers are left out. */
  readonly message: StoredMessage;
  /** Where its ids and times lie; undefined where that was not noted. */
  readonly places: string | undefined;
}

export interface ReadingOptions {
  /** About how much is read ahead. */
  readonly bufferBytes?: number;
  /** The headers that an alert keeps; default: those that are not ours. */
  readonly headersOf?: (headers: MessageHeaders) => MessageHeaders;
  /**
   * Of a topic that is no reservoir: its alerts are due by their timestamps, and this one, since 1970, is that of
   * the first.
   */
  readonly firstMs?: number | undefined;
  /** Messages of other times are left out. */
  readonly range?: TimeRange | undefined;
}

/** About how much is read ahead. */
const defaultBufferBytes = 64 * 1024 * 1024;

/** About how much librdkafka fetches ahead of us: some fetches; the rest of the buffer would be there twice. */
const mostFetchedBytes = 8 * 1024 * 1024;

/** Approximate memory of a message besides its value: objects for it, its headers and its buffers. */
const overheadBytes = 1024;

/**
 * About how much is taken over at once: each read copies its alerts on the thread that sends, so what comes
 * due meanwhile is late by as long as that takes (some 0.3 ms a megabyte).
 */
const bytesPerRead = 512 * 1024;

/** Limit of the messages that are taken over at once, however small they are. */
const mostPerRead = 200;

/**
 * Reading waits for a pause of this length in what is taken, as long as half of the memory is full: alerts come in
 * bursts, and what is read within one takes the time of what has to be sent.
 */
const pauseMs = 10;

/** What is read of one partition of a reservoir. */
export interface ReservoirShare {
  readonly partition: number;
  /** Only the offsets o with o mod every = at are taken: 1 for all of them. */
  readonly every: number;
  /** See `every`. */
  readonly at: number;
  /** The partition's first offset. */
  readonly low: number;
  /** The offset after its last. */
  readonly high: number;
}

/**
 * Every offset of every partition of a reservoir.
 *
 * @param watermarks - first and next offset of each of its partitions
 */
export function wholeReservoir(watermarks: readonly Watermarks[]): ReservoirShare[] {
  return watermarks.map(({ low, high }, partition) => ({ partition, every: 1, at: 0, low, high }));
}

/** How many offsets a share of a partition has. */
export function alertsOfShare({ every, at, low, high }: ReservoirShare): number {
  const below = (offset: number): number => Math.max(0, Math.ceil((offset - at) / every));
  return Math.max(0, below(high) - below(low));
}

interface PartitionQueue {
  readonly share: ReservoirShare;
  alerts: ReservoirAlert[];
  taken: number;
  ended: boolean;
}

/**
 * Reads a reservoir's alerts in the order of their time, from all of its partitions, with bounded memory.
 * Within a partition the order is that of the topic, whatever the times are.
 */
export class ReservoirReader {
  readonly #topic: string;
  readonly #reader: TopicReader;
  readonly #timeoutMs: number;
  readonly #bufferBytes: number;
  readonly #headersOf: (headers: MessageHeaders) => MessageHeaders;
  readonly #firstMs: number | undefined;
  readonly #range: TimeRange;
  readonly #queues: Map<number, PartitionQueue>;
  #bufferedBytes = 0;
  #messagesPerRead = 1;
  #reading: Promise<void> | undefined;
  #readFailure: Error | undefined;
  #takenMs = -Infinity;
  #pauseTimer: NodeJS.Timeout | undefined;
  #paused: number[] = [];

  private constructor(
    topic: string,
    reader: TopicReader,
    shares: readonly ReservoirShare[],
    timeoutMs: number,
    { bufferBytes = defaultBufferBytes, headersOf = foreignHeaders, firstMs, range = {} }: ReadingOptions,
  ) {
    this.#firstMs = firstMs;
    this.#range = range;
    this.#topic = topic;
    this.#headersOf = headersOf;
    this.#reader = reader;
    this.#timeoutMs = timeoutMs;
    this.#bufferBytes = bufferBytes;
    this.#queues = new Map(
      shares.map((share) => [
        share.partition,
        { share, alerts: [], taken: 0, ended: share.high <= share.low },
      ]),
    );
  }

  /**
   * Connects to a reservoir. Close the reader after use.
   *
   * @param shares - each partition at most once
   * @param timeoutMs - for the next message
   * @param options - how much is read ahead, and which headers an alert keeps
   */
  static async open(
    connection: ConnectionOptions,
    topic: string,
    shares: readonly ReservoirShare[],
    timeoutMs: number,
    options: ReadingOptions = {},
  ): Promise<ReservoirReader> {
    const { bufferBytes = defaultBufferBytes } = options;
    const starts = shares.map(({ partition, low }) => ({ partition, offset: low }));
    const fetchedBytes = Math.min(bufferBytes / 2, mostFetchedBytes);
    const reader = await openTopicReader(connection, topic, starts, fetchedBytes, timeoutMs);
    return new ReservoirReader(topic, reader, shares, timeoutMs, options);
  }

  /**
   * The next alert by time, if it is in memory already, without a turn of the event loop.
   *
   * @returns undefined when it has to be waited for, or there is none left
   */
  nextBuffered(): ReservoirAlert | undefined {
    const queue = this.#earliest();
    const alert = queue?.alerts[queue.taken];
    if (queue === undefined || alert === undefined) return undefined;
    queue.taken += 1;
    if (queue.taken === queue.alerts.length || queue.taken >= 1024) {
      queue.alerts = queue.alerts.slice(queue.taken);
      queue.taken = 0;
    }
    this.#bufferedBytes -= memoryBytes(alert.message);
    this.#takenMs = performance.now();
    this.#readAhead();
    return alert;
  }

  /**
   * Waits for the next alert by time, without taking it; undefined after the last one.
   *
   * @throws as {@link next}
   */
  async peek(): Promise<ReservoirAlert | undefined> {
    for (;;) {
      const queue = this.#earliest();
      if (queue !== undefined) return queue.alerts[queue.taken];
      if (this.#readFailure !== undefined) throw this.#readFailure;
      if (this.#allEnded()) return undefined;
      this.#readAhead();
      await this.#reading;
    }
  }

  /**
   * The next alert by time; undefined after the last one.
   *
   * @throws `BROKER_UNREACHABLE` when the reservoir gives nothing for too long, `BAD_INPUT_FILE` for a
   * message that is not an alert of a reservoir
   */
  async next(): Promise<ReservoirAlert | undefined> {
    await this.peek();
    return this.nextBuffered();
  }

  /**
   * The mean size of the first alerts, which stay unread, with what each of them takes in memory.
   *
   * @param alerts - how many to wait for, as far as there are so many and the memory for reading ahead holds them
   * @throws as {@link next}
   */
  async meanBytes(alerts: number): Promise<number> {
    const buffered = (): number => {
      let count = 0;
      for (const queue of this.#queues.values()) count += queue.alerts.length - queue.taken;
      return count;
    };
    this.#readAhead();
    while (buffered() < alerts && this.#reading !== undefined) {
      await this.#reading;
      this.#readAhead();
    }
    if (this.#readFailure !== undefined) throw this.#readFailure;
    return this.#bufferedBytes / Math.max(1, buffered());
  }

  /**
   * Waits until the memory for reading ahead is full, or everything is read.
   *
   * @param mostMs - a broker that is slow to answer does not delay the start
   */
  async filled(mostMs: number): Promise<void> {
    const untilMs = performance.now() + mostMs;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, mostMs));
    });
    this.#readAhead();
    while (this.#reading !== undefined && performance.now() < untilMs) {
      await Promise.race([this.#reading, late]);
      this.#readAhead();
    }
    clearTimeout(timer);
  }

  /** Goes back to the first alert. */
  async rewind(): Promise<void> {
    await this.#hold();
    for (const queue of this.#queues.values()) {
      queue.alerts = [];
      queue.taken = 0;
      queue.ended = queue.share.high <= queue.share.low;
    }
    this.#bufferedBytes = 0;
    this.#paused = [];
    this.#reader.assign(
      [...this.#queues.values()].map(({ share }) => ({ partition: share.partition, offset: share.low })),
    );
    this.#readAhead();
  }

  /** Drops what was read ahead, until {@link rewind} begins again. */
  async release(): Promise<void> {
    await this.#hold();
    for (const queue of this.#queues.values()) {
      queue.alerts = [];
      queue.taken = 0;
    }
    this.#bufferedBytes = 0;
    this.#reader.assign([]);
  }

  async close(): Promise<void> {
    await this.#hold();
    await this.#reader.close();
  }

  /** Waits for what is being read, and reads nothing more: who awaits an alert gets none. */
  async #hold(): Promise<void> {
    for (const queue of this.#queues.values()) queue.ended = true;
    clearTimeout(this.#pauseTimer);
    this.#pauseTimer = undefined;
    await this.#reading;
  }

  /**
   * The partition with the next alert; undefined when one must be waited for first, or there is none left.
   */
  #earliest(): PartitionQueue | undefined {
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
    return earliest;
  }

  /** Reads in the background, until enough is in memory. */
  #readAhead(): void {
    if (this.#reading !== undefined || this.#readFailure !== undefined || this.#allEnded()) return;
    const starved = [...this.#queues.values()].filter((queue) => !queue.ended && queue.alerts.length === 0);
    if (this.#bufferedBytes >= this.#bufferBytes && starved.length === 0) return;
    const isInBurst = performance.now() - this.#takenMs < pauseMs;
    if (isInBurst && this.#bufferedBytes >= this.#bufferBytes / 2 && starved.length === 0) {
      this.#pauseTimer ??= setTimeout(() => {
        this.#pauseTimer = undefined;
        this.#readAhead();
      }, pauseMs);
      return;
    }
    this.#balance(starved);
    this.#reading = this.#read()
      .catch((failure: unknown) => {
        this.#readFailure = failure instanceof Error ? failure : new Error(String(failure));
      })
      .finally(() => {
        this.#reading = undefined;
        this.#readAhead();
      });
  }

  /** With the memory full and one partition empty, only the empty one is read on. */
  #balance(starved: readonly PartitionQueue[]): void {
    if (this.#bufferedBytes >= this.#bufferBytes && starved.length > 0) {
      const full = [...this.#queues.values()].filter((queue) => !starved.includes(queue));
      this.#paused = full.map((queue) => queue.share.partition);
      this.#reader.pause(this.#paused);
    } else if (this.#paused.length > 0) {
      this.#reader.resume(this.#paused.filter((partition) => this.#queues.get(partition)?.ended === false));
      this.#paused = [];
    }
  }

  async #read(): Promise<void> {
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      const messages = await this.#reader.read(this.#messagesPerRead);
      for (const message of messages) this.#keep(message);
      const ends = this.#reader.ends();
      for (const end of ends) this.#noteEnd(end);
      if (messages.length > 0) this.#messagesPerRead = messagesPerRead(messages);
      if (messages.length + ends.length > 0) break;
      if (performance.now() > deadline) throw givesNothing(this.#topic, this.#timeoutMs);
    }
  }

  #keep(message: StoredMessage): void {
    const queue = this.#queues.get(message.partition);
    if (queue === undefined) return;
    if (message.offset + 1 >= queue.share.high) this.#end(queue);
    if (message.offset >= queue.share.high) return;
    if (message.offset % queue.share.every !== queue.share.at || !isWithin(this.#range, message)) return;
    queue.alerts.push(this.#alertOf(message));
    this.#bufferedBytes += memoryBytes(message);
  }

  /** After the last message there may be the marker of a transaction, or what compaction left of others. */
  #noteEnd({ partition, offset }: PartitionStart): void {
    const queue = this.#queues.get(partition);
    if (queue !== undefined && offset >= queue.share.high) this.#end(queue);
  }

  /** What comes after the end is not fetched: in a topic that grows that would go on and on. */
  #end(queue: PartitionQueue): void {
    if (!queue.ended) this.#reader.pause([queue.share.partition]);
    queue.ended = true;
  }

  /** Headers are taken out here, once, and not each time that the alert is sent. */
  #alertOf(message: StoredMessage): ReservoirAlert {
    const { headers } = message;
    return {
      timeOffsetUs:
        this.#firstMs === undefined
          ? timeOffsetOf(message, this.#topic)
          : Math.max(0, (message.timestampMs - this.#firstMs) * 1000),
      message: { ...message, headers: this.#headersOf(headers) },
      places: notedPlaces(headers),
    };
  }

  #allEnded(): boolean {
    for (const queue of this.#queues.values()) if (!queue.ended) return false;
    return true;
  }
}

/** The error of a reservoir whose broker has stopped answering. */
export function givesNothing(topic: string, timeoutMs: number): AlertSimError {
  return new AlertSimError(
    'BROKER_UNREACHABLE',
    `the reservoir ${topic} gave no alert for ${timeoutMs / 1000} s: is the topic still there and the broker up?`,
  );
}

/** As many as the next read may take over, if they are like these. */
function messagesPerRead(messages: readonly StoredMessage[]): number {
  const bytes = messages.reduce((sum, message) => sum + memoryBytes(message), 0);
  return Math.min(mostPerRead, Math.max(1, Math.floor((bytesPerRead * messages.length) / bytes)));
}

function memoryBytes({ value }: StoredMessage): number {
  return (value?.length ?? 0) + overheadBytes;
}
