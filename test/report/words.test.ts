import { describe, expect, it } from 'vitest';
import { limitResult, type EndedSearch } from '../../src/measure/searchVerdict.js';
import { searchText } from '../../src/report/searchWords.js';
import { expectationWords, findingText, noteTexts, withWords } from '../../src/report/words.js';
import type { Finding, FindingOf } from '../../src/results/findings.js';
import type { SearchResult } from '../../src/results/runFolder.js';
import type { ExpectationResult } from '../../src/results/values.js';
import { readExpectation } from '../../src/scenario/expectationSyntax.js';
import { expectationOf, soundResult } from '../results/sound.js';

const late: FindingOf<'lateHarness'> = {
  kind: 'lateHarness',
  phase: 'steady',
  invalidates: true,
  because: 'harness',
  lagP99Us: 120_600,
  limitUs: 50_000,
  responseP99Us: 5_500_000,
  late: 300,
  messages: 10_000,
};
const outage: FindingOf<'outage'> = {
  kind: 'outage',
  phase: 'steady',
  startedAt: '2026-11-28T06:03:00.250Z',
  lengthMs: 3021,
  recoveredAfterMs: 840,
  partitions: { silent: 4, of: 4 },
};
const failed = (code: number, name: string, count = 12): Finding => ({
  kind: 'messagesFailed',
  phase: 'steady',
  error: { code, name },
  count,
});

describe('findingText', () => {
  it.each<[Finding, string]>([
    [
      late,
      'phase steady: 300 of 10,000 messages were handed over more than 50.0 ms after they were due (p99 121 ms)',
    ],
    [
      { ...late, invalidates: false, because: 'immaterial' },
      'phase steady: 300 of 10,000 messages were handed over more than 50.0 ms after they were due (p99 121 ms), which is little beside a response p99 of 5.50 s',
    ],
    [
      { kind: 'clientQueueFull', phase: 'steady', invalidates: false, share: 0.25 },
      "phase steady: the client's queue was full for 25 % of the time: the broker did not keep up",
    ],
    [
      { kind: 'unsentMessages', phase: 'steady', invalidates: true, unsent: 10, scheduled: 1000 },
      'phase steady: 10 of 1,000 messages were not sent in time, and the broker was not the reason',
    ],
    [
      { kind: 'groupUnseen', group: 'mine' },
      'nothing is known of the group mine: its offsets could not be read even once',
    ],
    [
      { kind: 'groupNeverCommitted', group: 'mine', uncommitted: 2000, membersMax: 4 },
      'the group mine committed none of 2,000 messages, although it had 4 members: what a consumer reads without committing cannot be seen',
    ],
    [
      { kind: 'groupNeverCommitted', group: 'mine', uncommitted: 1, membersMax: 0 },
      'the group mine committed none of 1 message: it had no members; is its id right, and does it run? A share group has no committed offsets',
    ],
    [
      { kind: 'groupNeverCommitted', group: 'mine', uncommitted: 0, membersMax: 0 },
      'the group mine has no members and has committed nothing on this topic: is its id right, and does it run?',
    ],
    [
      { kind: 'groupWithoutMembers', group: 'mine', withoutMembers: 60, seconds: 60 },
      'the group mine had no members that can be seen: its consumers assign their partitions themselves, or are a Kafka Streams application of the streams protocol, or none was running',
    ],
    [
      {
        kind: 'messagesUncommitted',
        ...{ fails: true, group: 'mine', uncommitted: 505, committed: 9495, drainSeconds: 60 },
      },
      'the group mine had not committed 505 of 10,000 messages when the drain of 60 s was over',
    ],
    [
      { kind: 'offsetsBeyondEnd', group: 'mine', partitions: [{ partition: 3, messages: 900 }] },
      'the group mine has committed offsets beyond the end of partition 3: they are of an older topic of this name, so it is not known what it read',
    ],
    [
      {
        kind: 'offsetsMovedBack',
        group: 'mine',
        partitions: [3, 4].map((partition) => ({ partition, messages: 900 })),
      },
      'the committed offsets of the group mine went back in partitions 3 and 4, by 1,800 messages: it was reset, or commits overtook each other',
    ],
    [
      {
        kind: 'lagGrew',
        phase: 'steady',
        backlog: { group: 'mine', offeredPerSecond: 667, readPerSecond: 500, grows: true },
        ...{ lagMessages: 10_020, lagSeconds: 15.03 },
      },
      'phase steady: the group mine fell back all the time: it committed 500/s of 667/s, and was 10,020 messages (15.0 s) behind at its end',
    ],
    [
      { kind: 'groupWithoutMembers', group: 'mine', withoutMembers: 12, seconds: 60 },
      'the group mine had no members for 12.0 s of the 1 min 00 s of the load',
    ],
    [
      { kind: 'groupStoodStill', group: 'mine', times: 1, longestSeconds: 24, usualSeconds: null },
      'the group mine committed nothing for 24.0 s while messages waited',
    ],
    [
      { kind: 'groupStoodStill', group: 'mine', times: 3, longestSeconds: 24, usualSeconds: 5 },
      'the group mine committed nothing for up to 24.0 s while messages waited, 3 times; it commits each 5.00 s otherwise',
    ],
    [
      { kind: 'groupRebalanced', group: 'mine', rebalances: 1 },
      'the group mine rebalanced once during the run: it reads little while it does',
    ],
    [
      failed(10, 'MSG_SIZE_TOO_LARGE'),
      "phase steady: 12 messages were larger than the topic accepts (MSG_SIZE_TOO_LARGE); raise the topic's max.message.bytes, or the broker's message.max.bytes (broker up sets 10,000,000)",
    ],
    [
      failed(-192, '_MSG_TIMED_OUT', 1),
      'phase steady: 1 message was not acknowledged in time (delivery.timeout.ms) (_MSG_TIMED_OUT)',
    ],
    [failed(77, 'SOMETHING_NEW'), 'phase steady: 12 messages were not delivered (SOMETHING_NEW)'],
    [
      outage,
      'phase steady: an outage of 3.0s from 06:03:00.250 UTC: no acknowledgement though messages were in flight; responses were as fast as before 0.84s later',
    ],
    [
      { ...outage, recoveredAfterMs: null, partitions: { silent: 1, of: 3 } },
      'phase steady: an outage of 3.0s from 06:03:00.250 UTC: no acknowledgement in 1 of 3 partitions though messages were in flight; no recovery was seen',
    ],
    [
      { kind: 'freshBroker', broker: '1', ageSeconds: 9.04 },
      'the broker 1 had started 9.0s before the first measured phase: its JVM was not warm yet, and a warm broker is faster',
    ],
    [
      {
        kind: 'machineLoad',
        phase: 'steady',
        cores: 2,
        otherCores: 1.52,
        idleCores: 0,
        loadAverage: 11.04,
        cpuWaitShare: 0.9,
        withoutBrokers: true,
      },
      "phase steady: other programs used 1.5 of this machine's 2 cores, and 0.0 were idle (load average 11.0; programs waited for a core in 90 % of the time): results may be worse than on a quiet machine",
    ],
  ])('%#', (finding, text) => {
    expect(findingText(finding)).toBe(text);
  });
});

describe('noteTexts', () => {
  it('leaves out what the self-check says', () => {
    expect(noteTexts([late, failed(77, 'SOMETHING_NEW')])).toEqual([
      'phase steady: 12 messages were not delivered (SOMETHING_NEW)',
    ]);
  });

  it('sums up many outages of a phase', () => {
    expect(noteTexts([outage, outage, outage])).toHaveLength(3);
    expect(noteTexts([outage, outage, { ...outage, lengthMs: 5000 }, outage])).toEqual([
      'phase steady: 4 outages, 14.1s in all, in which partitions got no acknowledgement though messages were in flight; the longest 5.0s from 06:03:00.250 UTC',
    ]);
  });
});

describe('a reason of a verdict', () => {
  const unread: FindingOf<'messagesUnread'> = {
    kind: 'messagesUnread',
    group: 'readers',
    lost: 500,
    unmeasured: 0,
    behind: 500,
    drainSeconds: 2,
  };
  const late = 'late: the group was 500 messages behind when the drain of 2 s was over';

  it.each<[Finding, string]>([
    [unread, `500 acknowledged messages were not read by the group readers (${late})`],
    [
      { ...unread, unmeasured: 20 },
      `500 acknowledged messages, 20 of them not measured, were not read by the group readers (${late})`,
    ],
    [
      { ...unread, behind: 600, drainSeconds: null },
      '500 acknowledged messages were not read by the group readers (late: the group was 600 messages behind when the run was interrupted)',
    ],
    [
      { ...unread, lost: 3, behind: 0 },
      '3 acknowledged messages were not read by the group readers (missing: the group had read to the end of the stream)',
    ],
    [
      { ...unread, lost: 5, behind: 2 },
      '5 acknowledged messages were not read by the group readers (the group was 2 messages behind when the drain of 2 s was over: the other 3 are missing)',
    ],
    [
      { ...unread, behind: null },
      '500 acknowledged messages were not read by the group readers (it is not known how far behind the group was)',
    ],
    [
      {
        kind: 'deliveryFailed',
        count: 10,
        errors: [{ error: { code: 10, name: 'MSG_SIZE_TOO_LARGE' }, count: 10 }],
      },
      "10 messages failed: 10 larger than the topic accepts (MSG_SIZE_TOO_LARGE); raise the topic's max.message.bytes, or the broker's message.max.bytes (broker up sets 10,000,000)",
    ],
    [{ kind: 'deliveryFailed', count: 2, errors: [] }, '2 messages failed'],
    [
      { kind: 'expectationFailed', expectation: expectationOf({ default: true }) },
      'expected lost == 0 (the default), found no sample',
    ],
    [
      { kind: 'runTooLong', limitSeconds: 60 },
      'the run took longer than its limits.deadline of 60 s and was ended',
    ],
  ])('%#', (finding, text) => {
    expect(findingText(finding)).toBe(text);
  });
});

describe('partitions that are slow', () => {
  const slow = (partitions: readonly number[]): string =>
    findingText({
      kind: 'slowPartitions',
      ...{ group: 'mine', groupId: 'lasair-test', of: 400 },
      partitions: partitions.map((partition) => ({
        ...{ partition, waitSeconds: 14.2, maxLag: 1210, maxLagSeconds: null },
      })),
      others: { waitSeconds: 0.6, maxLag: 12 },
    });

  it('are named with how long alerts wait there', () => {
    expect(slow([1, 5])).toBe(
      'the group mine is slow in partitions 1 and 5 of 400: alerts wait 14.2 s there on average until they are committed, ' +
        'and 600 ms in the others; up to 1,210 messages against 12 (kafka-consumer-groups --describe --group lasair-test names the member)',
    );
  });

  it.each<[readonly number[], string]>([
    [[7], 'in partition 7 of 400:'],
    [[7, 8], 'in partitions 7 and 8 of 400:'],
    [[0, 3, 16, 17, 18], 'in partitions 0, 3 and 16–18 of 400:'],
    [
      Array.from({ length: 100 }, (_, index) => 4 * index + 2),
      'in partitions 2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46 and 88 more of 400:',
    ],
  ])('are named in short: %j', (partitions, text) => {
    expect(slow(partitions)).toContain(text);
  });
});

describe('the result of a search', () => {
  const found: EndedSearch = {
    kind: 'found',
    bracket: { held: 1351.35, failed: 1378 },
    confirmed: 3,
    harnessPerSecond: undefined,
    contradictions: [],
  };
  const moved = { probes: 17, ratePerSecond: 1600, now: 'lower' as const };
  const searchOf = (change: Partial<EndedSearch>): SearchResult => ({
    phase: 'limit',
    conditions: ['response.p99 < 100ms', 'lost == 0'],
    holdSeconds: 10,
    settleSeconds: 3,
    precision: 0.02,
    figuresOf: [],
    commitIntervals: [],
    probes: [],
    result: limitResult({ ...found, ...change }, { confirm: 3, meanBytes: 80_000 }),
  });

  it.each<[string, Partial<EndedSearch>, string]>([
    [
      'found',
      {},
      "1,351 alerts/s is the highest rate that holds response.p99 < 100ms, lost == 0 for 10 s: it held 3 of 3 times, 1,378 alerts/s failed; 5.00 times Rubin's average (10,000 alerts each 37 s: 270.27/s), 108.1 MB/s",
    ],
    [
      'moved and found',
      { contradictions: [moved] },
      'the limit moved once during the search (after 17 probes lower than 1,600 alerts/s)',
    ],
    [
      'the upper end',
      { kind: 'at-least', bracket: { held: 2000, failed: undefined } },
      'at least 2,000 alerts/s, the end of the range',
    ],
    [
      'below',
      { kind: 'below', confirmed: 0, bracket: { held: undefined, failed: 50 } },
      'not even 50.0 alerts/s, the lowest rate of the range, holds',
    ],
    [
      'harness',
      { kind: 'harness', confirmed: 0, harnessPerSecond: 3200, bracket: { held: 1600, failed: undefined } },
      'the load generator was the limit at 3,200 alerts/s, so the limit of brokers and consumers was not found: 1,600 alerts/s held',
    ],
    [
      'unstable',
      {
        kind: 'unstable',
        confirmed: 0,
        bracket: { held: 900, failed: 1600 },
        contradictions: [moved, moved],
      },
      'there is no stable limit for response.p99 < 100ms, lost == 0 for 10 s: between 900 alerts/s and 1,600 alerts/s, the limit moved 2 times',
    ],
    [
      'unfinished',
      { kind: 'unfinished', confirmed: 0, bracket: { held: undefined, failed: 7.5 } },
      'the search did not come to its end: nothing held, 7.50 alerts/s failed',
    ],
  ])('has a sentence for: %s', (_, change, text) => {
    expect(searchText(searchOf(change))).toContain(text);
  });

  it('says beside a limit that a group stood still: a probe may lie between two of its pauses', () => {
    const still = { group: 'mine', longestSeconds: 24, usualSeconds: 5, times: 3 };
    const found = searchOf({ kind: 'found', confirmed: 3, bracket: { held: 900, failed: 1000 } });
    expect(searchText(found, [{ kind: 'groupStoodStill', ...still }])).toMatch(
      /; but mine stood still 3 times, for up to 24\.0s: this holds only between such pauses$/,
    );
  });
});

describe('withWords', () => {
  it('has a sentence for each finding that decides, in the same order', () => {
    const expectation = expectationOf({});
    const { reasons, selfCheck } = withWords({
      ...soundResult,
      verdict: 'failed',
      findings: [failed(77, 'SOMETHING_NEW'), late, { kind: 'expectationFailed', expectation }],
    });
    expect(reasons).toEqual([findingText(late), 'expected lost == 0, found no sample']);
    expect(selfCheck).toEqual([{ invalidates: true, text: findingText(late) }]);
  });
});

describe('expectationWords', () => {
  const of = (key: string, value: string, scope?: ExpectationResult['scope']): ExpectationResult => {
    const reading = readExpectation(key, value);
    if (!reading.ok) throw new Error(reading.message);
    const { metric, operator, value: limit, unit } = reading.expectation;
    return expectationOf({ metric, operator, limit, unit, ...(scope === undefined ? {} : { scope }) });
  };

  it.each<[string, string, string]>([
    ['ack.p99', '< 50ms', 'The 99th percentile of the acknowledgement time is below 50 ms'],
    ['endToEnd.max', '< 2s', 'The longest end-to-end time is below 2 s'],
    ['lost', '0', 'The number of messages acknowledged and not read is exactly 0'],
    ['achievedRate', '>= 99%', 'The achieved rate is at least 99 % of the target'],
    ['achievedRate', '>= 100000/s', 'The achieved rate is at least 100,000/s'],
    ['throughput', '> 50MB/s', 'The throughput is above 50 MB/s'],
    ['broker.cpuCores', '< 1.5cores', 'The CPU of the busiest broker is below 1.5 cores'],
  ])('%s %s', (key, value, words) => {
    expect(expectationWords(of(key, value))).toBe(words);
  });

  it('names the phase or the consumer group', () => {
    const phase = { kind: 'phase', name: 'steady' } as const;
    expect(expectationWords(of('response.p999', '<= 1s', phase))).toBe(
      'Phase steady: the 99.9th percentile of the response time is at most 1 s',
    );
    expect(expectationWords(of('endToEnd.p99', '< 1s', { kind: 'group', name: 'fast' }))).toBe(
      'Consumer group fast: the 99th percentile of the end-to-end time is below 1 s',
    );
  });

  it('leaves a metric of a later version as it was written', () => {
    const later = expectationOf({ expect: 'unheardOf < 3', metric: 'unheardOf' });
    expect(expectationWords(later)).toBe('unheardOf < 3');
  });
});
