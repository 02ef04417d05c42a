import { describe, expect, it } from 'vitest';
import { LatencySet, MergedLatencies } from '../../src/measure/latencySet.js';
import { latenciesOf, verdictOf, type Verdict } from '../../src/measure/summary.js';
import { noSample, soundCounts } from '../results/sound.js';

type Facts = Parameters<typeof verdictOf>[0];

const sound: Facts = {
  interrupted: false,
  workersFailed: false,
  counts: soundCounts,
  expectations: [{ expect: 'lost == 0', actual: 0, passed: true }],
  selfCheck: [{ invalidates: false, text: 'the queue was full' }],
};
const interrupted = { interrupted: true };
const workersFailed = { workersFailed: true };
const failed = { counts: { ...soundCounts, failed: 1, acked: 999 } };
const lost = { counts: { ...soundCounts, lost: 1 } };
const nothing = { counts: { ...soundCounts, acked: 0, sent: 0, unsent: 1000, consumed: 0 } };
const nobodyRead = {
  counts: { ...soundCounts, consumed: null, lost: null, duplicated: null, outOfOrder: null },
};
const invalid = { selfCheck: [...sound.selfCheck, { invalidates: true, text: 'late' }] };
const missed = {
  expectations: [...sound.expectations, { expect: 'ack.p99 < 1ms', actual: 2000, passed: false }],
};

describe('verdictOf', () => {
  it.each<[string, Partial<Facts>, Verdict]>([
    ['everything held', {}, 'passed'],
    ['nothing was expected', { expectations: [], selfCheck: [] }, 'passed'],
    ['nobody read, so nothing can be lost', nobodyRead, 'passed'],
    ['an expectation did not hold', missed, 'failed'],
    ['a message failed', failed, 'failed'],
    ['an acknowledged message was not read', lost, 'failed'],
    ['nothing was acknowledged', nothing, 'failed'],
    ['a worker did not end well', workersFailed, 'failed'],
    ['the harness was the limit', invalid, 'invalid'],
    ['the harness was the limit and an expectation did not hold', { ...invalid, ...missed }, 'invalid'],
    [
      'the harness was the limit and a message was lost, which no limit excuses',
      { ...invalid, ...lost },
      'failed',
    ],
    ['the harness was the limit since a worker did not end well', { ...invalid, ...workersFailed }, 'failed'],
    ['it was interrupted', interrupted, 'interrupted'],
    [
      'it was interrupted and all else went wrong, too',
      { ...interrupted, ...workersFailed, ...lost, ...invalid, ...missed },
      'interrupted',
    ],
    ['it was interrupted before anything was acknowledged', { ...interrupted, ...nothing }, 'interrupted'],
  ])('when %s', (_, facts, verdict) => {
    expect(verdictOf({ ...sound, ...facts })).toBe(verdict);
  });
});

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
