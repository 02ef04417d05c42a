import { describe, expect, it } from 'vitest';
import { limitedByOf, type FailedProbe } from '../../src/measure/limitedBy.js';
import type { ProbeFinding } from '../../src/results/findings.js';

const mine = { name: 'mine', id: 'rubin-alert-sim-mine-7', own: false };
const sound: FailedProbe = {
  findings: [],
  acks: { offeredPerSecond: 500, readPerSecond: 500, grows: false },
  responseP99Us: 20_000,
  brokers: null,
  groups: [mine],
};

const failed = (metric: string, limit: number, actual: number | null, group = 'mine'): ProbeFinding => ({
  kind: 'expectationFailed',
  expectation: {
    ...{ expect: '', metric, operator: '<', limit, actual, unit: 'microseconds', passed: false },
    scope: { kind: 'group', name: group },
  },
});
const grew = (group: string | null): ProbeFinding => ({
  kind: 'backlogGrew',
  backlog: { group, offeredPerSecond: 600, readPerSecond: 500, grows: true },
});

describe('whose limit a failed probe shows', () => {
  it.each<[string, Partial<FailedProbe>, ReturnType<typeof limitedByOf>['kind']]>([
    ['a lag, with acknowledgements in time', { findings: [failed('lag', 2e6, 9e6)] }, 'consumer'],
    ['a backlog of a group, by its id', { findings: [grew('rubin-alert-sim-mine-7')] }, 'consumer'],
    [
      'a group that never caught up',
      { findings: [{ kind: 'notCaughtUp', drainSeconds: 60, group: 'mine' }] },
      'consumer',
    ],
    [
      'a drain that was late by itself',
      { findings: [failed('drain.max', 1e6, 3e6)], responseP99Us: 900_000 },
      'consumer',
    ],
    [
      'a drain that would have held but for late acks',
      { findings: [failed('drain.max', 1e6, 1.5e6)], responseP99Us: 900_000 },
      'broker',
    ],
    ['a drain without end', { findings: [failed('drain.max', 1e6, null)] }, 'consumer'],
    [
      'acknowledgements that fall back, whatever the group does',
      { findings: [grew('mine')], acks: { offeredPerSecond: 600, readPerSecond: 500, grows: true } },
      'broker',
    ],
    ['late acknowledgements', { findings: [failed('response.p99', 1, 2)] }, 'broker'],
    [
      'messages that failed',
      { findings: [{ kind: 'deliveryFailed', count: 1, errors: [] }, failed('lag', 2e6, 9e6)] },
      'broker',
    ],
    [
      'a broker without an idle thread',
      { findings: [failed('lag', 2e6, 9e6)], brokers: { 1: { handlerIdle: 0.02 } } },
      'broker',
    ],
    ['a backlog of the broker itself', { findings: [grew(null)], groups: [] }, 'broker'],
  ])('%s', (_, change, kind) => {
    expect(limitedByOf({ ...sound, ...change }).kind).toBe(kind);
  });

  it('names the group of the finding, not the one that is furthest behind', () => {
    const probe = {
      ...sound,
      groups: [{ ...mine, name: 'other', id: 'o' }, mine],
      findings: [failed('lag', 2e6, 9e6)],
    };
    expect(limitedByOf(probe)).toMatchObject({ group: 'mine' });
  });
});
