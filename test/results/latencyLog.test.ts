import fc from 'fast-check';
import { HistogramLogReader, type Histogram } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { hlogHead, hlogLine } from '../../src/results/latencyLog.js';
import { LatencyHistogram } from '../../src/measure/latency.js';
import { latencyNames } from '../../src/scenario/metricNames.js';

const startMs = Date.UTC(2026, 10, 24, 9, 42, 7, 444);

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram.histogram;
}

function intervalsIn(log: string): Histogram[] {
  const reader = new HistogramLogReader(log);
  const intervals: Histogram[] = [];
  for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram()) {
    intervals.push(one);
  }
  return intervals;
}

describe('the head of latency.hlog', () => {
  const lines = hlogHead(startMs).split('\n');

  it('says units, version of the format, start time and legend, a line each and none of them empty', () => {
    expect(lines).toEqual([
      expect.stringMatching(/^#\[latencies in microseconds; .*\]$/),
      '#[Histogram log format version 1.3]',
      expect.stringMatching(/^#\[StartTime: 1795513327\.444 \(seconds since epoch\), .*\]$/),
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
      '',
    ]);
  });

  it('gives the start time to readers', () => {
    const reader = new HistogramLogReader(hlogHead(startMs));
    expect(reader.nextIntervalHistogram()).toBeNull();
    expect(reader.startTimeSec).toBe(startMs / 1000);
  });
});

describe('a line of latency.hlog', () => {
  it('has tag, start, length, and the largest value in milliseconds', () => {
    const line = hlogLine('ack', histogramOf([100, 2000]), 1.5, 2.75);
    expect(line).toMatch(/^Tag=ack,1\.500,1\.250,2\.000,HISTF[\w+/=]+\n$/);
  });

  it('is read back with the same counts and percentiles, by tag and time', () => {
    const values = fc.array(fc.integer({ min: 0, max: 3_600_000_000 }), { minLength: 1, maxLength: 50 });
    const interval = fc.record({ latency: fc.constantFrom(...latencyNames), values });
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), (intervals) => {
        const written = intervals.map(({ latency, values: some }) => ({
          latency,
          histogram: histogramOf(some),
        }));
        const lines = written.map(({ latency, histogram }, at) => hlogLine(latency, histogram, at, at + 1));
        const read = intervalsIn(hlogHead(startMs) + lines.join(''));
        expect(read.map(({ tag }) => tag)).toEqual(intervals.map(({ latency }) => latency));
        read.forEach((histogram, at) => {
          const original = written[at]?.histogram;
          expect(histogram.startTimeStampMsec).toBe(startMs + at * 1000);
          expect(histogram.endTimeStampMsec).toBe(startMs + (at + 1) * 1000);
          expect(histogram.totalCount).toBe(original?.totalCount);
          for (const percentile of [0, 50, 90, 99, 99.9, 100]) {
            expect(histogram.getValueAtPercentile(percentile)).toBe(
              original?.getValueAtPercentile(percentile),
            );
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  it('is read back by its tag alone, as tools for one latency do', () => {
    const log =
      hlogHead(startMs) +
      hlogLine('ack', histogramOf([5, 6]), 0, 1) +
      hlogLine('endToEnd', histogramOf([7]), 0, 1) +
      hlogLine('ack', histogramOf([8]), 1, 2);
    const acks = intervalsIn(log).filter(({ tag }) => tag === 'ack');
    const counts = acks.map(({ totalCount }) => totalCount);
    expect(counts).toEqual([2, 1]);
  });
});
