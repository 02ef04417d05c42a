import { describe, expect, it } from 'vitest';
import { GroupTrend, type GroupRules, type GroupSighting } from '../../src/measure/groupTrend.js';
import { effectOf, type GroupFinding } from '../../src/results/findings.js';
import type { WatchedGroup } from '../../src/results/runFolder.js';
import { watchedGroupOf } from '../results/watched.js';
import { simulated, type SimulatedGroup } from './simulatedGroup.js';

const rules: GroupRules = {
  isExpected: false,
  drainSeconds: 60,
  isJudged: () => true,
};

function found(
  sightings: readonly GroupSighting[],
  summary: WatchedGroup,
  some: Partial<GroupRules> = {},
): GroupFinding[] {
  const trend = new GroupTrend();
  for (const sighting of sightings) trend.add(sighting);
  return trend.findings(summary, { ...rules, ...some });
}

function foundOf(group: SimulatedGroup, some: Partial<GroupRules> = {}): GroupFinding[] {
  const { sightings, summary } = simulated(group);
  return found(sightings, summary, some);
}

const even = [500, 500, 500, 500];

describe('partitions that are behind the others', () => {
  const slowOf = (group: Partial<SimulatedGroup>): unknown =>
    foundOf({ partitions: 8, members: even, rate: 800, seconds: 60, ...group })
      .filter((one) => one.kind === 'slowPartitions')
      .map(({ of, partitions }) => [of, partitions.map(({ partition }) => partition)]);

  it.each<[string, Partial<SimulatedGroup>, unknown]>([
    ['4 members of which one is ten times slower', { members: [500, 50, 500, 500] }, [[8, [1, 5]]]],
    [
      'the same with the default commit interval',
      { members: [500, 50, 500, 500], commitSeconds: 5 },
      [[8, [1, 5]]],
    ],
    [
      'the same in 400 partitions, 100 of them its own',
      { members: [500, 500, 50, 500], partitions: 400 },
      [[400, Array.from({ length: 100 }, (_, index) => 4 * index + 2)]],
    ],
    ['one of two partitions', { partitions: 2, members: [500, 50] }, [[2, [1]]]],
    ['one that stands still', { members: [500, 0, 500, 500] }, [[8, [1, 5]]]],
    ['two members of four', { members: [500, 50, 500, 50] }, [[8, [1, 3, 5, 7]]]],
    ['none where all keep up', {}, []],
    ['none where all keep up and commit each 5 s', { commitSeconds: 5 }, []],
    ['none where all are equally slow', { members: [50, 50, 50, 50] }, []],
    ['none at a few alerts a second', { rate: 3, commitSeconds: 5, partitions: 45 }, []],
    ['none with one partition', { partitions: 1, members: [50] }, []],
  ])('are named: %s', (_, group, slow) => {
    expect(slowOf(group)).toEqual(slow);
  });

  it('come with how long their alerts wait', () => {
    const [slow] = foundOf({ partitions: 4, members: [400, 100, 400, 400], rate: 800, seconds: 40 }).filter(
      (one) => one.kind === 'slowPartitions',
    );
    // 200/s come in and 100/s are read: 4,000 are left after 40 s, 2,000 on average, of 200/s: 10 s.
    expect(slow?.partitions[0]?.maxLag).toBeGreaterThan(3900);
    expect(slow?.partitions[0]?.waitSeconds).toBeCloseTo(10, 0);
    expect(slow?.others.waitSeconds).toBeLessThan(1);
  });
});

describe('a group that stands still', () => {
  const stall = { everySeconds: 120, forSeconds: 20 };
  const stillOf = (group: Partial<SimulatedGroup>): GroupFinding[] =>
    foundOf({ partitions: 4, members: even, rate: 300, seconds: 300, ...group }).filter(
      ({ kind }) => kind === 'groupStoodStill',
    );

  it('for 20 s each two minutes is named with how often and how long', () => {
    expect(stillOf({ stall })).toEqual([
      { kind: 'groupStoodStill', group: 'mine', times: 2, longestSeconds: 19, usualSeconds: 1 },
    ]);
    const [rare] = stillOf({ stall, commitSeconds: 5 });
    expect(rare).toMatchObject({ times: 2, usualSeconds: 5 });
    expect(rare?.kind === 'groupStoodStill' && rare.longestSeconds).toBeGreaterThanOrEqual(19);
  });

  it.each<[string, Partial<SimulatedGroup>]>([
    ['always goes on', {}],
    ['pauses for less than 10 s', { stall: { everySeconds: 60, forSeconds: 8 } }],
    ['commits rarely', { commitSeconds: 15 }],
    ['has nothing to commit', { rate: (second) => (second % 37 < 3 ? 1000 : 0) }],
    ['never begins', { members: [0, 0, 0, 0] }],
    ['never goes on', { seconds: 299, stall: { everySeconds: 300, forSeconds: 60 } }],
  ])('is not one that %s', (_, group) => {
    expect(stillOf(group)).toEqual([]);
  });

  it('is not one that could not be looked at for a time', () => {
    const { sightings, summary } = simulated({ partitions: 1, members: [500], rate: 300, seconds: 120 });
    const unseen = sightings.filter(({ seconds }) => seconds < 40 || seconds > 70);
    expect(found(unseen, summary)).toEqual([]);
  });

  it('is not one that is stopped for a backlog', () => {
    const { sightings, summary } = simulated({
      partitions: 1,
      members: [500],
      rate: 300,
      seconds: 240,
      stall,
    });
    const timesWhere = (isAtWork: (second: number) => boolean): unknown =>
      found(
        sightings.map((one) => ({ ...one, isAtWork: isAtWork(one.seconds) })),
        summary,
      ).flatMap((one) => (one.kind === 'groupStoodStill' ? [one.times] : []));
    expect(timesWhere((second) => second < 105 || second > 110)).toEqual([1]);
    expect(timesWhere((second) => second > 225)).toEqual([]);
  });
});

describe('a lag that grows', () => {
  const grewIn = (group: Partial<SimulatedGroup>, some: Partial<GroupRules> = {}): unknown =>
    foundOf({ partitions: 4, members: even, rate: 1000, seconds: 60, ...group }, some)
      .filter((one) => one.kind === 'lagGrew')
      .map(({ phase, backlog }) => [phase, Math.round(backlog.readPerSecond / 10) * 10]);

  it.each<[string, Partial<SimulatedGroup>, unknown]>([
    ['667/s for 500/s', { members: [500], rate: 667 }, [['steady', 500]]],
    ['510/s for 500/s', { members: [500], rate: 510 }, [['steady', 500]]],
    ['667/s for 500/s, commits each 5 s', { members: [500], rate: 667, commitSeconds: 5 }, [['steady', 500]]],
    ['500/s for 500/s', { members: [500], rate: 490, commitSeconds: 5 }, []],
    ['a phase that is shorter than three commits', { seconds: 12, commitSeconds: 5 }, []],
    // A visit of 3,000 each 10 s within 1 s.
    ['visits that are read in time', { rate: (second) => (second % 10 < 1 ? 3000 : 0) }, []],
    [
      'visits that are not',
      { rate: (second) => (second % 10 < 1 ? 3000 : 0), members: [200] },
      [['steady', 200]],
    ],
  ])('is found: %s', (_, group, grew) => {
    expect(grewIn(group)).toEqual(grew);
  });

  it('is none where it grows on purpose', () => {
    const isJudged = (phase: string): boolean => phase !== 'steady';
    expect(grewIn({ members: [500], rate: 667 }, { isJudged })).toEqual([]);
  });

  it('is found in a long run, too, whose sightings are thinned out', () => {
    expect(grewIn({ partitions: 1, members: [500], rate: 600, seconds: 5000 })).toEqual([['steady', 500]]);
  });
});

const sighting = (second: number, committed: number | null, end: number, members = 1): GroupSighting => ({
  ...{ seconds: second, phase: 'steady', isAtWork: true, end, members, lagSeconds: null },
  lagMessages: end - (committed ?? 0),
  partitions: [{ partition: 3, committed, end }],
});

describe('the commits of a group', () => {
  const kindsOf = (
    sightings: readonly GroupSighting[],
    group: Partial<WatchedGroup>,
    some: Partial<GroupRules> = {},
  ): [string, string][] =>
    found(sightings, watchedGroupOf(group), some).map((one) => [one.kind, effectOf(one)]);
  const nothing = [1, 2, 3].map((second) => sighting(second, null, 100 * second));
  const before = [1, 2, 3].map((second) => sighting(second, 50, 100 * second));
  const some = [1, 2, 3].map((second) => sighting(second, 50 * second, 100 * second));

  it.each<[string, GroupSighting[], Partial<WatchedGroup>, Partial<GroupRules>, [string, string][]]>([
    ['all are there', some, {}, {}, []],
    ['the group was never seen', [], { committed: 0 }, {}, [['groupUnseen', 'fails']]],
    ['there are none', nothing, { committed: 0, uncommitted: 300 }, {}, [['groupNeverCommitted', 'fails']]],
    [
      'there are none, whatever is expected',
      nothing,
      { committed: 0, uncommitted: 300 },
      { isExpected: true },
      [['groupNeverCommitted', 'fails']],
    ],
    ['nothing was sent', [sighting(1, null, 0)], { committed: 0 }, {}, []],
    ['some are missing', some, { uncommitted: 150 }, {}, [['messagesUncommitted', 'fails']]],
    [
      'some are missing, and an expectation decides',
      some,
      { uncommitted: 150 },
      { isExpected: true },
      [['messagesUncommitted', 'none']],
    ],
    ['a stream is watched that goes on', some, { kind: 'watched', uncommitted: 150 }, {}, []],
    [
      'a group is watched that stands still',
      before,
      { kind: 'watched', committed: 0, uncommitted: 250 },
      {},
      [],
    ],
    [
      'a group is watched that does not exist',
      nothing,
      { kind: 'watched', committed: 0, uncommitted: 250 },
      {},
      [['groupNeverCommitted', 'fails']],
    ],
    [
      'so is one while nothing comes',
      [sighting(1, null, 0), sighting(2, null, 0)],
      { kind: 'watched', committed: 0, members: { min: 0, max: 0 } },
      {},
      [['groupNeverCommitted', 'fails']],
    ],
    [
      'one with members waits for messages',
      [sighting(1, null, 0), sighting(2, null, 0)],
      { kind: 'watched', committed: 0, members: { min: 1, max: 1 } },
      {},
      [],
    ],
    [
      'all were there, and then it was reset',
      [sighting(1, 100, 100), sighting(2, 0, 100)],
      { committed: 0, uncommitted: 100 },
      {},
      [
        ['offsetsMovedBack', 'none'],
        ['messagesUncommitted', 'fails'],
      ],
    ],
    [
      'they go back',
      [sighting(1, 90, 100), sighting(2, 10, 100), sighting(3, 100, 100)],
      {},
      {},
      [['offsetsMovedBack', 'none']],
    ],
    [
      'they are beyond the end',
      [sighting(1, 900, 100), sighting(2, 900, 200)],
      {},
      {},
      [['offsetsBeyondEnd', 'fails']],
    ],
    ['they were read after the end', [sighting(1, 104, 100), sighting(2, 200, 200)], {}, {}, []],
  ])('where %s', (_, sightings, group, also, kinds) => {
    expect(kindsOf(sightings, group, also)).toEqual(kinds);
  });

  it('that moved are counted by partition', () => {
    const back = [sighting(1, 90, 100), sighting(2, 10, 100), sighting(3, 60, 100), sighting(4, 55, 100)];
    expect(found(back, watchedGroupOf())).toMatchObject([{ partitions: [{ partition: 3, messages: 85 }] }]);
  });
});

describe('the members of a group', () => {
  it('are missed while alerts are sent, not after that', () => {
    const sightings = [
      sighting(0, 0, 0, 2),
      sighting(1, 50, 100, 0),
      sighting(2, 150, 200, 2),
      { ...sighting(3, 200, 200, 0), phase: null },
    ];
    expect(found(sightings, watchedGroupOf())).toEqual([
      { kind: 'groupWithoutMembers', group: 'mine', withoutMembers: 1, seconds: 2 },
    ]);
  });

  it('are not missed where they cannot be read', () => {
    expect(found([{ ...sighting(1, 100, 100), members: null }], watchedGroupOf({ members: null }))).toEqual(
      [],
    );
  });

  it('that changed are a note', () => {
    const group = watchedGroupOf({ rebalances: 2 });
    expect(found([sighting(1, 100, 100)], group)).toEqual([
      { kind: 'groupRebalanced', group: 'mine', rebalances: 2 },
    ]);
  });
});
