import { describe, expect, it } from 'vitest';
import type { Pacing, VisitsPacing } from '../../src/schedule/pacing.js';
import { figuresOf, warmupPacing } from '../../src/schedule/phaseFigures.js';

const second = 1e9;
const recorded = { alerts: 20_000, spanUs: 99_000_000 };

const visits: VisitsPacing = {
  kind: 'visits',
  cadenceNs: 37 * second,
  burstNs: 3 * second,
  detectors: 189,
  size: { kind: 'fixed', alerts: 9000 },
  visits: 3,
  seed: 1,
};

const rows: [string, Pacing, number | undefined, number, number | undefined][] = [
  ['a constant rate', { kind: 'constant', ratePerSecond: 500, durationNs: 30 * second }, 15_000, 30, 500],
  ['a ramp upwards', ramp(100, 5000, 120), 306_000, 120, 5000],
  ['a ramp downwards, which is fastest at its start', ramp(5000, 0, 120), 300_000, 120, 5000],
  [
    'stairs',
    { kind: 'stairs', fromPerSecond: 500, toPerSecond: 4000, steps: 8, durationNs: 240 * second },
    540_000,
    240,
    4000,
  ],
  ['visits, whose peak is searched for', { ...visits, burstNs: 1e6 }, 27_000, 111, 9000],
  [
    'flat out, which knows neither count nor peak',
    { kind: 'max', durationNs: 30 * second },
    undefined,
    30,
    undefined,
  ],
  ['the recorded times once', recordedAt(1, 1), 20_000, 99, 20_000 / 99],
  ['the recorded times twice as fast', recordedAt(2, 1), 20_000, 49.5, 40_000 / 99],
  ['two passes with a second between them', recordedAt(1, 2), 40_000, 199, 40_000 / 199],
];

describe('figuresOf', () => {
  it.each(rows)('gives messages, time and peak of %s', (_, pacing, count, seconds, peak) => {
    const figures = figuresOf(pacing, recorded);
    expect(figures.count).toBe(count);
    expect(figures.durationNs / second).toBeCloseTo(seconds, 9);
    if (peak === undefined) expect(figures.peakPerSecond).toBeUndefined();
    else expect(figures.peakPerSecond).toBeCloseTo(peak, 6);
  });

  it('takes a reservoir with one alert, or with none, for a second at least', () => {
    expect(figuresOf(recordedAt(1, 1), { alerts: 1, spanUs: 0 })).toEqual({
      count: 1,
      durationNs: 0,
      dueNs: 0,
      peakPerSecond: 1,
    });
    expect(figuresOf(recordedAt(1, 1), { alerts: 0, spanUs: 0 }).peakPerSecond).toBe(0);
  });
});

describe('warmupPacing', () => {
  it.each<[string, Pacing, number]>([
    ['a constant rate, with it', { kind: 'constant', ratePerSecond: 500, durationNs: 30 * second }, 500],
    ['a ramp, with its first rate', ramp(100, 5000, 120), 100],
    ['a ramp from nothing, with one message a second', ramp(0, 5000, 120), 1],
    [
      'stairs, with the first step',
      { kind: 'stairs', fromPerSecond: 500, toPerSecond: 4000, steps: 8, durationNs: 240 * second },
      500,
    ],
    ['visits, with their mean', visits, 27_000 / 111],
    ['recorded times, with their mean', recordedAt(1, 1), 20_000 / 99],
    [
      'a rate below one, with one message a second',
      { kind: 'constant', ratePerSecond: 0.1, durationNs: 30 * second },
      1,
    ],
  ])('warms up for %s', (_, first, ratePerSecond) => {
    const warmup = warmupPacing(first, 5 * second, recorded);
    expect(warmup).toMatchObject({ kind: 'constant', durationNs: 5 * second });
    if (warmup.kind === 'constant') expect(warmup.ratePerSecond).toBeCloseTo(ratePerSecond, 9);
  });

  it('warms up flat out for a phase that goes flat out', () => {
    expect(warmupPacing({ kind: 'max', durationNs: 30 * second }, 5 * second, recorded)).toEqual({
      kind: 'max',
      durationNs: 5 * second,
    });
  });
});

function ramp(fromPerSecond: number, toPerSecond: number, seconds: number): Pacing {
  return { kind: 'ramp', fromPerSecond, toPerSecond, durationNs: seconds * second };
}

function recordedAt(speed: number, passes: number): Pacing {
  return { kind: 'recorded', speed, passes, rewrite: false };
}
