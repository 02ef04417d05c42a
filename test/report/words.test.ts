import { describe, expect, it } from 'vitest';
import type { Finding, FindingOf } from '../../src/results/findings.js';
import { findingText, noteTexts } from '../../src/report/words.js';

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
      'phase steady: 300 of 10,000 messages were handed over more than 50.0 ms after they were due (p99 120.6 ms)',
    ],
    [
      { ...late, invalidates: false, because: 'immaterial' },
      'phase steady: 300 of 10,000 messages were handed over more than 50.0 ms after they were due (p99 120.6 ms), which is little beside a response p99 of 5.50 s',
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
