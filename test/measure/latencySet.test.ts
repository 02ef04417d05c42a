import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../src/measure/latency.js';
import { latenciesOf, LatencySet, MergedLatencies } from '../../src/measure/latencySet.js';
import { type LatencyName, latencyNames } from '../../src/scenario/metricNames.js';
import { noSample } from '../results/sound.js';

const hourUs = 3_600_000_000;

/** Latencies from below zero to above an hour, mostly small. */
const latencies = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 5000 }) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 1e7, noNaN: true }) },
  { weight: 1, arbitrary: fc.integer({ min: -5000, max: -1 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * hourUs }) },
);

/** What one worker recorded, with the ends of intervals between. */
const recorded = fc.record({
  worker: fc.nat({ max: 2 }),
  phase: fc.nat({ max: 2 }),
  latency: fc.constantFrom(...latencyNames),
  microseconds: latencies,
  handOver: fc.boolean(),
});

const percentiles = [0, 1, 10, 50, 75, 90, 95, 99, 99.9, 100];

describe('latencies of several workers', () => {
  it('merged from any intervals are the histogram of all values', () => {
    fc.assert(
      fc.property(fc.array(recorded, { maxLength: 150 }), (values) => {
        const workers = Array.from({ length: 3 }, () => new LatencySet());
        const merged = new MergedLatencies();
        const phaseName = (phase: number): string => `phase ${phase}`;
        const whole = new Map<string, LatencyHistogram>();
        for (const { worker, phase, latency, microseconds, handOver } of values) {
          workers[worker]?.record(phase, latency, microseconds);
          if (handOver) merged.add(workers[worker]?.takeInterval() ?? [], phaseName);
          const key = `${latency} ${phaseName(phase)}`;
          const all = whole.get(key) ?? new LatencyHistogram();
          whole.set(key, all);
          all.record(microseconds);
        }
        for (const worker of workers) merged.add(worker.takeInterval(), phaseName);
        for (const [key, all] of whole) {
          const [latency, ...phase] = key.split(' ');
          expectSame(merged.of(phase.join(' '), latency as LatencyName), all);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are the same for all phases together as if there were but one', () => {
    fc.assert(
      fc.property(fc.array(recorded, { maxLength: 60 }), (values) => {
        const set = new LatencySet();
        const merged = new MergedLatencies();
        const ack = new LatencyHistogram();
        for (const { phase, microseconds } of values) {
          set.record(phase, 'ack', microseconds);
          if (phase !== 1) ack.record(microseconds);
        }
        merged.add(set.takeInterval(), (phase) => `p${phase}`);
        expectSame(merged.together(['p0', 'p2', 'unknown'], 'ack'), ack);
      }),
      { numRuns: 30 },
    );
  });

  it('are handed over once, and only where there are values', () => {
    const set = new LatencySet();
    expect(set.takeInterval()).toEqual([]);
    set.record(2, 'endToEnd', 12);
    set.record(0, 'scheduleLag', -3);
    expect(set.takeInterval()).toMatchObject([
      { phase: 0, latency: 'scheduleLag', negative: 1, clipped: 0 },
      { phase: 2, latency: 'endToEnd', negative: 0, clipped: 0 },
    ]);
    expect(set.takeInterval()).toEqual([]);
    set.record(0, 'scheduleLag', 3);
    expect(set.takeInterval()).toMatchObject([{ phase: 0, latency: 'scheduleLag', negative: 0 }]);
  });

  it('of a phase without a name are left out', () => {
    const set = new LatencySet();
    set.record(0, 'ack', 1);
    const merged = new MergedLatencies();
    merged.add(set.takeInterval(), () => undefined);
    expect(merged.of('warm-up', 'ack').summary().count).toBe(0);
  });

  it('add up beyond 2^32 of the same value, as hours at full rate do', () => {
    const times = 2 ** 30;
    const interval = [{ phase: 0, latency: 'ack', counts: [7, times], negative: 0, clipped: 0 }] as const;
    const merged = new MergedLatencies();
    for (let turn = 0; turn < 9; turn += 1) merged.add(interval, () => 'flat-out');
    const set = new LatencySet();
    set.record(0, 'ack', 1000);
    merged.add(set.takeInterval(), () => 'flat-out');
    for (const all of [merged.of('flat-out', 'ack'), merged.together(['flat-out'], 'ack')]) {
      expect(all.summary()).toMatchObject({ count: 9 * times + 1, p50: 7, p999: 7, max: 1000 });
      expect(all.histogram.mean).toBeCloseTo(7, 3);
    }
  });
});

describe('LatencyHistogram', () => {
  it('has the mean of the library, to the last digit', () => {
    fc.assert(
      fc.property(fc.array(latencies, { minLength: 1, maxLength: 50 }), (values) => {
        const all = new LatencyHistogram();
        for (const value of values) all.record(value);
        const { histogram } = all;
        expect(all.summary().mean).toBe(Math.min(histogram.maxValue, histogram.mean));
      }),
    );
  });

  it.each([
    ['cuts fractions off', 12.9, 12, 0, 0],
    ['counts a value below zero, and records it as none', -5, 0, 1, 0],
    ['counts a value little below zero, too', -0.4, 0, 1, 0],
    ['takes nothing for nothing', 0, 0, 0, 0],
    ['takes an hour as it is', hourUs, hourUs, 0, 0],
    ['counts a value above an hour, and records it as an hour', hourUs + 1, hourUs, 0, 1],
    ['takes a value without end for an hour', Infinity, hourUs, 0, 1],
  ])('%s', (_, microseconds, value, negative, clipped) => {
    const histogram = new LatencyHistogram();
    histogram.record(microseconds);
    expect(histogram.negative).toBe(negative);
    expect(histogram.clipped).toBe(clipped);
    expect(histogram.histogram.totalCount).toBe(1);
    expect(histogram.summary().p50).toBe(value);
  });

  it('is within a thousandth of each value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: hourUs }), (microseconds) => {
        const histogram = new LatencyHistogram();
        histogram.record(microseconds);
        const { p50, max } = histogram.summary();
        expect(Math.abs((p50 ?? NaN) - microseconds)).toBeLessThanOrEqual(microseconds / 1000);
        expect(Math.abs((max ?? NaN) - microseconds)).toBeLessThanOrEqual(microseconds / 1000);
      }),
    );
  });

  it('has no percentile, and no mean, above the largest value', () => {
    fc.assert(
      fc.property(fc.array(latencies, { minLength: 1, maxLength: 20 }), (values) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const { p50, p90, p95, p99, p999, max, mean } = histogram.summary();
        const ascending = [p50, p90, p95, p99, p999, max].map((value) => value ?? NaN);
        expect([...ascending].sort((a, b) => a - b)).toEqual(ascending);
        expect(mean).toBeLessThanOrEqual(max ?? NaN);
      }),
    );
  });

  it('has no percentile of nothing', () => {
    const none = { count: 0, p50: null, p90: null, p95: null, p99: null, p999: null, max: null, mean: null };
    const histogram = new LatencyHistogram();
    expect(histogram.summary()).toEqual(none);
    histogram.record(-1);
    histogram.reset();
    expect(histogram.summary()).toEqual(none);
    expect(histogram.negative).toBe(0);
  });

  it('gives the percentiles of a thousand known values', () => {
    const histogram = new LatencyHistogram();
    for (let value = 1; value <= 1000; value += 1) histogram.record(value);
    expect(histogram.summary()).toEqual({
      count: 1000,
      p50: 500,
      p90: 900,
      p95: 950,
      p99: 990,
      p999: 999,
      max: 1000,
      mean: 500.5,
    });
  });
});

function expectSame(found: LatencyHistogram, all: LatencyHistogram): void {
  expect(found.histogram.totalCount).toBe(all.histogram.totalCount);
  expect(found.negative).toBe(all.negative);
  expect(found.clipped).toBe(all.clipped);
  if (all.histogram.totalCount === 0) return;
  for (const percentile of percentiles) {
    expect(found.histogram.getValueAtPercentile(percentile)).toBe(
      all.histogram.getValueAtPercentile(percentile),
    );
  }
  expect(found.histogram.mean).toBeCloseTo(all.histogram.mean, 3);
}

describe('latenciesOf', () => {
  it('takes the percentiles of all named phases after merging them', () => {
    const set = new LatencySet();
    for (let value = 1; value <= 50; value += 1) set.record(0, 'ack', value);
    for (let value = 51; value <= 100; value += 1) set.record(1, 'ack', value);
    set.record(2, 'ack', 1_000_000);
    const merged = new MergedLatencies();
    merged.add(set.takeInterval(), (phase) => ['one', 'two', 'warm-up'][phase]);
    const { ack, scheduleLag, response, endToEnd } = latenciesOf(merged, ['one', 'two']);
    expect(ack).toMatchObject({ count: 100, p50: 50, p99: 99, max: 100, mean: 50.5 });
    expect([scheduleLag, response, endToEnd]).toEqual([noSample, noSample, noSample]);
  });
});
