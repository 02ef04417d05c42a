import { setTimeout as pause } from 'node:timers/promises';
import { AlertSimError } from '../errors.js';
import { failuresText } from '../kafka/failures.js';
import { kafkaErrorName } from '../kafka/libraryError.js';
import type { RowProducer } from '../kafka/producer.js';
import type { FailedMessages } from './protocol.js';

/** Counts what became of each message, and notices when a producer no longer makes progress. */
export class DeliveryLedger {
  #sent = 0;
  #acked = 0;
  #failed = 0;
  readonly #failures = new Map<number, number>();
  #reportsSeen = 0;
  #progressMs: number | undefined;

  /** Handed to librdkafka. */
  get sent(): number {
    return this.#sent;
  }

  get acked(): number {
    return this.#acked;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Counts a message that librdkafka took. */
  countSent(): void {
    if (this.#sent === this.#acked + this.#failed) this.#progressMs = undefined;
    this.#sent += 1;
  }

  /** @param errorCode - 0 for an acknowledgement, else librdkafka's error code */
  countReport(errorCode: number): void {
    if (errorCode === 0) this.#acked += 1;
    else {
      this.#failed += 1;
      this.#failures.set(errorCode, (this.#failures.get(errorCode) ?? 0) + 1);
    }
  }

  /**
   * Whether messages are in flight and none was reported on for too long. It compares with its last call:
   * call it often.
   *
   * @param timeoutMs - maximum time without a single delivery report
   */
  stalled(timeoutMs: number, nowMs: number = performance.now()): boolean {
    const reports = this.#acked + this.#failed;
    if (reports === this.#sent || reports !== this.#reportsSeen || this.#progressMs === undefined) {
      this.#reportsSeen = reports;
      this.#progressMs = nowMs;
    }
    return nowMs - this.#progressMs > timeoutMs;
  }

  /**
   * Waits until a condition holds, serving the producer's events meanwhile; false when there was no progress
   * for too long.
   *
   * @param holds - the condition: room in the queue, or nothing in flight
   * @param timeoutMs - maximum time without a single delivery report
   */
  async waitFor(
    producer: Pick<RowProducer, 'poll'>,
    holds: () => boolean,
    timeoutMs: number,
    stopped: () => boolean = () => false,
  ): Promise<boolean> {
    const startMs = performance.now();
    for (;;) {
      producer.poll();
      if (holds() || stopped()) return true;
      const nowMs = performance.now();
      const inFlight = this.#sent - this.#acked - this.#failed;
      // With nothing in flight no report can come: a message that does not fit into any queue would wait
      // forever.
      if (inFlight > 0 ? this.stalled(timeoutMs, nowMs) : nowMs - startMs > timeoutMs) return false;
      await pause(1);
    }
  }

  /**
   * Sends a message that librdkafka's full queue rejected: tries again as acknowledgements make room.
   *
   * @param trySend - hands the message over; false while the queue is full
   * @param timeoutMs - maximum time without a single delivery report
   * @returns `sent`, or why not: no progress for too long, or stopped
   */
  async sendWhenRoom(
    producer: Pick<RowProducer, 'poll'>,
    trySend: () => boolean,
    timeoutMs: number,
    stopped: () => boolean,
  ): Promise<'sent' | 'stalled' | 'stopped'> {
    const state = { sent: false };
    const room = (): boolean => {
      state.sent = trySend();
      return state.sent;
    };
    const progressed = await this.waitFor(producer, room, timeoutMs, stopped);
    if (state.sent) return 'sent';
    return progressed ? 'stopped' : 'stalled';
  }

  /**
   * The error of a command that could not deliver all; undefined when all that was sent is acknowledged.
   *
   * @param total - messages to be sent
   * @param stalledMs - how long the broker gave no answer, where that was the end
   */
  failure(topic: string, total: number, stalledMs?: number): AlertSimError | undefined {
    const unanswered = this.#sent - this.#acked - this.#failed;
    if (this.#failed === 0 && unanswered === 0 && stalledMs === undefined) return undefined;
    const counts = { acked: this.#acked, failures: [...this.#failures], unanswered };
    const stalled = `the broker acknowledged nothing for ${(stalledMs ?? 0) / 1000} s`;
    return deliveryFailure(topic, total, counts, this.#failed === 0 ? stalled : undefined);
  }
}

/** What became of the messages that were sent. */
interface Undelivered {
  readonly acked: number;
  readonly failures: readonly FailedMessages[];
  readonly unanswered: number;
}

/**
 * The error of a command that could not deliver all.
 *
 * @param total - messages to be sent
 * @param reason - default: how the messages failed, and how to fix it
 */
export function deliveryFailure(
  topic: string,
  total: number,
  { acked, failures, unanswered }: Undelivered,
  reason?: string,
): AlertSimError {
  const failed = failures.map(([code, count]) => ({ error: { code, name: kafkaErrorName(code) }, count }));
  const failedCount = failures.reduce((sum, [, count]) => sum + count, 0);
  return new AlertSimError(
    'DELIVERY_FAILED',
    `${acked} of ${total} alerts were delivered to ${topic}, ${failedCount} failed, ${unanswered} have no answer: ` +
      (reason ?? failuresText(failed)),
  );
}
