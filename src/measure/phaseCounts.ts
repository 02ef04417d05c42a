import type { Counts } from '../results/values.js';

/** A sending worker's report of a phase. */
export interface ProducerReport {
  /** Handed to librdkafka. */
  readonly sent: number;
  readonly acked: number;
  readonly failed: number;
  /**
   * It finished the phase; or it failed and accounted for what it had sent; or it died, so that nothing is
   * known of what it did after its last report.
   */
  readonly ended: 'done' | 'failed' | 'lost';
}

export interface PhaseReports {
  /** As the schedule says; undefined flat out. */
  readonly due: number | undefined;
  /** Messages that were due for those producers that finished the phase, as they reported. */
  readonly dueOfDone: number;
  /** Producers that reported anything. */
  readonly producers: readonly ProducerReport[];
  readonly producerCount: number;
}

export type PhaseCounts = Pick<Counts, 'scheduled' | 'sent' | 'unsent' | 'acked' | 'failed'> & {
  /** See {@link Counts}. */
  readonly unknown: number;
};

/**
 * What became of the messages of a phase. What a dead worker had in flight, and what it did after its last
 * report, is unknown: of its messages only those count as sent that were answered. So these sums always hold:
 * scheduled = sent + unsent + unknown, sent = acked + failed once all workers have ended.
 *
 * @remarks Worked example: 1,800 messages are due for three workers, 600 each. Two finish the phase; the
 * third reports 420 sent, 400 of them acknowledged, and dies: sent 1,600, unsent 0, unknown 200. Flat out it
 * cannot be known how many more it sent after its last report: unknown is what it had in flight then, 20.
 */
export function phaseCounts({ due, dueOfDone, producers, producerCount }: PhaseReports): PhaseCounts {
  const sum = (of: (producer: ProducerReport) => number): number =>
    producers.reduce((total, producer) => total + of(producer), 0);
  const answered = ({ acked, failed }: ProducerReport): number => acked + failed;
  const sent = sum((producer) => (producer.ended === 'lost' ? answered(producer) : producer.sent));
  const sentByDone = sum((producer) => (producer.ended === 'done' ? producer.sent : 0));
  const reported = dueOfDone + sum((producer) => (producer.ended === 'done' ? 0 : producer.sent));
  const done = producers.filter(({ ended }) => ended === 'done').length;
  const scheduled = Math.max(done === producerCount ? dueOfDone : (due ?? reported), reported);
  const someLost = producers.some(({ ended }) => ended === 'lost') || producers.length < producerCount;
  // Without a lost worker, all that was due and not sent was left unsent by those that went on or failed.
  const unsent = someLost ? Math.max(0, dueOfDone - sentByDone) : scheduled - sent;
  return {
    scheduled,
    sent,
    unsent,
    unknown: scheduled - sent - unsent,
    acked: sum(({ acked }) => acked),
    failed: sum(({ failed }) => failed),
  };
}
