import { describe, expect, it } from 'vitest';
import { summaryText } from '../../src/report/summaryText.js';
import { rateOf } from '../../src/results/averages.js';
import type { RunSummary } from '../../src/results/runFolder.js';
import type { ExpectationUnit } from '../../src/scenario/plan.js';
import {
  expectationOf,
  heldExpectation,
  noSample,
  soundCounts,
  soundGroup,
  soundPhase,
  soundSummary,
} from '../results/sound.js';
import { watchedGroupOf } from '../results/watched.js';
import { rowOf } from './rowOf.js';

const steady = soundPhase;

const summary: RunSummary = {
  ...soundSummary,
  counts: { ...soundCounts, scheduled: 12_345, sent: 12_340, unsent: 5, acked: 12_338, failed: 2 },
  phases: [{ ...steady, name: 'warm-up', measured: false }, steady],
  groups: [{ ...soundGroup, received: 12_338, duplicated: 1, reread: 2, outOfOrder: 3 }],
};

describe('summaryText', () => {
  it.each([
    ['late', 500, 500, 'lost 500 (500 late: it was 500 messages behind; 0 missing), duplicated'],
    ['missing', 3, 0, 'lost 3 (0 late: it was 0 messages behind; 3 missing), duplicated'],
    ['not known', 3, undefined, 'lost 3, duplicated'],
  ])(
    'tells of each group whether what it did not read was late or missing: %s',
    (_what, lost, behind, line) => {
      const [group] = summary.groups;
      if (group === undefined) throw new Error('no group');
      expect(summaryText({ ...summary, groups: [{ ...group, lost, behind }] })).toContain(line);
    },
  );

  it('has a line a broker that told its figures, with those that it told', () => {
    const broker = {
      '1': { cpuCores: 0.316, rssBytes: 525_422_123, handlerIdle: 0.9024, produceTotalMeanMs: 11.36 },
      '2': { cpuCores: 1.2 },
    };
    expect(summaryText({ ...summary, broker }).split('\n')).toEqual(
      expect.arrayContaining([
        'broker 1: 0.32 cores busy, 525 MB resident, request handlers 90.2 % idle, 11.4 ms a produce request',
        'broker 2: 1.20 cores busy',
      ]),
    );
    expect(summaryText({ ...summary, broker: null })).not.toContain('broker 1');
  });

  it('has a row a watched group, with its commits, lag and how long it took', () => {
    const group = watchedGroupOf({ uncommitted: 12, committedWithin60s: 0.975, drainSeconds: null });
    const text = summaryText({ ...summary, watchedGroups: [group] });
    expect(rowOf(text, 'mine')).toEqual([
      ...[
        'mine',
        '1,000',
        '12',
        '20',
        '90',
        '100',
        '1.80 s',
        '2.00 s',
        'never',
        '97.5 %',
        '900 ms',
        '2.10 s',
      ],
      ...['5.00 s', '4'],
    ]);
  });

  it('has no tables where no consumer came and nothing was sent', () => {
    const finding = {
      ...{ kind: 'consumerNotReady' as const, group: 'mine', members: 0, of: 1, seconds: 1, member: 1 },
      ...{ exitCode: 127, signal: null, lastLines: [], log: 'consumers/mine-1.log' },
    };
    const text = summaryText({ ...summary, verdict: 'failed', findings: [finding] });
    expect(text).toBe('FAILED: nothing was sent');
  });

  it('is about the group alone where nothing was sent', () => {
    const group = watchedGroupOf({ kind: 'watched', drainSeconds: null });
    const text = summaryText({ ...summary, phases: [], groups: [], watchedGroups: [group] });
    expect(text).not.toMatch(/scheduled|PASSED/);
    expect(text.split('\n').at(-1)).toBe(
      'The group mine was up to 100 messages (2.00 s) behind, and 0 messages at the end. It committed 1,000 messages, 100/s.',
    );
  });

  it('says of a group that was never behind no more than that', () => {
    const none = { p50: 0, p90: 0, p99: 0, max: 0, mean: 0, last: 0 };
    const group = watchedGroupOf({ kind: 'watched', lag: { messages: none, seconds: none } });
    const text = summaryText({ ...summary, phases: [], groups: [], watchedGroups: [group] });
    expect(text.split('\n').at(-1)).toBe(
      'The group mine was never behind. It committed 1,000 messages, 100/s.',
    );
  });

  it('has a row a phase, with the warm-up in brackets', () => {
    const text = summaryText(summary);
    const rates = ['1,000', '1.000 s', '990/s', '99.0 %', '83.0 MB', '83.0 MB/s'];
    const cells = [...rates, '200 µs', '700 µs', '5.00 ms', '5.30 ms', '', '0.31'];
    expect(rowOf(text, 'steady')).toEqual(['steady', ...cells]);
    expect(rowOf(text, '(warm-up)')).toEqual(['(warm-up)', ...cells]);
  });

  it.each([
    ['there is no target', null],
    ['nothing was due', { messages: 0, seconds: 1 }],
  ])('says nothing of the part of the target where %s', (_, planned) => {
    const rate = rateOf({ acked: 1000, bytes: 83e6, seconds: 1, planned });
    const text = summaryText({ ...summary, phases: [{ ...steady, rate }] });
    expect(rowOf(text, 'steady')[4]).toBe('');
  });

  it('leaves cells empty where nothing was measured', () => {
    const latency = { scheduleLag: noSample, ack: noSample, response: noSample, endToEnd: noSample };
    const harness = { cpuCores: null, rssBytesMax: 0, seconds: 0 };
    const text = summaryText({ ...summary, phases: [{ ...steady, latency, harness }] });
    expect(rowOf(text, 'steady').slice(7)).toEqual(['', '', '', '', '', '']);
  });

  it('says what sums to what, and what each group read', () => {
    const text = summaryText(summary);
    expect(text).toContain(
      'scheduled 12,345 = sent 12,340 + unsent 5; sent = acknowledged 12,338 + failed 2; ' +
        '12,338 in 1.000 s: 990/s; 83.0 MB sent: 83.0 MB/s',
    );
    expect(text).toContain('group group-1: read 12,338, lost 0, duplicated 1, read twice 2, out of order 3');
  });

  it.each<[string, string, ExpectationUnit, number | null, string]>([
    ['a latency as a time', 'ack.p99 < 50ms', 'microseconds', 5000, '(5.00 ms)'],
    ['a latency of one phase as a time', 'steady.response.p999 <= 1s', 'microseconds', 1_234_000, '(1.23 s)'],
    ['a mean as a time', 'ack.mean < 50ms', 'microseconds', 911.25, '(911 µs)'],
    ['a part of the target in percent', 'achievedRate >= 99%', 'fraction', 0.98765, '(98.77 %)'],
    ['a rate by the second', 'achievedRate >= 100000/s', 'perSecond', 123_456.7, '(123,457/s)'],
    [
      'a throughput in bytes by the second',
      'throughput > 50MB/s',
      'bytesPerSecond',
      82_912_345.6,
      '(82.9 MB/s)',
    ],
    ['a count as it is', 'lost == 0', 'count', 12, '(12)'],
    ['no sample as such', 'endToEnd.p99 < 1s', 'microseconds', null, '(no sample)'],
  ])('tells what was found of %s', (_, expected, unit, actual, found) => {
    const expectations = [expectationOf({ expect: expected, unit, actual })];
    const text = summaryText({ ...summary, expectations });
    expect(text).toContain(`FAILED  ${expected}  ${found}`);
  });

  it.each<[RunSummary['verdict'], string[], string]>([
    ['passed', [], 'PASSED: every expectation held'],
    ['failed', ['2 messages failed', '1 was lost'], 'FAILED: 2 messages failed; 1 was lost'],
    [
      'invalid',
      ['phase steady: late'],
      'INVALID: the load generator itself was the limit, so this run is inconclusive about the broker',
    ],
    ['interrupted', [], 'INTERRUPTED: the results are those until then'],
  ])('ends with the verdict: %s', (verdict, reasons, line) => {
    expect(
      summaryText({ ...summary, verdict, reasons })
        .split('\n')
        .at(-1),
    ).toBe(line);
  });

  it('tells what the harness found about itself, and which expectations held', () => {
    const text = summaryText({
      ...summary,
      selfCheck: [{ invalidates: true, text: 'phase steady: late' }],
      expectations: [heldExpectation],
    });
    expect(text).toContain('self-check: phase steady: late\nheld    lost == 0  (0)\n');
  });
});
