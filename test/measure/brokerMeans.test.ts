import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valuesOf } from '../../src/compare/comparedMetrics.js';
import { phasePoints } from '../../src/outputs/influx/points.js';
import { interval as wholeInterval, summary } from '../results/runFolders.js';
import { type BrokerInterval, brokerMeansOf } from '../../src/results/averages.js';
import { timeGroups } from '../../src/report/run/timeline.js';

const interval = (
  phase: string | null,
  seconds: number,
  figures: NonNullable<BrokerInterval['broker']>[string] | null,
): BrokerInterval => ({ phase, seconds, broker: figures === null ? null : { '1': figures } });

describe('the brokers’ figures over phases', () => {
  it('weigh by the seconds that the reads span, and by the interval’s where that is not told', () => {
    const means = brokerMeansOf(
      [
        interval('steady', 1, { cpuCores: 1, spanSeconds: 3 }),
        interval('steady', 1, { cpuCores: 2, spanSeconds: 1 }),
        interval('ramp', 2, { cpuCores: 0.5 }),
        interval('ramp', 6, { cpuCores: 1.5 }),
      ],
      ['steady'],
    );
    expect(means).toEqual({ '1': { cpuCores: 1.25, spanSeconds: 4 } });
  });

  it.each<[string, readonly string[], number]>([
    ['one phase', ['steady'], 1],
    ['another', ['ramp'], 3],
    ['both', ['steady', 'ramp'], 2.5],
    ['both and one that did not run', ['steady', 'ramp', 'late'], 2.5],
  ])('are those of %s', (_, phases, cpuCores) => {
    const intervals = [interval('steady', 1, { cpuCores: 1 }), interval('ramp', 3, { cpuCores: 3 })];
    expect(brokerMeansOf(intervals, phases)).toEqual({ '1': { cpuCores } });
  });

  it('weigh the mean time of requests by their number', () => {
    const means = brokerMeansOf(
      [
        interval('p', 1, { produceTotalMeanMs: 2, produceRequestsPerSecond: 900 }),
        interval('p', 1, { produceTotalMeanMs: 12, produceRequestsPerSecond: 100 }),
        // No request, no mean.
        interval('p', 1, { produceRequestsPerSecond: 0 }),
      ],
      ['p'],
    );
    expect(means?.['1']).toEqual({ produceTotalMeanMs: 3, produceRequestsPerSecond: 1000 / 3 });
  });

  // The run that showed it: the report took the mean of intervals, 11.5 ms, where the summary had 20.8 ms.
  it('are one figure for summary, report, comparison and database', () => {
    const record = (seconds: number, requests: number, meanMs: number, cpuCores: number) =>
      wholeInterval(0, {
        seconds,
        phase: 'p',
        broker: { '1': { produceRequestsPerSecond: requests, produceTotalMeanMs: meanMs, cpuCores } },
      });
    const intervals = [record(1, 900, 22, 1.5), record(1, 100, 1, 0.5)];
    const meanMs = (900 * 22 + 100 * 1) / 1000;
    const ofSummary = brokerMeansOf(intervals, ['p']);
    expect(ofSummary?.['1']?.produceTotalMeanMs).toBeCloseTo(meanMs, 9);
    expect(timeGroups(intervals, 1).map(({ broker }) => broker)).toEqual([ofSummary]);
    const phase = { ...summary.phases[0], name: 'p', broker: ofSummary } as (typeof summary.phases)[number];
    expect(valuesOf({ ...summary, phases: [phase] }, intervals, 'p').brokerCpu).toBe(
      ofSummary?.['1']?.cpuCores,
    );
    const [point] = phasePoints({ run: 'r', scenario: 's', variant: 'none' }, { phases: [phase] });
    expect(point?.floats).toEqual(ofSummary?.['1']);
  });

  it('keep the largest percentile, since percentiles cannot be averaged', () => {
    const means = brokerMeansOf(
      [interval('p', 1, { produceTotalP99Ms: 7 }), interval('p', 9, { produceTotalP99Ms: 5 })],
      ['p'],
    );
    expect(means).toEqual({ '1': { produceTotalP99Ms: 7 } });
  });

  it('keep brokers apart', () => {
    const intervals: BrokerInterval[] = [
      { phase: 'p', seconds: 1, broker: { '1': { cpuCores: 1 }, '2': { cpuCores: 3 } } },
      { phase: 'p', seconds: 1, broker: { '2': { cpuCores: 5 } } },
    ];
    expect(brokerMeansOf(intervals, ['p'])).toEqual({ '1': { cpuCores: 1 }, '2': { cpuCores: 4 } });
  });

  it.each<[string, BrokerInterval[]]>([
    ['no interval', []],
    ['no figures', [interval('p', 1, null)]],
    ['figures outside of phases only', [interval(null, 1, { cpuCores: 1 })]],
    ['figures of another phase only', [interval('q', 1, { cpuCores: 1 })]],
  ])('are null with %s', (_, intervals) => {
    expect(brokerMeansOf(intervals, ['p'])).toBeNull();
  });

  it('lie between the smallest and the largest of their intervals', () => {
    const cpu = fc.double({ min: 0, max: 64, noNaN: true });
    const seconds = fc.double({ min: 0.001, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(seconds, cpu), { minLength: 1 }), (rows) => {
        const mean = brokerMeansOf(
          rows.map(([long, cpuCores]) => interval('p', long, { cpuCores })),
          ['p'],
        )?.['1']?.cpuCores;
        expect(mean).toBeGreaterThanOrEqual(Math.min(...rows.map(([, cores]) => cores)) - 1e-9);
        expect(mean).toBeLessThanOrEqual(Math.max(...rows.map(([, cores]) => cores)) + 1e-9);
      }),
    );
  });
});
