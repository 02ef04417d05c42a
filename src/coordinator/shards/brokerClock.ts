import { AlertSimError } from '../../errors.js';
import type { ConnectionOptions } from '../../kafka/settings.js';
import { openTopicReader } from '../../kafka/topicReader.js';
import {
  boundSince,
  clockEpochMs,
  clockOffset,
  type ClockOffset,
  type ClockProbe,
} from '../../measure/clockBound.js';
import { monotonicNs } from '../../workers/clock.js';
import { openMessageSender, type MessageSender } from '../../workers/messageSender.js';
import { controlPartitions } from './channel.js';

/** Enough that some of them fall close to both ends of the broker's millisecond. */
const firstProbes = 40;
const laterProbes = 15;
/** No divisor of a millisecond, so that the probes fall at different places within it. */
const probeEveryMs = 7;

/** Reads the broker's clock, by messages that the broker stamps with its time. */
export class BrokerClock {
  readonly #probe: (probes: number) => Promise<ClockOffset>;
  readonly #close: () => Promise<void>;
  readonly #later: ClockOffset[] = [];
  /** The first estimate: the one that is used. */
  readonly used: ClockOffset;

  private constructor(
    used: ClockOffset,
    probe: (probes: number) => Promise<ClockOffset>,
    close: () => Promise<void>,
  ) {
    this.used = used;
    this.#probe = probe;
    this.#close = close;
  }

  /**
   * Connects and makes the first estimate. Close the clock after use.
   *
   * @param topic - the control topic, which has `message.timestamp.type=LogAppendTime`
   * @param timeoutMs - for connecting, and for each estimate
   * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `SERVICE_UNAVAILABLE`
   */
  static async open(connection: ConnectionOptions, topic: string, timeoutMs: number): Promise<BrokerClock> {
    let handedOverNs = 0;
    let answered = { afterNs: 0, offset: -1 };
    const producer = await openMessageSender({
      connection,
      properties: { 'linger.ms': 0, acks: 1 },
      topic,
      onDelivery: ({ error, latencyUs, offset }) => {
        // librdkafka counts from within the hand-over, so the answer was there by then; this poll may be
        // later.
        if (error === 0) answered = { afterNs: handedOverNs + (latencyUs + 1) * 1000, offset };
      },
      timeoutMs,
    });
    const readers: { close: () => Promise<void> }[] = [];
    const close = async (): Promise<void> => {
      await Promise.all([producer.close(), ...readers.map((reader) => reader.close())]);
    };
    try {
      const reader = await openTopicReader(connection, topic, [], 1 << 20, timeoutMs);
      readers.push(reader);
      const probe = async (count: number): Promise<ClockOffset> => {
        const deadlineMs = performance.now() + timeoutMs;
        const sent = new Map<number, Omit<ClockProbe, 'brokerMs'>>();
        for (let index = 0; index < count; index += 1) {
          answered = { afterNs: 0, offset: -1 };
          const beforeNs = monotonicNs();
          producer.trySend(controlPartitions.clock, { value: Buffer.from('tick') });
          handedOverNs = monotonicNs();
          await answerOf(producer, () => answered.offset >= 0, deadlineMs, topic);
          sent.set(answered.offset, { beforeNs, afterNs: Math.min(answered.afterNs, monotonicNs()) });
          await new Promise((resolve) => setTimeout(resolve, probeEveryMs * Math.random()));
        }
        return clockOffset(await stampsOf(reader, sent, deadlineMs, topic));
      };
      return new BrokerClock(await probe(firstProbes), probe, close);
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }

  /** Reads the clock again: by how much the first estimate may be wrong by now, nanoseconds. */
  async look(): Promise<number> {
    this.#later.push(await this.#probe(laterProbes));
    return this.boundNs;
  }

  /** By how much the first estimate may be wrong, as far as is known. */
  get boundNs(): number {
    return boundSince(this.used, this.#later);
  }

  async close(): Promise<void> {
    await this.#close();
  }
}

/**
 * Waits for an answer. librdkafka itself notes when it came, so a look each millisecond finds it as exactly
 * as one that never rests, and takes nothing from the producers.
 */
async function answerOf(
  { poll }: MessageSender,
  came: () => boolean,
  deadlineMs: number,
  topic: string,
): Promise<void> {
  for (poll(); !came(); poll()) {
    if (performance.now() > deadlineMs) throw noAnswer(topic);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Reads the probes back, with the broker's stamps. */
async function stampsOf(
  reader: Awaited<ReturnType<typeof openTopicReader>>,
  sent: ReadonlyMap<number, Omit<ClockProbe, 'brokerMs'>>,
  deadlineMs: number,
  topic: string,
): Promise<ClockProbe[]> {
  const probes: ClockProbe[] = [];
  reader.assign([{ partition: controlPartitions.clock, offset: Math.min(...sent.keys()) }]);
  while (probes.length < sent.size) {
    if (performance.now() > deadlineMs) throw noAnswer(topic);
    for (const { offset, timestampMs } of await reader.read(sent.size)) {
      const probe = sent.get(offset);
      if (probe !== undefined) probes.push({ ...probe, brokerMs: timestampMs - clockEpochMs });
    }
  }
  reader.assign([]);
  return probes;
}

function noAnswer(topic: string): AlertSimError {
  return new AlertSimError(
    'SERVICE_UNAVAILABLE',
    `the broker did not answer probes of its clock on the control topic ${topic} in time`,
  );
}
