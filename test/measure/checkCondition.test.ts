import type { CatchUp } from '../../src/results/runFolder.js';
import { describe, expect, it } from 'vitest';
import { checkCondition, type Condition, type Measured } from '../../src/measure/checkCondition.js';
import { rateOf } from '../../src/results/averages.js';
import { metrics } from '../../src/scenario/metricNames.js';
import { soundCounts, soundLatency, soundRate } from '../results/sound.js';

const measured: Measured = {
  counts: soundCounts,
  rate: soundRate,
  latency: soundLatency,
  broker: {
    '1': { cpuCores: 0.5, handlerIdle: 0.9, networkIdle: 0.99 },
    '2': { cpuCores: 1.5, handlerIdle: 0.4, networkIdle: 0.95 },
  },
};

function condition(
  metric: string,
  operator: Condition['operator'],
  value: number,
  unit: Condition['unit'],
): Condition {
  return { metric, phase: undefined, operator, value, unit, text: `${metric} ${operator} ${value}` };
}

describe('checkCondition', () => {
  it.each<[Condition['operator'], number, boolean]>([
    ['<', 5001, true],
    ['<', 5000, false],
    ['<=', 5000, true],
    ['<=', 4999, false],
    ['>', 4999, true],
    ['>', 5000, false],
    ['>=', 5000, true],
    ['>=', 5001, false],
    ['==', 5000, true],
    ['==', 5001, false],
  ])('holds ack.p99 = 5000 µs against %s %d: %s', (operator, value, passed) => {
    const result = checkCondition(condition('ack.p99', operator, value, 'microseconds'), measured);
    expect(result).toEqual({
      expect: `ack.p99 ${operator} ${value}`,
      metric: 'ack.p99',
      scope: { kind: 'run' },
      operator,
      limit: value,
      unit: 'microseconds',
      actual: 5000,
      passed,
    });
  });

  it.each<[string, string, Condition['unit'], number, number]>([
    ['a percentile of another latency', 'response.p999', 'microseconds', 9900, 9900],
    ['a mean', 'ack.mean', 'microseconds', 911.25, 911.25],
    ['a count', 'lost', 'count', 0, 0],
    ['a rate as a part of its target', 'achievedRate', 'fraction', 0.99, 0.99],
    ['a rate as such', 'achievedRate', 'perSecond', 990, 990],
    ['the throughput', 'throughput', 'bytesPerSecond', 83e6, 83e6],
    ['the CPU of the busiest broker', 'broker.cpuCores', 'cores', 1.5, 1.5],
    ['the idle time of the busiest broker', 'broker.handlerIdle', 'fraction', 0.4, 0.4],
  ])('looks at %s', (_, metric, unit, value, actual) => {
    expect(checkCondition(condition(metric, '==', value, unit), measured)).toMatchObject({
      actual,
      passed: true,
    });
  });

  const withoutTarget: Measured = {
    ...measured,
    rate: rateOf({ acked: 990, bytes: 83e6, seconds: 1, planned: null }),
  };
  const nothingDue: Measured = {
    ...measured,
    rate: rateOf({ acked: 0, bytes: 0, seconds: 1, planned: { messages: 0, seconds: 1 } }),
  };
  const nobodyRead: Measured = {
    ...measured,
    counts: { ...soundCounts, consumed: null, lost: null, duplicated: null, outOfOrder: null },
  };

  it.each<[string, Condition, Measured | undefined]>([
    ['a latency that was not measured', condition('endToEnd.p99', '<', 1e9, 'microseconds'), measured],
    ['a count of what nobody read', condition('lost', '==', 0, 'count'), nobodyRead],
    ['a part of a target where there is none', condition('achievedRate', '>=', 0, 'fraction'), withoutTarget],
    ['a part of nothing', condition('achievedRate', '>=', 0, 'fraction'), nothingDue],
    [
      'a figure that no broker told',
      condition('broker.cpuCores', '<', 9, 'cores'),
      { ...measured, broker: null },
    ],
    ['a phase that did not run', condition('ack.p99', '<', 1e9, 'microseconds'), undefined],
    ['a metric that does not exist', condition('ack.p42', '<', 1e9, 'microseconds'), measured],
    ['a count that does not exist', condition('found', '==', 0, 'count'), measured],
  ])('fails without a sample: %s', (_, one, of) => {
    expect(checkCondition(one, of)).toMatchObject({
      expect: one.text,
      unit: one.unit,
      actual: null,
      passed: false,
    });
  });

  it('compares a rate as such also where there is no target', () => {
    const result = checkCondition(condition('achievedRate', '>=', 900, 'perSecond'), withoutTarget);
    expect(result).toMatchObject({ actual: 990, passed: true });
  });

  it('finds every metric that a scenario can name', () => {
    const all: Measured = {
      ...measured,
      limit: { ratePerSecond: 500, isLowerBound: false },
      catchUps: [caughtUp(20, 3000)],
      latency: { ...soundLatency, endToEnd: soundLatency.ack },
    };
    for (const [metric, units] of metrics) {
      for (const unit of units) {
        expect(checkCondition(condition(metric, '>=', 0, unit), all), metric).toMatchObject({ passed: true });
      }
    }
  });

  it('takes the slowest group of a catch-up, and fails where one did not catch up', () => {
    const catchUps = [caughtUp(20, 3000), caughtUp(30, 2000)];
    const took = condition('catchUp.seconds', '<', 25e6, 'microseconds');
    expect(checkCondition(took, { ...measured, catchUps })).toMatchObject({ passed: false, actual: 30e6 });
    const rate = condition('catchUp.drainRate', '>=', 2000, 'perSecond');
    expect(checkCondition(rate, { ...measured, catchUps })).toMatchObject({ passed: true, actual: 2000 });
    const never = [...catchUps, caughtUp(null, 10)];
    expect(checkCondition(took, { ...measured, catchUps: never })).toMatchObject({
      passed: false,
      actual: null,
    });
  });
});

function caughtUp(seconds: number | null, drainPerSecond: number): CatchUp {
  return {
    ...{
      phase: 'drain',
      backlog: { phases: [], messages: 1, bytes: 1 },
      whilePerSecond: null,
      compared: null,
    },
    groups: [
      {
        ...{ name: 'mine', own: true, behind: 1, readEarly: 0, read: 1, startSeconds: 1, leftBehind: 0 },
        ...{ seconds, drainPerSecond, drainBytesPerSecond: null },
      },
    ],
  };
}
