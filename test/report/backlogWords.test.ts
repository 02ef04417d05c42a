import { describe, expect, it } from 'vitest';
import { backlogFindingText, catchUpLines, readerRequestText } from '../../src/report/backlogWords.js';
import type { CatchUp } from '../../src/results/runFolder.js';

const group: CatchUp['groups'][number] = {
  ...{ name: 'mine', own: false, behind: 1500, readEarly: 0, read: 1500, leftBehind: 0 },
  ...{ seconds: 20, startSeconds: 2, drainPerSecond: 80, drainBytesPerSecond: 8e6 },
};

const catchUpOf = (changes: Partial<typeof group>): CatchUp => ({
  phase: 'drain',
  backlog: { phases: ['fill'], messages: 1500, bytes: 210e6 },
  whilePerSecond: null,
  groups: [{ ...group, ...changes }],
  compared: null,
});

describe('the line about a group that', () => {
  it.each<[string, Partial<typeof group>, string]>([
    [
      'caught up',
      {},
      'drain: mine caught up with 1,500 alerts (210 MB) in 20.0s, 2.0s of them until the first one, at 80.0 alerts/s, 8.0 MB/s',
    ],
    [
      'had not stopped',
      { readEarly: 500 },
      'drain: mine caught up with 1,500 alerts (210 MB) in 20.0s, 2.0s of them until the first one, at 80.0 alerts/s, 8.0 MB/s; it had not stopped before',
    ],
    [
      'did not catch up',
      { seconds: null, read: 500, leftBehind: 1000 },
      'drain: mine did not catch up with 1,500 alerts (210 MB) at 80.0 alerts/s, 8.0 MB/s: 1,000 were left',
    ],
    [
      'read nothing',
      {
        ...{ seconds: null, read: 0, leftBehind: 3358 },
        ...{ startSeconds: null, drainPerSecond: null, drainBytesPerSecond: null },
      },
      'drain: mine did not catch up with 1,500 alerts (210 MB): it read nothing, and 3,358 were left',
    ],
  ])('%s', (_, changes, line) => {
    expect(catchUpLines(catchUpOf(changes))).toEqual([line]);
  });
});

it('a group that had not stopped is a reason by itself', () => {
  expect(backlogFindingText({ kind: 'backlogRead', phase: 'drain', group: 'mine', read: 14_200 })).toBe(
    'the group mine read 14,200 messages while its backlog was made: it had not stopped, so drain does not show how it ' +
      'catches up',
  );
});

it('who is asked to stop consumers that cannot be seen is told so', () => {
  expect(readerRequestText('stopUnseenConsumers', 'g')).toBe(
    'stop the consumers of the group g if they run: none of its members can be seen, so the run cannot see whether they ' +
      'have stopped; the backlog is made in 30 s',
  );
});
