import { describe, expect, it } from 'vitest';
import {
  isMeasurement,
  reasonsOf,
  selfCheckOf,
  verdictOf,
  type Finding,
  type FindingOf,
} from '../../src/results/findings.js';
import type { Verdict } from '../../src/results/values.js';
import { expectationOf } from './sound.js';

const queueFull: Finding = { kind: 'clientQueueFull', phase: 'steady', invalidates: false, share: 0.2 };
const outage: Finding = {
  kind: 'outage',
  phase: 'steady',
  startedAt: '2026-11-28T06:03:00.250Z',
  lengthMs: 3021,
  recoveredAfterMs: null,
  partitions: { silent: 4, of: 4 },
};
const notes: Finding[] = [queueFull, outage];
const workerFailed: Finding = {
  kind: 'workerFailed',
  worker: 'replay 1',
  shard: null,
  code: 'INTERNAL',
  message: 'the worker replay 1 died',
};
const failed: Finding = { kind: 'deliveryFailed', count: 1, errors: [] };
const unread: Finding = {
  kind: 'messagesUnread',
  group: 'group-1',
  lost: 1,
  unmeasured: 0,
  behind: 0,
  drainSeconds: 60,
};
const late: FindingOf<'unsentMessages'> = {
  kind: 'unsentMessages',
  phase: 'steady',
  invalidates: true,
  unsent: 1,
  scheduled: 100,
};
const missed: Finding = { kind: 'expectationFailed', expectation: expectationOf({}) };
const search = (outcome: FindingOf<'searchFailed'>['outcome']): Finding => ({
  kind: 'searchFailed',
  phase: 'limit',
  outcome,
});
const older = (measured: boolean): Finding => ({ kind: 'olderReason', text: 'a sentence', measured });

describe('the verdict', () => {
  it.each<[string, Verdict, Finding[], boolean]>([
    ['nothing decides', 'passed', [], true],
    ['an expectation did not hold', 'failed', [missed], true],
    ['a message failed', 'failed', [failed], true],
    ['an acknowledged message was not read', 'failed', [unread], true],
    [
      'two groups did not read all, and an expectation did not hold',
      'failed',
      [unread, unread, missed],
      true,
    ],
    ['nothing was acknowledged', 'failed', [{ kind: 'nothingAcknowledged' }], false],
    ['a worker did not end well', 'failed', [workerFailed], false],
    ['a worker did not end well, and messages failed', 'failed', [workerFailed, failed], false],
    ['the run took too long', 'failed', [{ kind: 'runTooLong', limitSeconds: 60 }], false],
    ['the harness was the limit', 'invalid', [late], false],
    ['the harness was the limit, and an expectation did not hold', 'invalid', [late, missed], false],
    [
      'the harness was the limit, and a message was lost, which no limit excuses',
      'failed',
      [late, unread],
      false,
    ],
    ['the harness was the limit because a worker died', 'failed', [late, workerFailed], false],
    [
      'a group read its backlog while that was made',
      'failed',
      [{ kind: 'backlogRead', phase: 'drain', group: 'mine', read: 1 }],
      false,
    ],
    ['a search found no rate', 'failed', [search('below')], false],
    ['a search ended at the limit of the harness', 'invalid', [search('harness')], false],
    ['an older run measured the broker', 'failed', [older(true)], true],
    ['an older run did not', 'failed', [older(false)], false],
  ])('where %s is %s', (_, verdict, deciding, measurement) => {
    const findings = [...notes, ...deciding];
    expect(verdictOf(false, findings)).toBe(verdict);
    expect(isMeasurement(verdict, findings)).toBe(measurement);
    expect(reasonsOf(findings)).toEqual(deciding);
  });

  it('of an interrupted run is that, whatever it measured', () => {
    for (const findings of [[], [missed], [late], [failed, workerFailed]]) {
      expect(verdictOf(true, findings)).toBe('interrupted');
      expect(isMeasurement('interrupted', findings)).toBe(false);
    }
  });
});

it('the self-check lists what the harness found about itself, whether it decides or not', () => {
  const findings = [workerFailed, ...notes, late, search('below'), search('harness')];
  expect(selfCheckOf(findings)).toEqual([queueFull, late, search('harness')]);
});
