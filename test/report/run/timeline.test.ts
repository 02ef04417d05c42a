import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/measure/latency.js';
import { interval } from '../../results/runFolders.js';
import type { LatencyInterval } from '../../../src/results/latencyLog.js';
import type { LatencyName } from '../../../src/scenario/metricNames.js';
import { bucketOf, bucketStartUs, timelineOf, timeGroups } from '../../../src/report/run/timeline.js';

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function inInterval(
  startSeconds: number,
  values: readonly number[],
  latency: LatencyName = 'ack',
): LatencyInterval {
  const { histogram } = histogramOf(values);
  return { latency, startSeconds, seconds: 1, phase: undefined, group: undefined, histogram };
}

async function* inTurn(intervals: readonly LatencyInterval[]): AsyncGenerator<LatencyInterval> {
  for (const one of intervals) yield await Promise.resolve(one);
}

const night = Array.from({ length: 36_000 }, (_, second) => interval(second));

describe('timeGroups', () => {
  it('leaves intervals as they are where there are few', () => {
    const groups = timeGroups([interval(0), interval(1, { achievedPerSecond: 50 })], 600);
    expect(
      groups.map(({ startSeconds, endSeconds, achievedPerSecond }) => [
        startSeconds,
        endSeconds,
        achievedPerSecond,
      ]),
    ).toEqual([
      [0, 1, 100],
      [1, 2, 50],
    ]);
  });

  it('has a night in as few points as it is asked for', () => {
    const groups = timeGroups(night, 600);
    expect(groups).toHaveLength(600);
    expect(groups.every(({ intervals }) => intervals.length === 60)).toBe(true);
  });

  it('keeps phases apart, however short they are', () => {
    const short = [...night, interval(36_000, { phase: 'burst' }), interval(36_001, { phase: null })];
    expect(timeGroups(short, 10).map(({ phase }) => phase)).toEqual([
      ...new Array<string>(10).fill('steady'),
      'burst',
      null,
    ]);
  });

  it('adds the remainder at the end of a phase to the interval before it, so that it makes no false peak', () => {
    const remainder = interval(1, { seconds: 0.05, achievedPerSecond: 2100 });
    const [only, ...others] = timeGroups([interval(0), remainder], 600);
    expect(others).toEqual([]);
    expect(only?.achievedPerSecond).toBeCloseTo((100 + 2100 * 0.05) / 1.05, 9);
  });

  it('weighs rates by time, and takes the worst of backlogs', () => {
    const [group] = timeGroups(
      [
        interval(0, { seconds: 0.25, targetPerSecond: 400, inFlight: 9, lag: { a: 3 } }),
        interval(0.25, { seconds: 0.75, targetPerSecond: 0, inFlight: 2, lag: { a: 8, b: 1 } }),
      ],
      1,
    );
    expect(group).toMatchObject({ targetPerSecond: 100, inFlight: 9, lag: { a: 8, b: 1 } });
  });

  it('has no target where one of its intervals has none', () => {
    const [group] = timeGroups([interval(0, { seconds: 0.5, targetPerSecond: null }), interval(0.5)], 1);
    expect(group?.targetPerSecond).toBeNull();
  });

  it('means the figures of brokers by time, and takes the worst of their percentiles', () => {
    const [group] = timeGroups(
      [
        interval(0, { seconds: 0.5, broker: { 1: { cpuCores: 1, produceTotalP99Ms: 20 } } }),
        interval(0.5, {
          seconds: 1.5,
          broker: { 1: { cpuCores: 2, produceTotalP99Ms: 10 }, 2: { cpuCores: 4 } },
        }),
      ],
      1,
    );
    expect(group?.broker).toEqual({ 1: { cpuCores: 1.75, produceTotalP99Ms: 20 }, 2: { cpuCores: 4 } });
  });
});

describe('timelineOf', () => {
  it('takes percentiles of merged histograms, whatever is merged', async () => {
    const seconds = fc.array(fc.array(fc.integer({ min: 1, max: 5_000_000 }), { minLength: 1 }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(seconds, fc.integer({ min: 1, max: 12 }), async (values, atMost) => {
        const intervals = values.map((_, second) => interval(second));
        const lines = values.map((some, second) => inInterval(second, some));
        const timeline = await timelineOf(intervals, inTurn(lines), () => true, {
          groups: atMost,
          columns: 5,
        });
        const all = histogramOf(values.flat()).summary();
        expect(timeline.whole.ack.summary()).toEqual(all);
        expect(timeline.phases.get('steady')?.ack.summary()).toEqual(all);
        let at = 0;
        timeline.groups.forEach((group, index) => {
          const own = values.slice(at, (at += group.intervals.length)).flat();
          expect(timeline.latency.ack[index]).toEqual(histogramOf(own).summary());
        });
        const inHeat = timeline.heat.ack.flatMap(({ counts }) => [...counts.values()]);
        expect(inHeat.reduce((sum, count) => sum + count, 0)).toBe(values.flat().length);
      }),
      { numRuns: 12 },
    );
  });

  it('leaves a warm-up out of the whole, but not out of its timeline', async () => {
    const intervals = [interval(0, { phase: 'warm-up' }), interval(1)];
    const lines = [inInterval(0, [10, 20]), inInterval(1, [30])];
    const timeline = await timelineOf(intervals, inTurn(lines), (phase) => phase !== 'warm-up');
    expect(timeline.whole.ack.summary().count).toBe(1);
    expect(timeline.latency.ack.map((one) => one?.count)).toEqual([2, 1]);
  });

  it('takes the percentiles of an interval where the log has none of them', async () => {
    const timeline = await timelineOf([interval(0), interval(1)], inTurn([inInterval(1, [30])]), () => true);
    expect(timeline.latency.ack.map((one) => one?.p50)).toEqual([700, 30]);
  });
});

describe('the buckets of a heat map', () => {
  it.each([
    ['a value below 1 is in the first', 0, 0],
    ['a power of ten begins a bucket', 1000, 24],
    ['what is just below it is in the one before', 999, 23],
  ])('%s', (_, value, bucket) => {
    expect(bucketOf(value)).toBe(bucket);
  });

  it('holds each value between its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600_000_000 }), (value) => {
        const bucket = bucketOf(value);
        expect(bucketStartUs(bucket)).toBeLessThanOrEqual(value * 1.000001);
        expect(bucketStartUs(bucket + 1)).toBeGreaterThan(value * 0.999999);
      }),
    );
  });
});
