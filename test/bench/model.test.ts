import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measuredPoints, modelMarkdown, printModel } from '../../bench/growth/model.js';
import { growthAxes, type GrowthPoint } from '../../bench/growth/points.js';
import { coresBetween } from '../../bench/support/cpuSampler.js';
import { resultOf } from '../../bench/support/rounds.js';
import type { BenchFile, BenchResult } from '../../bench/support/result.js';

const measuredDetails = { 'harness, cores': 9, 'broker, cores': 9, 'resident, MB': 900 };

/** A machine on which a message costs the harness 10 µs and the broker 20 µs, and that has 100 MB. */
function resultFile(axes: typeof growthAxes): BenchFile {
  return {
    machine: {},
    rounds: 1,
    scale: 1,
    results: axes.map(({ name, points }): BenchResult => ({
      bench: name,
      unit: 'µs',
      better: 'less',
      bound: '',
      notes: [],
      results: points.map((point) => resultOf(point.name, [measured(point)], [])),
    })),
  };
}

function measured({ load: { perSecond } }: GrowthPoint) {
  return {
    figure: 10,
    details: {
      'harness, cores': 1e-3 + perSecond * 10e-6,
      'broker, cores': 1e-3 + perSecond * 20e-6,
      'resident, MB': 100,
      'achieved / target': 1,
    },
  };
}

describe('the model from result files', () => {
  it('takes the loads of all files, and tells those that it is made from', () => {
    const files = growthAxes.map((axis) => resultFile([axis]));
    const points = measuredPoints(files);
    expect(points).toHaveLength(growthAxes.flatMap((axis) => axis.points).length);
    expect(points.filter(({ fitted }) => !fitted).map(({ name }) => name)).toContain('240 s');
    expect(points.find(({ load }) => load.perSecond === 200_000)?.harness).toBeCloseTo(2.001, 3);
  });

  it('passes over benchmarks that are not about growth', () => {
    const [growth] = resultFile(growthAxes.slice(0, 1)).results;
    const other = { ...growth, bench: 'flat-out-100' } as BenchResult;
    expect(measuredPoints([{ ...resultFile([]), results: [other] }])).toEqual([]);
  });

  it('meets what was held out where the machine is as it takes it to be', () => {
    const text = modelMarkdown(measuredPoints([resultFile(growthAxes)]));
    expect(text).toMatch(/of the others harness ×1\.00 \(1\.00 – 1\.00\), broker ×1\.00 \(1\.00 – 1\.00\)/);
    expect(text).toContain('| harness | a message sent | 10 µs |');
    // 3,333.3/s at 10 µs, and what being there costs.
    expect(text).toMatch(/\| 1 \| 10,000,000 \| 3,333\/s \| 2 \| 0\.0343 /);
  });

  it('is not made from a load whose rate the broker did not hold, and says so', () => {
    const file = resultFile(growthAxes);
    const [axis] = file.results.filter(({ bench }) => bench === 'growth-partitions');
    if (axis === undefined) throw new Error('the axis has another name');
    const results = axis.results.map((result) =>
      result.name.includes('1024')
        ? resultOf(
            result.name,
            [{ figure: 1, details: { ...measuredDetails, 'achieved / target': 0.3 } }],
            [],
          )
        : result,
    );
    const others = file.results.filter(({ bench }) => bench !== 'growth-partitions');
    const text = modelMarkdown(measuredPoints([{ ...file, results: [...others, { ...axis, results }] }]));
    expect(text).toContain('did not hold the rate: 10000/s of 1 kB, 1 worker, 1024 partitions, no reader');
    expect(text).toMatch(/made from harness ×1\.00 \(1\.00 – 1\.00\)/);
  });

  it('has no load under two names, and none twice on an axis', () => {
    for (const { points } of growthAxes)
      expect(new Set(points.map(({ name }) => name)).size).toBe(points.length);
  });
});

describe('the model of files that do not suffice', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-model-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('names the benchmarks that are missing, and how they are had', () => {
    const path = join(folder, 'bench-a.json');
    writeFileSync(path, JSON.stringify(resultFile(growthAxes.slice(1))));
    expect(() => {
      printModel([path]);
    }).toThrow(
      'the model needs growth-bytes, which bench-a.json does not hold: npm run bench -- growth measures them',
    );
  });

  it('says of something else that it is no result', () => {
    const path = join(folder, 'package.json');
    writeFileSync(path, '{}');
    expect(() => {
      printModel([path]);
    }).toThrow(`${path} is no result of npm run bench`);
  });
});

describe('the cores that a process used', () => {
  const samples = [
    { atMs: 0, seconds: 1 },
    { atMs: 500, seconds: 1.1 },
    { atMs: 1000, seconds: 1.5 },
  ];

  it.each([
    ['over all', 0, 1000, 0.5],
    ['over the samples within a stretch', 400, 1100, 0.8],
  ])('%s', (_sentence, from, to, cores) => {
    expect(coresBetween(samples, from, to)).toBeCloseTo(cores, 9);
  });

  it('are not known from one sample', () => {
    expect(coresBetween(samples, 900, 1100)).toBeNaN();
    expect(coresBetween([], 0, 1)).toBeNaN();
  });
});
