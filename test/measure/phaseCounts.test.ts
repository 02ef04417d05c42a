import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phaseCounts, type ProducerReport, type PhaseReports } from '../../src/measure/phaseCounts.js';

const done = (sent: number, acked = sent, failed = 0): ProducerReport => ({
  sent,
  acked,
  failed,
  ended: 'done',
});
const lost = (sent: number, acked: number, failed = 0): ProducerReport => ({
  sent,
  acked,
  failed,
  ended: 'lost',
});
const failed = (sent: number, acked: number): ProducerReport => ({
  sent,
  acked,
  failed: sent - acked,
  ended: 'failed',
});

describe('phaseCounts', () => {
  it.each<[string, PhaseReports, Partial<ReturnType<typeof phaseCounts>>]>([
    [
      'all producers go through the phase: nothing is unknown',
      { due: 1800, dueOfDone: 1800, producers: [done(600), done(600), done(600)], producerCount: 3 },
      { scheduled: 1800, sent: 1800, unsent: 0, unknown: 0, acked: 1800 },
    ],
    [
      'the load is stopped: what was due and not sent is unsent',
      { due: 1800, dueOfDone: 1800, producers: [done(400), done(410), done(390)], producerCount: 3 },
      { scheduled: 1800, sent: 1200, unsent: 600, unknown: 0 },
    ],
    [
      'a producer dies with 20 in flight: of its 600, the 400 that were answered are known',
      { due: 1800, dueOfDone: 1200, producers: [done(600), done(600), lost(420, 400)], producerCount: 3 },
      { scheduled: 1800, sent: 1600, unsent: 0, unknown: 200, acked: 1600 },
    ],
    [
      'a producer dies, and the others are stopped: theirs is unsent, its own is unknown',
      { due: 1800, dueOfDone: 1200, producers: [done(500), done(500), lost(420, 390, 10)], producerCount: 3 },
      { scheduled: 1800, sent: 1400, unsent: 200, unknown: 200, acked: 1390, failed: 10 },
    ],
    [
      'a producer dies before its first report: all of its 600 are unknown',
      { due: 1800, dueOfDone: 1200, producers: [done(600), done(600)], producerCount: 3 },
      { scheduled: 1800, sent: 1200, unsent: 0, unknown: 600 },
    ],
    [
      'a producer fails and accounts for what it sent: the rest of its 600 is unsent, not unknown',
      { due: 1800, dueOfDone: 1200, producers: [done(600), done(600), failed(420, 400)], producerCount: 3 },
      { scheduled: 1800, sent: 1620, unsent: 180, unknown: 0, acked: 1600, failed: 20 },
    ],
    [
      'flat out a producer dies: what it had in flight is unknown, and nothing says how much it sent after that',
      { due: undefined, dueOfDone: 5000, producers: [done(5000), lost(4000, 3900)], producerCount: 2 },
      { scheduled: 9000, sent: 8900, unsent: 0, unknown: 100 },
    ],
  ])('%s', (_sentence, reports, counts) => {
    expect(phaseCounts(reports)).toMatchObject(counts);
  });

  it('adds up to what was due, and sent to what was answered, however producers end', () => {
    const producer = fc
      .record({
        sent: fc.nat(600),
        inFlight: fc.nat(100),
        failed: fc.nat(50),
        ended: fc.constantFrom<ProducerReport['ended']>('done', 'failed', 'lost'),
      })
      .map(({ sent, inFlight, failed: some, ended }): ProducerReport => {
        const answered = ended === 'lost' ? Math.max(0, sent - inFlight) : sent;
        const failures = Math.min(some, answered);
        return { sent, acked: answered - failures, failed: failures, ended };
      });
    fc.assert(
      fc.property(fc.array(producer, { minLength: 1, maxLength: 6 }), fc.nat(2), (producers, silent) => {
        const producerCount = producers.length + silent;
        const dueOfDone = 600 * producers.filter(({ ended }) => ended === 'done').length;
        const counts = phaseCounts({ due: 600 * producerCount, dueOfDone, producers, producerCount });
        expect(counts.scheduled).toBe(600 * producerCount);
        expect(counts.sent + counts.unsent + counts.unknown).toBe(counts.scheduled);
        expect(counts.acked + counts.failed).toBe(counts.sent);
        for (const count of Object.values(counts)) expect(count).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
