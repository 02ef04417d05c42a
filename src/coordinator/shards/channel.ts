import { AlertSimError } from '../../errors.js';
import type { ConnectionOptions } from '../../kafka/settings.js';
import { openTopicReader, type TopicReader } from '../../kafka/topicReader.js';
import type { TopicAdmin } from '../../kafka/topics.js';
import type { Plan } from '../../scenario/plan.js';
import { kafkaErrorOf } from '../../kafka/libraryError.js';
import { openMessageSender, type MessageSender } from '../../workers/messageSender.js';
import { cut, Joiner } from './pieces.js';

/** The partitions of a control topic: from the first shard, to the first shard, and for reading the clock. */
export const controlPartitions = { down: 0, up: 1, clock: 2 } as const;

export const controlPartitionCount = 3;

/**
 * Settings of a control topic: the broker stamps its messages with its own time, and they are soon deleted.
 */
export const controlTopicConfig = {
  'message.timestamp.type': 'LogAppendTime',
  'retention.ms': '3600000',
  'cleanup.policy': 'delete',
} as const;

/** Well below the megabyte that a broker takes by default. */
const mostPieceBytes = 700_000;
const readAtOnce = 500;
/**
 * While something has no answer yet, and while nothing is pending: then only the client's own events wait.
 */
const pollMs = { busy: 10, idle: 500 } as const;
/**
 * After a read that found nothing: news is gathered for as long, and a phase is announced a second before.
 */
const restMs = 60;
/** No one waits for it: the broker answers a fetch as soon as a message is there. */
const longFetchMs = 500;

/**
 * The connection of the clients that coordinate: with the credentials of the clients under test, but without
 * the tuning of their load.
 */
export function controlConnection({ kafka, coordination }: Plan): ConnectionOptions {
  const access = Object.entries(kafka.client).filter(([name]) => accessProperty.test(name));
  return {
    bootstrap: coordination.bootstrap ?? kafka.bootstrap,
    properties: {
      ...(coordination.bootstrap === undefined ? Object.fromEntries(access) : {}),
      ...coordination.client,
    },
  };
}

/** Sends and receives control messages, in order, each of any length. */
export class ControlChannel {
  readonly topic: string;
  readonly #to: number;
  readonly #sender: string;
  readonly #producer: MessageSender;
  readonly #reader: TopicReader;
  readonly #joiner = new Joiner();
  #polling: NodeJS.Timeout | undefined;
  #queue: Buffer[] = [];
  #texts = 0;
  #closed = false;
  #reading: Promise<void> = Promise.resolve();
  #fault: AlertSimError | undefined;

  private constructor(
    topic: string,
    to: number,
    sender: string,
    producer: MessageSender,
    reader: TopicReader,
    onFault: (set: (fault: AlertSimError) => void) => void,
  ) {
    this.topic = topic;
    this.#to = to;
    this.#sender = sender;
    this.#producer = producer;
    this.#reader = reader;
    onFault((fault) => {
      this.#fault ??= fault;
    });
    this.#send();
  }

  /**
   * Opens one end of a control topic. What was sent before is not received. Close it after use.
   *
   * @param topic - it exists
   * @param end - the first shard, or another
   * @param sender - identifies this process
   * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
   */
  static async open(
    connection: ConnectionOptions,
    admin: TopicAdmin,
    topic: string,
    end: 'first' | 'other',
    sender: string,
    timeoutMs: number,
  ): Promise<ControlChannel> {
    const from = end === 'first' ? controlPartitions.up : controlPartitions.down;
    const to = end === 'first' ? controlPartitions.down : controlPartitions.up;
    const offset = await endOf(admin, topic, from, timeoutMs);
    let tell: (fault: AlertSimError) => void = () => undefined;
    const producer = await openMessageSender({
      connection,
      properties: { 'linger.ms': 0, 'enable.idempotence': true, 'compression.type': 'lz4' },
      topic,
      onDelivery: ({ error }) => {
        if (error === 0) return;
        const why = kafkaErrorOf(error).message;
        tell(
          new AlertSimError(
            'SERVICE_UNAVAILABLE',
            `a message to the control topic ${topic} was not taken: ${why}`,
          ),
        );
      },
      timeoutMs,
    });
    const reader = await openTopicReader(
      { ...connection, properties: { 'fetch.wait.max.ms': longFetchMs, ...connection.properties } },
      topic,
      [{ partition: from, offset }],
      1 << 24,
      timeoutMs,
    );
    return new ControlChannel(topic, to, sender, producer, reader, (set) => {
      tell = set;
    });
  }

  /** The error of the first message that could not be sent. */
  get fault(): AlertSimError | undefined {
    return this.#fault;
  }

  /**
   * Receives from now on.
   *
   * @param hear - called with each message, in the order in which its sender sent it
   */
  listen(hear: (message: unknown) => void): void {
    this.#reading = this.#read(hear);
  }

  /**
   * Sends a message at once.
   *
   * @param message - plain data
   */
  send(message: object): void {
    this.#texts += 1;
    for (const piece of cut(this.#texts, asciiJson(message), mostPieceBytes)) {
      const head = [this.#sender, piece.text, piece.index, piece.of].join(' ');
      this.#queue.push(Buffer.from(`${head}\n${piece.part}`, 'latin1'));
    }
    this.#send();
  }

  /** Waits until all is sent. */
  async flush(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while ((this.#queue.length > 0 || this.#producer.inFlight > 0) && performance.now() < deadlineMs) {
      this.#send();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Ends the connections; what is not sent yet is dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#polling);
    await this.#reading;
    await Promise.all([this.#reader.close(), this.#producer.close()]);
  }

  #send(): void {
    this.#producer.poll();
    let sent = 0;
    for (const value of this.#queue) {
      if (!this.#producer.trySend(this.#to, { value })) break;
      sent += 1;
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
    clearTimeout(this.#polling);
    if (this.#closed) return;
    const busy = this.#queue.length > 0 || this.#producer.inFlight > 0;
    this.#polling = setTimeout(
      () => {
        this.#send();
      },
      busy ? pollMs.busy : pollMs.idle,
    );
  }

  async #read(hear: (message: unknown) => void): Promise<void> {
    while (!this.#closed) {
      try {
        const messages = await this.#reader.read(readAtOnce);
        for (const { value } of messages) {
          const whole = value === null ? undefined : this.#join(value);
          if (whole !== undefined) hear(JSON.parse(whole));
        }
        if (messages.length === 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      } catch (thrown) {
        this.#fault ??= new AlertSimError(
          'SERVICE_UNAVAILABLE',
          `the control topic ${this.topic} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
          thrown,
        );
        // The other side notices the silence; the cluster may come back meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  #join(value: Buffer): string | undefined {
    const at = value.indexOf(10);
    const [sender = '', text, index, of] = value.toString('latin1', 0, Math.max(0, at)).split(' ');
    const piece = {
      text: Number(text),
      index: Number(index),
      of: Number(of),
      part: value.toString('latin1', at + 1),
    };
    return this.#joiner.take(sender, piece);
  }
}

/**
 * The end of a partition. A topic that was created a moment ago may not be served at once, though it has its
 * leaders.
 */
async function endOf(
  admin: TopicAdmin,
  topic: string,
  partition: number,
  timeoutMs: number,
): Promise<number> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return (await admin.watermarks(topic))[partition]?.high ?? 0;
    } catch (thrown) {
      if (performance.now() > deadlineMs) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const accessProperty =
  /^(security\.|sasl\.|ssl\.|enable\.ssl\.|enable\.sasl\.|client\.id$|group\.id$|broker\.address\.|socket\.|metadata\.)/;

/** JSON with nothing but ASCII in it, so that it can be cut anywhere. */
function asciiJson(message: object): string {
  return JSON.stringify(message).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
