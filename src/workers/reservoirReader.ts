import { AlertSimError } from '../errors.js';
import type { MessageHeaders } from '../kafka/producer.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import {
  openTopicReader,
  type PartitionStart,
  type StoredMessage,
  type TopicReader,
} from '../kafka/topicReader.js';
import type { Watermarks } from '../kafka/topics.js';
import { foreignHeaders, notedPlaces, notedTotal, timeOffsetOf } from './reservoirFormat.js';

/** An alert as it lies in a reservoir. */
export interface ReservoirAlert {
  /** Microseconds after the first alert of the reservoir. */
  readonly timeOffsetUs: number;
  /** The message: value, key and headers are sent on as they are. The headers of ours are left out. */
  readonly message: StoredMessage;
  /** Where its ids and times lie; undefined where that was not noted. */
  readonly places: string | undefined;
}

/** How a reservoir is read. */
export interface ReadingOptions {
  /** About how much is read ahead, in bytes. */
  readonly bufferBytes?: number;
  /** The headers that an alert keeps; those that are not ours where it is left out. */
  readonly headersOf?: (headers: MessageHeaders) => MessageHeaders;
}

/** About how much is read ahead, in bytes. */
const defaultBufferBytes = 64 * 1024 * 1024;

/** What a message in memory takes besides its value, about: objects for it, its headers and its buffers. */
const overheadBytes = 1024;

/**
 * How much is taken over at once, in bytes, about: each read copies its alerts on the thread that sends, so that what
 * comes due meanwhile is late by as long as that takes (some 0.3 ms a megabyte).
 */
const bytesPerRead = 512 * 1024;

/** At most so many messages are taken over at once, however small they are. */
const mostPerRead = 200;

/** What is read of one partition of a reservoir. */
export interface ReservoirShare {
  /** The partition. */
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
 * The whole of a reservoir.
 *
 * @param watermarks - first and next offset of each of its partitions
 * @returns every offset of every partition
 */
export function wholeReservoir(watermarks: readonly Watermarks[]): ReservoirShare[] {
  return watermarks.map(({ low, high }, partition) => ({ partition, every: 1, at: 0, low, high }));
}

/**
 * How many alerts a share has.
 *
 * @param share - what is read of a partition
 * @returns the number of its offsets
 */
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
 * Within a partition the order is that of the topic, whatever the times say.
 */
export class ReservoirReader {
  readonly #topic: string;
  readonly #reader: TopicReader;
  readonly #timeoutMs: number;
  readonly #bufferBytes: number;
  readonly #headersOf: (headers: MessageHeaders) => MessageHeaders;
  readonly #queues: Map<number, PartitionQueue>;
  #bufferedBytes = 0;
  #messagesPerRead = 1;
  #reading: Promise<void> | undefined;
  #readFailure: Error | undefined;
  #paused: number[] = [];
  /** Undefined until an alert has come; null for a reservoir that does not note it. */
  #notedTotal: number | null | undefined;

  private constructor(
    topic: string,
    reader: TopicReader,
    shares: readonly ReservoirShare[],
    timeoutMs: number,
    { bufferBytes = defaultBufferBytes, headersOf = foreignHeaders }: ReadingOptions,
  ) {
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
   * Connects to a reservoir.
   *
   * @param connection - how to reach the cluster
   * @param topic - the reservoir
   * @param shares - what is read of its partitions, each partition at most once
   * @param timeoutMs - how long to wait for the next message, in milliseconds
   * @param options - how much is read ahead, and which headers an alert keeps
   * @returns the reader; close it
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
    const reader = await openTopicReader(connection, topic, starts, bufferBytes / 2, timeoutMs);
    return new ReservoirReader(topic, reader, shares, timeoutMs, options);
  }

  /** How many alerts the reservoir is to hold, as those that were read say; undefined where they do not. */
  get notedTotal(): number | undefined {
    return this.#notedTotal ?? undefined;
  }

  /**
   * The next alert by time, if it is in memory already: the way that costs no turn of the event loop.
   *
   * @returns the alert; undefined when it has to be waited for, or there is none left
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
    this.#readAhead();
    return alert;
  }

  /**
   * Waits for the next alert by time and leaves it where it is.
   *
   * @returns the alert; undefined after the last one
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
   * The next alert by time.
   *
   * @returns the alert; undefined after the last one
   * @throws `BROKER_UNREACHABLE` when the reservoir gives nothing for too long, `BAD_INPUT_FILE` for a message that
   * is no alert of a reservoir
   */
  async next(): Promise<ReservoirAlert | undefined> {
    await this.peek();
    return this.nextBuffered();
  }

  /**
   * Waits until as much is in memory as is read ahead, or all there is.
   *
   * @param mostMs - the longest wait, in milliseconds: a broker that is slow to answer does not hold up the start
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
    await this.#reading;
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

  /** Forgets what was read ahead, until {@link rewind} begins anew. */
  async release(): Promise<void> {
    this.#queues.forEach((queue) => {
      queue.ended = true;
    });
    await this.#reading?.catch(() => undefined);
    for (const queue of this.#queues.values()) {
      queue.alerts = [];
      queue.taken = 0;
    }
    this.#bufferedBytes = 0;
    this.#reader.assign([]);
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#reading?.catch(() => undefined);
    await this.#reader.close();
  }

  /** The partition with the next alert; undefined when one must be waited for first, or there is none left. */
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

  /** Starts to read the next messages in the background, unless enough are in memory. */
  #readAhead(): void {
    if (this.#reading !== undefined || this.#readFailure !== undefined || this.#allEnded()) return;
    const starved = [...this.#queues.values()].filter((queue) => !queue.ended && queue.alerts.length === 0);
    if (this.#bufferedBytes >= this.#bufferBytes && starved.length === 0) return;
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
    if (this.#bufferedBytes >= this.#bufferBytes && starved.length > 0) {
      const full = [...this.#queues.values()].filter((queue) => !starved.includes(queue));
      this.#paused = full.map((queue) => queue.share.partition);
      this.#reader.pause(this.#paused);
    } else if (this.#paused.length > 0) {
      this.#reader.resume(this.#paused);
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
    if (queue === undefined) return;
    if (message.offset + 1 >= queue.share.high) queue.ended = true;
    if (message.offset >= queue.share.high) return;
    if (message.offset % queue.share.every !== queue.share.at) return;
    if (this.#notedTotal === undefined) this.#notedTotal = notedTotal(message.headers) ?? null;
    queue.alerts.push(this.#alertOf(message));
    this.#bufferedBytes += memoryBytes(message);
  }

  /** After the last message there may be the marker of a transaction, or what compaction left of others. */
  #noteEnd({ partition, offset }: PartitionStart): void {
    const queue = this.#queues.get(partition);
    if (queue !== undefined && offset >= queue.share.high) queue.ended = true;
  }

  /** Headers are taken out here, once, and not each time that the alert is sent. */
  #alertOf(message: StoredMessage): ReservoirAlert {
    const { headers } = message;
    return {
      timeOffsetUs: timeOffsetOf(message, this.#topic),
      message: { ...message, headers: this.#headersOf(headers) },
      places: notedPlaces(headers),
    };
  }

  #allEnded(): boolean {
    for (const queue of this.#queues.values()) if (!queue.ended) return false;
    return true;
  }
}

/** As many as the next read may take over, if they are like these. */
function messagesPerRead(messages: readonly StoredMessage[]): number {
  const bytes = messages.reduce((sum, message) => sum + memoryBytes(message), 0);
  return Math.min(mostPerRead, Math.max(1, Math.floor((bytesPerRead * messages.length) / bytes)));
}

function memoryBytes({ value }: StoredMessage): number {
  return (value?.length ?? 0) + overheadBytes;
}
