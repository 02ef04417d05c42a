import { describe, expect, it } from 'vitest';
import type { Condition, Measured } from '../../src/measure/checkCondition.js';
import type { PhaseHealth } from '../../src/measure/selfCheck.js';
import { soundCounts, soundLatency, soundRate } from '../results/sound.js';
import { probeFindingText } from '../../src/report/words.js';
import { judgeProbe } from '../../src/measure/searchVerdict.js';

const limits = { scheduleLagP99Us: 50_000, eventLoopDelayP99Us: 100_000 };
const condition = (
  metric: string,
  value: number,
  unit: Condition['unit'],
  operator: Condition['operator'] = '<',
): Condition => ({
  metric,
  phase: undefined,
  operator,
  value,
  unit,
  text: `${metric} ${operator} ${value}`,
});
const quick = condition('response.p99', 10_000, 'microseconds');
const tooQuick = condition('response.p99', 1000, 'microseconds');
const measured: Measured = {
  counts: soundCounts,
  rate: soundRate,
  latency: soundLatency,
  lagMessages: 500,
};
const sound: PhaseHealth = {
  phase: 'limit',
  scheduleLag: soundLatency.scheduleLag,
  response: soundLatency.response,
  late: 0,
  scheduled: 1000,
  sent: 1000,
  outageShare: 0,
  endedEarly: false,
  producers: [],
};
const late: PhaseHealth = { ...sound, scheduleLag: { ...sound.scheduleLag, p99: 120_000 }, late: 30 };
const pushedBack: PhaseHealth = {
  ...late,
  producers: [
    {
      worker: 'w',
      eventLoopDelayP99Us: 0,
      queueFullShare: 0.5,
      queueFullSeconds: 5,
      eventLoopUtilization: 0.5,
    },
  ],
};

describe('judgeProbe', () => {
  it.each<
    [string, readonly Condition[], Partial<Measured['counts']>, PhaseHealth, string, RegExp | undefined]
  >([
    ['holds where the conditions hold', [quick], {}, sound, 'held', undefined],
    [
      'holds where they hold although the harness was late: that makes nothing faster',
      [quick],
      {},
      late,
      'held',
      undefined,
    ],
    [
      'fails where one does not hold',
      [quick, tooQuick],
      {},
      sound,
      'failed',
      /response\.p99 < 1000 did not hold: 5\.30 ms/,
    ],
    ['says nothing of the broker where the harness was late', [tooQuick], {}, late, 'harness', /lateHarness/],
    [
      'fails where the harness was late because the broker pushed back',
      [tooQuick],
      {},
      pushedBack,
      'failed',
      /5\.30 ms/,
    ],
    [
      'fails where messages failed, whatever the conditions',
      [quick],
      { failed: 2 },
      late,
      'failed',
      /2 messages failed/,
    ],
    [
      'does not hold where messages were not sent',
      [quick],
      { unsent: 3 },
      sound,
      'failed',
      /3 messages were not sent/,
    ],
    [
      'blames the harness for messages that were not sent where nothing pushed back',
      [quick],
      { unsent: 3 },
      { ...sound, sent: 997 },
      'harness',
      /unsentMessages/,
    ],
    [
      'compares a lag with a number of messages',
      [condition('lag', 499, 'count')],
      {},
      sound,
      'failed',
      /lag < 499 did not hold: 500/,
    ],
    [
      'compares a lag with a time, at the rate that is tried',
      [condition('lag', 600_000, 'microseconds')],
      {},
      sound,
      'held',
      undefined,
    ],
    [
      'takes 500 messages at 1,000/s for half a second',
      [condition('lag', 500_000, 'microseconds')],
      {},
      sound,
      'failed',
      /500000/,
    ],
  ])('%s', (_, conditions, counts, health, outcome, why) => {
    const judged = judgeProbe(conditions, { ...measured, counts: { ...soundCounts, ...counts } }, health, {
      selfCheck: limits,
      purpose: 'broker',
    });
    expect(judged.outcome).toBe(outcome);
    const said = judged.findings.map((one) => `${one.kind}: ${probeFindingText(one)}`);
    if (why === undefined) expect(said).toEqual([]);
    else expect(said.join('; ')).toMatch(why);
  });

  it.each([
    ['broker', 200_000, 'harness'],
    ['consumers', 200_000, 'failed'],
    // Without the harness's lateness it might have held.
    ['consumers', 450_000, 'harness'],
  ] as const)(
    'in a test of a %s, with a lag of 500 ms against %i µs and messages 120 ms late: %s',
    (...row) => {
      const [purpose, limitUs, outcome] = row;
      const isLate: PhaseHealth = { ...late, scheduleLag: { ...late.scheduleLag, max: 120_000 } };
      const lag = condition('lag', limitUs, 'microseconds');
      expect(judgeProbe([lag], measured, isLate, { selfCheck: limits, purpose }).outcome).toBe(outcome);
    },
  );

  it('fails a condition without a sample: nobody told of a lag', () => {
    const judged = judgeProbe([condition('lag', 9, 'count')], { ...measured, lagMessages: null }, sound, {
      selfCheck: limits,
      purpose: 'broker',
    });
    expect(judged.outcome).toBe('failed');
    expect(judged.findings.map(probeFindingText)).toEqual(['lag < 9 did not hold: no sample']);
  });
});
