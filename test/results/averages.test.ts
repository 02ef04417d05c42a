import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overallRate, rateOf, type MeasuredLoad } from '../../src/results/averages.js';

const phaseOf = (load: MeasuredLoad) => ({ counts: { acked: load.acked }, rate: rateOf(load) });

/** 100/s for 10 s, of which 950 were acknowledged within 10 s. */
const steady = phaseOf({ acked: 950, bytes: 1e5, seconds: 10, planned: { messages: 1000, seconds: 10 } });
/** 300/s for 5 s, in time. */
const fast = phaseOf({ acked: 1500, bytes: 1.5e5, seconds: 5, planned: { messages: 1500, seconds: 5 } });
/** 9,000 messages in 3 s. */
const flatOut = phaseOf({ acked: 9000, bytes: 9e5, seconds: 3, planned: null });

describe('the rates of several phases', () => {
  it.each([
    ['one phase with a target', [steady], 0.95],
    ['a flat-out phase behind it, which has no target and changes nothing', [steady, flatOut], 0.95],
    ['a flat-out phase before it', [flatOut, steady], 0.95],
    ['two phases with targets: 2,450 in 15 s of 2,500 in 15 s', [steady, fast, flatOut], 0.98],
    ['flat out alone', [flatOut], null],
    ['nothing', [], null],
  ])('achieved of the target over %s', (_, phases, ofTarget) => {
    const all = overallRate(phases).ofTarget;
    if (ofTarget === null) expect(all).toBeNull();
    else expect(all).toBeCloseTo(ofTarget, 12);
  });

  it('have a target only where every phase has one', () => {
    expect(overallRate([steady, fast]).targetPerSecond).toBe(2500 / 15);
    expect(overallRate([steady, flatOut])).toMatchObject({ targetPerSecond: null, planned: null });
  });

  it('divide, each by the time beside it, whatever the phases', () => {
    const load = fc.record({
      acked: fc.nat(1e9),
      bytes: fc.nat(1e9),
      seconds: fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
      planned: fc.option(
        fc.record({ messages: fc.nat(1e9), seconds: fc.double({ min: 1e-3, max: 1e5, noNaN: true }) }),
      ),
    });
    fc.assert(
      fc.property(fc.array(load, { minLength: 1 }), (loads) => {
        const phases = loads.map(phaseOf);
        const acked = loads.reduce((sum, one) => sum + one.acked, 0);
        const all = { counts: { acked }, rate: overallRate(phases) };
        for (const { counts, rate } of [...phases, all]) {
          expect(rate.achievedPerSecond).toBe(counts.acked / rate.seconds);
          expect(rate.bytesPerSecond).toBe(rate.bytes / rate.seconds);
          if (rate.planned === null) expect(rate.targetPerSecond).toBeNull();
          else expect(rate.targetPerSecond).toBe(rate.planned.messages / rate.planned.seconds);
        }
      }),
    );
  });
});
