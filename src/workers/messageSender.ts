import { kafkaErrors } from '../kafka/kafkaErrors.js';
import { openRowProducer, produceError, type RowProducerOptions } from '../kafka/producer.js';
import { deliveredRow, producedRow } from '../kafka/rows.js';
import { largestMessageBytes } from '../kafka/settings.js';
import type { StoredMessage } from '../kafka/topicReader.js';
import { AlertMemory } from './alertMemory.js';

/** How a message ended. */
export interface Delivery {
  /** 0 when the broker acknowledged it, else librdkafka's error code. */
  readonly error: number;
  /** From the hand-over to librdkafka until the acknowledgement. */
  readonly latencyUs: number;
  readonly partition: number;
  /** Negative when it was not acknowledged. */
  readonly offset: number;
}

export interface MessageSenderOptions extends Pick<
  RowProducerOptions,
  'connection' | 'properties' | 'topic' | 'timeoutMs'
> {
  /** Called from within `poll`, for each message. */
  readonly onDelivery: (delivery: Delivery) => void;
}

export interface MessageSender {
  /** Messages handed over and neither acknowledged nor failed. */
  readonly inFlight: number;
  /**
   * Hands a message to librdkafka, which copies it; false when its queue is full: poll, and try again.
   *
   * @param to - the partition; negative for the partitioner's choice
   * @throws for a message that librdkafka rejects for good
   */
  readonly trySend: (
    to: number,
    message: Pick<StoredMessage, 'value'> & Partial<Pick<StoredMessage, 'key' | 'headers'>>,
  ) => boolean;
  /** Calls `onDelivery` for every report that has come, and returns their number. */
  readonly poll: () => number;
  /** Messages still in flight are given up. */
  readonly close: () => Promise<void>;
}

/**
 * Connects a sender of few messages, one by one. Close it after use.
 *
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openMessageSender(options: MessageSenderOptions): Promise<MessageSender> {
  const { topic, onDelivery } = options;
  const memory = new AlertMemory(0, largestMessageBytes(options.connection));
  const row = new Float64Array(producedRow.fields);
  const { fields, error, latencyUs, partition, offset } = deliveredRow;
  const producer = await openRowProducer({
    ...options,
    memory,
    onDeliveries: (reports, count) => {
      for (let at = 0; at < count * fields; at += fields) {
        onDelivery({
          error: reports[at + error] ?? 0,
          latencyUs: reports[at + latencyUs] ?? 0,
          partition: reports[at + partition] ?? 0,
          offset: reports[at + offset] ?? -1,
        });
      }
    },
  });
  return {
    get inFlight() {
      return producer.inFlight;
    },
    trySend: (to, { value, key = null, headers = [] }) => {
      const bytes = memory.pass({ value, key, headers }, row, 0);
      row[producedRow.partition] = to;
      producer.produceRows(row, 0, 1);
      const code = row[producedRow.error] ?? 0;
      if (code !== 0 && code !== kafkaErrors.queueFull) throw produceError(topic, code, bytes);
      return code === 0;
    },
    poll: () => producer.poll(),
    close: producer.close,
  };
}
