import { describe, expect, it } from 'vitest';
import { DueTimes } from '../../src/measure/dueTimes.js';
import { GroupLag, lagOf, type OffsetSample, type PlannedVisit } from '../../src/measure/groupLag.js';

/** Ten messages a second into each of two partitions, from second 0: offset n was due at n × 100 ms. */
function steadyDues(messages = 100, phase = 'steady'): DueTimes {
  const times = new DueTimes();
  for (let offset = 0; offset < messages; offset += 1)
    for (const partition of [0, 1]) times.add(partition, 1000 + offset, offset * 100, phase);
  return times;
}

function sample(
  seconds: number,
  committed: (number | null)[],
  ends: number[],
  phase: string | null = 'steady',
) {
  return { atMs: seconds * 1000, phase, committed, ends } satisfies OffsetSample;
}

const starts = [1000, 1000];
const bounds = { starts, wholeLag: false };

describe('the lag of a group', () => {
  it.each([
    ['what is not committed, and the age of the oldest', [1010, 1015], 15, 1],
    ['nothing committed yet: all since the run began', [null, null], 40, 2],
    ['offsets from before the run do not count', [100, 1020], 20, 2],
    ['a commit beyond the end that was read a moment before', [1021, 1025], 0, 0],
  ])('%s', (_what, committed, messages, seconds) => {
    const lag = lagOf(sample(2, committed, [1020, 1020]), bounds, steadyDues());
    expect(lag).toMatchObject({ messages, seconds });
  });

  it("without a run, all that is in the topic counts, as in Kafka's own tool", () => {
    const whole = { starts: [1020, 1020], wholeLag: true };
    const lag = lagOf(sample(2, [900, null], [1020, 1030]), whole, steadyDues());
    expect(lag.partitions.map(({ lag: messages }) => messages)).toEqual([120, 10]);
  });

  it('a partition that was added begins at 0', () => {
    const lag = lagOf(sample(2, [1020, 1020, null], [1020, 1020, 7]), bounds, steadyDues());
    expect(lag.partitions.at(-1)).toEqual({
      partition: 2,
      committed: null,
      end: 7,
      lag: 7,
      lagSeconds: null,
    });
  });
});

describe('what commits come to', () => {
  const groupLag = (dues = steadyDues(), isMeasured = (): boolean => true, beginSeconds = 0): GroupLag => {
    const lag = new GroupLag({ ...bounds, dues, isMeasured });
    lag.begin(beginSeconds * 1000);
    return lag;
  };

  it('latencies are from due to the sample that shows the commit, each message once', () => {
    const lag = groupLag();
    lag.add(sample(1, [null, null], [1010, 1010]));
    lag.add(sample(2, [1010, null], [1020, 1020]));
    lag.add(sample(3, [1010, 1030], [1030, 1030]));
    const { committed, uncommitted, commitLatency, commits } = lag.result();
    expect({ committed, uncommitted }).toEqual({ committed: 40, uncommitted: 20 });
    // Partition 0: due 0.0 to 0.9, seen at 2; partition 1: due 0.0 to 2.9, seen at 3.
    expect(commitLatency).toMatchObject({ count: 40, max: expect.closeTo(3e6, -4) as number });
    expect(commitLatency.mean).toBeCloseTo((10 * 1.55e6 + 30 * 1.55e6) / 40, -4);
    expect(commits).toMatchObject({ count: 2, perSecond: 40 });
  });

  it('the time between commits counts while there is something to commit, by partition', () => {
    const lag = groupLag(steadyDues(300));
    for (let second = 1; second <= 20; second += 1) {
      const done = 1000 + Math.floor(second / 5) * 50;
      lag.add(sample(second, [done, done], [1000 + second * 10, 1000 + second * 10]));
    }
    // One that pauses is no longer interval: nothing was there to commit from second 20 to 25.
    const { commits } = lag.result();
    expect(commits).toMatchObject({ count: 4, intervalSeconds: { p50: 5, max: 5 } });
  });

  it('a group that goes back is behind again, and nothing counts twice', () => {
    const lag = groupLag();
    lag.add(sample(2, [1020, 1020], [1020, 1020]));
    lag.add(sample(3, [1000, 1020], [1020, 1020]));
    lag.add(sample(4, [1020, 1020], [1020, 1020]));
    expect(lag.result()).toMatchObject({ committed: 40, lag: { messages: { max: 20, last: 0 } } });
  });

  it('a group that was reset has committed what is committed at the end', () => {
    const lag = groupLag();
    lag.add(sample(2, [1020, 1020], [1020, 1020]));
    lag.add(sample(3, [1005, 1020], [1030, 1030]));
    expect(lag.result()).toMatchObject({
      ...{ committed: 25, uncommitted: 35 },
      partitions: [
        { committed: 5, lastLag: 25 },
        { committed: 20, lastLag: 10 },
      ],
    });
    expect(lag.needed(0)).toBe(1005);
    expect(lag.needed(1)).toBe(1020);
  });

  it('each sample counts for the time since the last one, and none before the load', () => {
    const lag = groupLag(steadyDues(400), undefined, 20);
    for (let second = 1; second <= 19; second += 1) lag.add(sample(second, [null, null], [1000, 1000], null));
    // 10 s with a lag of 20, then 10 s with a lag of 40, of which there are ten times as many samples.
    for (let second = 21; second <= 30; second += 1) lag.add(sample(second, [1000, 1000], [1010, 1010]));
    for (let step = 1; step <= 100; step += 1) lag.add(sample(30 + step / 10, [1000, 1000], [1020, 1020]));
    lag.add(sample(40, [1020, 1020], [1020, 1020]));
    const { lag: all, partitions } = lag.result();
    expect(all.messages).toMatchObject({ p50: 20, max: 40 });
    expect(all.messages.mean).toBeCloseTo(30, 1);
    // 10 messages for 10 s, then 20 for 10 s, of 20 that came: 15 s each.
    expect(partitions[0]).toMatchObject({ meanLag: 15, meanWaitSeconds: 15 });
  });

  it('a load between two samples has a lag', () => {
    const lag = groupLag(steadyDues(), undefined, 1.2);
    lag.add(sample(1, [null, null], [1000, 1000], null));
    lag.add(sample(2, [1000, 1000], [1005, 1005], null));
    expect(lag.result().lag.messages).toMatchObject({ max: 10, last: 10 });
  });

  it('what others write into the stream after it may still come in time', () => {
    const dues = steadyDues(20);
    dues.add(0, 1030, 3000, '');
    const lag = groupLag(dues);
    lag.add(sample(2, [1020, 1020], [1020, 1020]));
    lag.add(sample(4, [1020, 1020], [1031, 1020], null));
    expect(lag.result()).toMatchObject({ uncommitted: 11, committedWithin60s: 1 });
  });

  it.each([
    ['what a run leaves uncommitted is late, however young it is', false, 0.5],
    ['of a stream that goes on it may still come in time', true, 1],
    ['so it may where nobody waited for it', false, 1, true],
  ])('%s', (_what, wholeLag, share, isCutShort = false) => {
    const lag = new GroupLag({ starts, wholeLag, dues: steadyDues(), isMeasured: () => true });
    lag.add(sample(0, [1000, 1000], [1000, 1000]));
    lag.add(sample(5, [1010, 1010], [1020, 1020]));
    expect(lag.result(isCutShort).committedWithin60s).toBe(share);
  });

  it('older messages that it had still to read count in nothing, and are said', () => {
    const lag = groupLag();
    lag.add(sample(1, [400, 1000], [1010, 1010]));
    lag.add(sample(2, [1010, 1010], [1010, 1010]));
    expect(lag.result()).toMatchObject({ olderAtStart: 600, committed: 20, lag: { messages: { max: 20 } } });
  });

  it('a group that never commits has no latency, no drain, and nothing in time', () => {
    const lag = groupLag();
    for (const second of [10, 40, 70, 130]) lag.add(sample(second, [null, null], [1100, 1100]));
    expect(lag.result()).toMatchObject({
      ...{ committed: 0, uncommitted: 200, committedWithin60s: 0, drainSeconds: null },
      commitLatency: { count: 0, p99: null },
      commits: { count: 0, perSecond: 0, intervalSeconds: null },
    });
  });

  it('a warm-up counts in its own phase only', () => {
    const dues = steadyDues(20, 'warm-up');
    for (let offset = 20; offset < 40; offset += 1) dues.add(0, 1000 + offset, offset * 100, 'steady');
    const lag = groupLag(dues, ((phase: string) => phase !== 'warm-up') as () => boolean);
    lag.add(sample(2, [1000, 1000], [1020, 1020], 'warm-up'));
    lag.add(sample(5, [1040, 1020], [1040, 1020], 'steady'));
    const { phases, lag: all, commitLatency } = lag.result();
    expect(phases.map(({ name, commitLatency: { count } }) => [name, count])).toEqual([
      ['warm-up', 40],
      ['steady', 20],
    ]);
    expect(commitLatency.count).toBe(20);
    expect(all.messages.max).toBe(0);
  });
});

describe('without a run', () => {
  const watched = (): GroupLag =>
    new GroupLag({ starts: [1000, 1000], wholeLag: true, dues: steadyDues(), isMeasured: () => true });

  it('a group that commits for the first time later on counts from there, or from where the watch began', () => {
    const lag = watched();
    lag.add(sample(1, [null, null], [1000, 1000], null));
    lag.add(sample(2, [300, 1010], [1010, 1010], null));
    lag.add(sample(3, [800, 1010], [1010, 1010], null));
    expect(lag.result()).toMatchObject({ committed: 510, lag: { messages: { max: 710 } } });
  });

  it('where the end of a partition could not be read, the first commit is where it began', () => {
    const lag = new GroupLag({
      ...{ starts: [undefined, 1000], wholeLag: true },
      ...{ dues: steadyDues(), isMeasured: () => true },
    });
    lag.add({ ...sample(1, [990, 1000], [0, 1000], null), ends: [undefined, 1000] });
    lag.add(sample(2, [1010, 1000], [1010, 1000], null));
    expect(lag.result().committed).toBe(20);
  });

  it('all of a partition that was added counts', () => {
    const lag = watched();
    lag.add(sample(1, [1000, 1000], [1000, 1000], null));
    lag.add(sample(2, [1000, 1000, 30], [1000, 1000, 50], null));
    expect(lag.result()).toMatchObject({
      committed: 30,
      partitions: [{}, {}, { committed: 30, lastLag: 20 }],
    });
  });
});

describe('visits', () => {
  const visits: PlannedVisit[] = [1, 2].map((visit) => ({
    ...{ phase: 'visits', visit, alerts: 20 },
    ...{ dueMs: (visit - 1) * 100_000, lastDueMs: (visit - 1) * 100_000 + 900 },
  }));
  const dues = (): DueTimes => {
    const times = new DueTimes();
    for (let offset = 0; offset < 20; offset += 1)
      for (const partition of [0, 1])
        times.add(partition, 1000 + offset, (offset % 10) * 100 + (offset >= 10 ? 100_000 : 0), 'visits');
    return times;
  };

  it('each has its share within 60 s and the time from its last alert until all were committed', () => {
    const lag = new GroupLag({ ...bounds, dues: dues(), isMeasured: () => true });
    lag.addVisits('visits', visits);
    lag.add(sample(5, [1010, 1005], [1010, 1010], 'visits'));
    lag.add(sample(70, [1010, 1010], [1010, 1010], 'visits'));
    lag.add(sample(170, [1015, 1020], [1020, 1020], null));
    const [first, second] = lag.result().visits;
    expect(first).toMatchObject({ visit: 1, committedWithin60s: 0.75, drainSeconds: 69.1 });
    expect(second).toMatchObject({ visit: 2, committedWithin60s: 0, drainSeconds: null });
  });

  it('of one that is not over nothing is said', () => {
    const lag = new GroupLag({ ...bounds, dues: dues(), isMeasured: () => true });
    lag.addVisits('visits', visits);
    lag.add(sample(5, [1010, 1005], [1010, 1010], 'visits'));
    expect(lag.result().visits).toMatchObject([{ committedWithin60s: null, drainSeconds: null }]);
  });
});
