import { describe, expect, it } from 'vitest';
import type { HarnessFinding, LatenessReason } from '../../src/results/findings.js';
import {
  latenessOf,
  selfCheck,
  selfCheckForConsumers,
  type ProducerHealth,
  type PhaseHealth,
} from '../../src/measure/selfCheck.js';
import type { ExpectationResult } from '../../src/results/values.js';
import { noSample } from '../results/sound.js';

const limits = { scheduleLagP99Us: 50_000, eventLoopDelayP99Us: 100_000 };

const producer: ProducerHealth = {
  worker: 'replay 1',
  eventLoopDelayP99Us: 12_000,
  queueFullShare: 0,
  queueFullSeconds: 0,
  eventLoopUtilization: 0.4,
};

/** A latency of 10,000 messages by its p50, p90 and p99, milliseconds. */
const latency = (p50: number, p90: number, p99: number, count = 10_000) => ({
  ...noSample,
  count,
  p50: p50 * 1000,
  p90: p90 * 1000,
  p99: p99 * 1000,
});

const sound: PhaseHealth = {
  phase: 'steady',
  scheduleLag: latency(0.1, 0.2, 0.3),
  response: latency(5, 8, 12),
  late: 0,
  scheduled: 10_000,
  sent: 10_000,
  outageShare: 0,
  endedEarly: false,
  producers: [producer, { ...producer, worker: 'replay 2' }],
};

/** 3 % of the messages are 120 ms late. */
const late = { scheduleLag: latency(0.1, 0.2, 120), response: latency(5, 8, 125), late: 300 };
const queueFull = { producers: [producer, { ...producer, queueFullShare: 0.25, queueFullSeconds: 5 }] };
const blocked = { producers: [{ ...producer, eventLoopDelayP99Us: 250_000 }] };
const few = (count: number, of: number) => ({
  ...late,
  scheduleLag: latency(0.1, 0.2, 120, of),
  late: count,
});

describe('latenessOf', () => {
  it.each<[string, Partial<PhaseHealth>, LatenessReason | undefined]>([
    ['nothing was late', {}, undefined],
    ['the p99 is at the limit itself', { ...late, scheduleLag: latency(0.1, 0.2, 50) }, undefined],
    ['one message in a thousand was a second late', { late: 10 }, undefined],
    ['messages were late, and the broker was quick', late, 'harness'],
    ['messages were late, and nothing was acknowledged', { ...late, response: noSample }, 'harness'],
    ['the queue was full for a quarter of the time', { ...late, ...queueFull }, 'pushedBack'],
    [
      'the queue was full for less than a hundredth',
      { ...late, producers: [{ ...producer, queueFullShare: 0.009 }] },
      'harness',
    ],
    [
      'the queue was full for 0.3 s, 2 % of the time, and messages were 3 s late',
      {
        ...{ scheduleLag: latency(0.1, 2000, 3000), response: latency(5, 2005, 3005), late: 2000 },
        producers: [{ ...producer, queueFullShare: 0.02, queueFullSeconds: 0.3 }],
      },
      'harness',
    ],
    [
      'the queue was full for 3 s, and messages were 3 s late',
      {
        ...{ scheduleLag: latency(0.1, 2000, 3000), response: latency(5, 2005, 3005), late: 2000 },
        producers: [producer, { ...producer, queueFullShare: 0.02, queueFullSeconds: 3 }],
      },
      'pushedBack',
    ],
    // 505 alerts at 3/s: six late ones are more than 1 %.
    ['9 of 505 messages were late', few(9, 505), 'fewMessages'],
    ['10 of 505 messages were late', few(10, 505), 'harness'],
    ['one of ten was late', few(1, 10), 'fewMessages'],
    ['five of ten were late', few(5, 10), 'harness'],
    ['the only message was late', few(1, 1), 'harness'],
    // A broker outage: ack p99 5.5 s beside a lag of 66 ms.
    [
      'a lag of 66 ms is little beside a response of 5.5 s',
      { ...late, scheduleLag: latency(0.1, 0.2, 66), response: latency(5, 900, 5500) },
      'immaterial',
    ],
    ['a lag is a tenth of the response', { ...late, response: latency(5, 8, 1200) }, 'immaterial'],
    ['a lag is a little more than a tenth', { ...late, response: latency(5, 8, 1199) }, 'harness'],
    [
      'a long response p99 hides no lag that makes up the median',
      { scheduleLag: latency(300, 400, 900), response: latency(305, 500, 10_000), late: 9000 },
      'harness',
    ],
    [
      'a median lag below the limit is no lateness, however quick the broker is',
      { scheduleLag: latency(20, 40, 66), response: latency(22, 900, 5500), late: 300 },
      'immaterial',
    ],
    ['an outage of 2 % of the time explains 3 % that were late', { ...late, outageShare: 0.02 }, 'outage'],
    ['an outage of 1 % of the time explains 2 % only', { ...late, outageShare: 0.01 }, 'harness'],
  ])('when %s', (_, facts, expected) => {
    expect(latenessOf({ ...sound, ...facts }, limits.scheduleLagP99Us)).toBe(expected);
  });
});

describe('selfCheck', () => {
  const lateness = (because: LatenessReason): Partial<HarnessFinding> => ({
    kind: 'lateHarness',
    because,
    invalidates: because === 'harness',
  });
  const unsent = (count: number): Partial<HarnessFinding> => ({
    kind: 'unsentMessages',
    unsent: count,
    invalidates: true,
  });
  const queue: Partial<HarnessFinding> = { kind: 'clientQueueFull', share: 0.25, invalidates: false };
  const loop = (invalidates: boolean): Partial<HarnessFinding> => ({
    kind: 'blockedEventLoop',
    worker: 'replay 1',
    delayP99Us: 250_000,
    invalidates,
  });
  it.each<[string, Partial<PhaseHealth>, Partial<HarnessFinding>[]]>([
    ['finds nothing where all was in time', {}, []],
    ['finds lateness of its own', late, [lateness('harness')]],
    [
      'leaves lateness with a full queue to the broker',
      { ...late, ...queueFull },
      [queue, lateness('pushedBack')],
    ],
    ['names a full queue also where nothing was late', queueFull, [queue]],
    ['counts what was not sent in time', { sent: 9990 }, [unsent(10)]],
    [
      'leaves what was not sent to the broker where the queue was full',
      { sent: 9990, ...queueFull },
      [queue],
    ],
    [
      'finds no fault in what was not sent where the load was ended early, as by a broker that was stopped',
      { sent: 9990, endedEarly: true },
      [],
    ],
    [
      'calls a phase that sent nothing at all its own fault, though there is no lag to look at',
      { scheduleLag: noSample, sent: 0 },
      [unsent(10_000)],
    ],
    ['finds nothing where there is no schedule', { scheduleLag: noSample, ...blocked }, []],
    ['names a loop that was blocked without harm', blocked, [loop(false)]],
    [
      'names a loop that was blocked and made messages late',
      { ...late, ...blocked },
      [lateness('harness'), loop(true)],
    ],
    ['needs no producers', { producers: [], ...late, sent: 1 }, [unsent(9999), lateness('harness')]],
  ])('%s', (_, facts, expected) => {
    const found = selfCheck([{ ...sound, ...facts }], limits);
    expect(found).toMatchObject(expected.map((finding) => ({ phase: 'steady', ...finding })));
    expect(found).toHaveLength(expected.length);
  });

  it('looks at every phase', () => {
    const found = selfCheck(
      [
        { ...sound, phase: 'one', ...late },
        { ...sound, phase: 'two', ...late },
      ],
      limits,
    );
    expect(found.map(({ phase }) => phase)).toEqual(['one', 'two']);
  });
});

describe('selfCheckForConsumers', () => {
  const expectation = (
    metric: string,
    unit: ExpectationResult['unit'],
    operator: ExpectationResult['operator'],
    limit: number,
    actual: number | null,
    phase?: string,
  ): ExpectationResult => ({
    ...{ expect: metric, metric, unit, operator, limit, actual, passed: false },
    scope: phase === undefined ? { kind: 'group', name: 'mine' } : { kind: 'phase', name: phase },
  });

  // 13 of 505 alerts at 3/s were up to 700 ms late on a busy laptop.
  it.each<[string, readonly ExpectationResult[], boolean]>([
    ['everything held', [], false],
    ['the rate was not reached', [expectation('achievedRate', 'fraction', '>=', 0.99, 0.9, 'steady')], true],
    [
      'the rate of another phase was not reached',
      [expectation('achievedRate', 'fraction', '>=', 0.99, 0.9, 'burst')],
      false,
    ],
    ['a lag of 2.5 s would have been below 2 s', [expectation('lag', 'microseconds', '<', 2e6, 2.5e6)], true],
    ['a lag of 30 s would not', [expectation('lag', 'microseconds', '<', 2e6, 30e6)], false],
    ['a lag was never seen', [expectation('lag', 'microseconds', '<', 2e6, null)], false],
    ['alerts were lost', [expectation('lost', 'count', '==', 0, 3)], false],
    [
      'too few were committed within 60 s',
      [expectation('committedWithin60s', 'fraction', '>=', 0.98, 0.5)],
      false,
    ],
  ])('is late by itself, and %s', (_, missed, invalidates) => {
    const found = selfCheck([{ ...sound, ...few(13, 505), ...blocked }], limits);
    expect(found.map((one) => one.invalidates)).toEqual([true, true]);
    expect(selfCheckForConsumers(found, missed, () => 700_000)).toMatchObject([
      { kind: 'lateHarness', invalidates, because: invalidates ? 'harness' : 'irrelevant' },
      { kind: 'blockedEventLoop', invalidates },
    ]);
  });

  it('still finds what was not sent at all', () => {
    const found = selfCheck([{ ...sound, sent: 9990 }], limits);
    expect(selfCheckForConsumers(found, [], () => 0)).toEqual(found);
  });
});
