import { describe, expect, it } from 'vitest';
import { outagesOf, outageShare, type WallGap } from '../../src/measure/outages.js';

const gap = (
  partition: number,
  startMs: number,
  endMs: number,
  recoveredMs: number | null = endMs,
): WallGap => ({ partition, startMs, endMs, recoveredMs });

describe('outagesOf', () => {
  it.each<
    [
      string,
      readonly WallGap[],
      [startMs: number, lengthMs: number, recovery: number | null, silent: number][],
    ]
  >([
    ['none', [], []],
    [
      'a frozen broker is one outage of all partitions and producers',
      [gap(0, 1000, 4000, 4500), gap(1, 1010, 4010, 4600), gap(0, 990, 3990, 4100)],
      [[990, 3020, 590, 2]],
    ],
    [
      'one partition that did not recover',
      [gap(0, 1000, 4000), gap(1, 1000, 4000, null)],
      [[1000, 3000, null, 2]],
    ],
    [
      'silences that follow upon each other are outages of their own',
      [gap(0, 1000, 3000), gap(1, 2900, 5000)],
      [
        [1000, 2000, 0, 1],
        [2900, 2100, 0, 1],
      ],
    ],
    [
      'a short silence within a long one is one of its own',
      [gap(0, 1000, 9000), gap(1, 2000, 3500)],
      [
        [1000, 8000, 0, 1],
        [2000, 1500, 0, 1],
      ],
    ],
  ])('%s', (_, gaps, expected) => {
    const found = outagesOf('steady', gaps, 3);
    expect(
      found.map(({ startedAt, lengthMs, recoveredAfterMs, partitions }) => [
        Date.parse(startedAt),
        lengthMs,
        recoveredAfterMs,
        partitions.silent,
      ]),
    ).toEqual(expected);
    for (const outage of found)
      expect(outage).toMatchObject({ kind: 'outage', phase: 'steady', partitions: { of: 3 } });
  });
});

describe('outageShare', () => {
  it.each<[string, readonly WallGap[], number]>([
    ['nothing', [], 0],
    ['an outage and its recovery', [gap(0, 1000, 2000, 3000)], 0.2],
    ['what overlaps counts once', [gap(0, 1000, 3000), gap(1, 2000, 4000)], 0.3],
    ['one without recovery goes on until the end', [gap(0, 9000, 9500, null)], 0.1],
    ['what lies outside does not count', [gap(0, -500, 500), gap(0, 9500, 12_000)], 0.1],
  ])('%s', (_, gaps, share) => {
    expect(outageShare(gaps, 0, 10_000)).toBeCloseTo(share);
  });
});
