import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  betweenMachinesUs,
  boundSince,
  carriedDigits,
  clockOffset,
  tellableStepUs,
  type ClockProbe,
} from '../../src/measure/clockBound.js';

/** Probes of a broker whose clock is ahead by `offsetNs`: it stamps between the sending and the answer. */
function probesOf(
  offsetNs: number,
  ways: readonly { atNs: number; thereNs: number; backNs: number }[],
): ClockProbe[] {
  return ways.map(({ atNs, thereNs, backNs }) => ({
    beforeNs: atNs,
    afterNs: atNs + thereNs + backNs,
    brokerMs: Math.floor((atNs + thereNs + offsetNs) / 1e6),
  }));
}

const way = fc.record({
  atNs: fc.integer({ min: 0, max: 1e12 }),
  thereNs: fc.integer({ min: 0, max: 2e9 }),
  backNs: fc.integer({ min: 0, max: 2e9 }),
});

describe("the offset of the broker's clock", () => {
  test('lies within the bound, however slow and lopsided the ways are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e15, max: 1e15 }),
        fc.array(way, { minLength: 1, maxLength: 30 }),
        (offsetNs, ways) => {
          const found = clockOffset(probesOf(offsetNs, ways));
          expect(Math.abs(found.offsetNs - offsetNs)).toBeLessThanOrEqual(found.boundNs);
        },
      ),
    );
  });

  test('is never bounded worse by one probe more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 1e12 }),
        fc.array(way, { minLength: 2, maxLength: 20 }),
        (offsetNs, ways) => {
          const probes = probesOf(offsetNs, ways);
          const { boundNs } = clockOffset(probes.slice(1));
          expect(clockOffset(probes).boundNs).toBeLessThanOrEqual(boundNs);
        },
      ),
    );
  });

  it('gets below the millisecond that the broker stamps in, by probes at different places of it', () => {
    const ways = Array.from({ length: 40 }, (_, index) => ({
      atNs: index * 7_130_000,
      thereNs: 150e3,
      backNs: 150e3,
    }));
    expect(clockOffset(probesOf(123_456_789, ways)).boundNs).toBeLessThan(250e3);
  });

  it('is the worked example of its documentation', () => {
    const { offsetNs, boundNs } = clockOffset([{ beforeNs: 10.2e6, afterNs: 10.9e6, brokerMs: 500 }]);
    expect([offsetNs - boundNs, offsetNs + boundNs].map((ns) => Math.round(ns / 1e4) / 100)).toEqual([
      489.1, 490.8,
    ]);
  });

  it("allows all that any probe allows when the broker's clock was set in between", () => {
    const { offsetNs, boundNs } = clockOffset([
      { beforeNs: 0, afterNs: 1e6, brokerMs: 0 },
      { beforeNs: 5e9, afterNs: 5e9 + 1e6, brokerMs: 15_000 },
    ]);
    expect(offsetNs - boundNs).toBeLessThanOrEqual(0);
    expect(offsetNs + boundNs).toBeGreaterThanOrEqual(10e9);
  });

  it('was right once: what clocks drift apart later counts in', () => {
    const used = { offsetNs: 1000, boundNs: 100 };
    expect(boundSince(used, [])).toBe(100);
    expect(boundSince(used, [{ offsetNs: 1040, boundNs: 30 }])).toBe(100);
    expect(boundSince(used, [{ offsetNs: 3000, boundNs: 50 }, used])).toBe(2050);
  });
});

describe('digits that clocks carry', () => {
  it.each([
    ['one machine has one clock', [400e3], 0],
    ['two machines: both may err', [400e3, 300e3], 700],
    ['of many, the two worst count', [10e3, 400e3, 300e3, 20e3], 700],
  ])('the bound between machines: %s', (_row, bounds, expected) => {
    expect(betweenMachinesUs(bounds)).toBe(expected);
  });

  it.each([
    [430, 500],
    [500, 500],
    [501, 1000],
    [1, 1],
    [0.3, 0.5],
    [1300, 2000],
  ])('a bound of %d µs is told in steps of %d µs', (bound, step) => {
    expect(tellableStepUs(bound)).toBeCloseTo(step, 9);
  });

  it('rounds what is above the bound, and does not tell what is not', () => {
    const summary = {
      count: 9,
      p50: 430,
      p90: 431,
      p95: 1260,
      p99: 98_765,
      p999: null,
      max: 99_999,
      mean: 12,
    };
    expect(carriedDigits(summary, 430)).toEqual({
      count: 9,
      p50: null,
      p90: 500,
      p95: 1500,
      p99: 99_000,
      p999: null,
      max: 100_000,
      mean: null,
    });
    expect(carriedDigits(summary, 0)).toEqual(summary);
  });

  test('a value that is told differs from the measured one by no more than half the step', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        fc.integer({ min: 0, max: 1e8 }),
        (bound, value) => {
          const { p50 } = carriedDigits(
            { count: 1, p50: value, p90: null, p95: null, p99: null, p999: null, max: null, mean: null },
            bound,
          );
          if (value <= bound) expect(p50).toBeNull();
          else expect(Math.abs((p50 ?? NaN) - value)).toBeLessThanOrEqual(tellableStepUs(bound) / 2 + 1e-6);
        },
      ),
    );
  });
});
