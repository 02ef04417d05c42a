import { describe, expect, test } from 'vitest';
import { lackText } from '../../src/report/planText.js';
import {
  lacksOf,
  planEstimate,
  planWarnings,
  type DiskUse,
  type UsedDisk,
} from '../../src/scenario/planEstimate.js';
import { figuresOf, warmupPacing } from '../../src/schedule/phaseFigures.js';
import { nothingLeftOut } from './leftOut.js';
import { adding } from './malformed.js';
import { planFrom } from './planFrom.js';

const steady = { count: 300, durationNs: 3e9, peakPerSecond: 100 };
const flatOut = { count: undefined, durationNs: 5e9, peakPerSecond: undefined };

function recordedScenario(phase: string): string {
  return `name: recorded\nalerts: {file: a.avro}\nstream: {topic: s, partitions: 4}\nreplay: {phases: [${phase}]}\n`;
}

describe('an estimate', () => {
  const plan = planFrom(adding('stream: {replication: 3}'));
  const estimate = planEstimate(plan, {
    alertCount: 1000,
    meanBytes: 80_000,
    phases: [steady],
    warmup: { count: 100, durationNs: 1e9, peakPerSecond: 100 },
  });

  test('sums messages, bytes and time, warm-up included', () => {
    expect(estimate).toMatchObject({
      preloadMessages: 1000,
      preloadBytes: 80e6,
      messages: 400,
      bytes: 32e6,
      replayNs: 4e9,
      isLowerBound: false,
    });
    expect(estimate.phases).toEqual([{ name: 'steady', ...steady, bytes: 24e6, peakBitsPerSecond: 64e6 }]);
    expect(estimate.peakBitsPerSecond).toBe(64e6);
  });

  test('expects 10,000 alerts a second out of archives, and 50,000 of a container', () => {
    const many = { alertCount: 100_000, meanBytes: 1000, phases: [steady] };
    expect(planEstimate(plan, { ...many, isStreamed: true }).preloadNs).toBe(10e9);
    expect(
      planEstimate(planFrom(recordedScenario('{name: a, rate: 1/s, duration: 1s}')), many).preloadNs,
    ).toBe(2e9);
  });

  test('counts every replica of both topics, with 100 bytes of framing a message', () => {
    expect(estimate.diskBytes).toBe(1000 * 80_100 + 3 * 400 * 80_100);
  });

  test('never needs more buffers than there are bytes to send', () => {
    expect(estimate.memoryBytes).toBe(150e6 + 60e6 + 32e6 + 32e6);
  });

  test('is a lower bound with a phase that sends what it can, and takes the buffers at their full size', () => {
    const open = planEstimate(plan, { alertCount: 10, meanBytes: 100, phases: [flatOut] });
    expect(open).toMatchObject({ isLowerBound: true, messages: 0, peakBitsPerSecond: undefined });
    expect(open.memoryBytes).toBe(150e6 + 60e6 + 1000 + 128 * 1024 * 1024);
  });

  test("takes the scenario's own queue size", () => {
    const set = planFrom(adding('kafka: {client: {queue.buffering.max.kbytes: 1000}}'));
    const open = planEstimate(set, { alertCount: 0, meanBytes: 100, phases: [flatOut] });
    expect(open.memoryBytes).toBe(150e6 + 60e6 + 1_024_000);
  });
});

describe('the plan of a file', () => {
  /** 36,600 alerts of 1 kB over 58 minutes, as in a file: 36,600 / 3,480 s = 10.517/s. */
  const minutes58 = { alerts: 36_600, spanUs: 58 * 60e6 };
  const day = { alerts: 2336, spanUs: 36e6 };
  const phase = (keys: string): string => `{name: p, pace: recorded, ${keys}}`;

  test.each([
    ['58 min at speed 1: 3,480 s, 36,600 messages, 36.6 MB', minutes58, 'speed: 1', 3480, 36_600],
    ['58 min at speed 4: 3,480 / 4 = 870 s', minutes58, 'speed: 4', 870, 36_600],
    // Passes are a second of recorded time apart: 3,480 + 2 · 3,481 = 10,442 s.
    ['58 min, 3 passes: 3,480 + 2 · (3,480 + 1) s', minutes58, 'passes: 3', 10_442, 109_800],
    // (36 + 2,335 · 37) / 1 = 86,431 s: a day. With a span of 0 it was 2,335 s = 38m55s.
    ['36 s, 2,336 passes: 36 + 2,335 · 37 s, a day', day, 'passes: 2336', 86_431, 2336 * 2336],
    ['3 passes at speed 2: (3,480 + 2 · 3,481) / 2', minutes58, 'passes: 3, speed: 2', 5221, 109_800],
  ])('%s', (_arithmetic, recorded, keys, seconds, messages) => {
    const plan = planFrom(recordedScenario(phase(keys)));
    const phases = plan.replay.phases.map(({ pacing }) => figuresOf(pacing, recorded));
    const estimate = planEstimate(plan, { alertCount: recorded.alerts, meanBytes: 1000, phases });
    expect(estimate.replayNs).toBeCloseTo(seconds * 1e9, 0);
    expect(estimate).toMatchObject({ messages, bytes: messages * 1000, isLowerBound: false });
    expect(estimate.phases[0]?.peakPerSecond).toBeCloseTo(messages / seconds, 6);
  });

  test('a warm-up of 10 s goes at the mean rate: 105.17, so 106 messages more', () => {
    const plan = planFrom(recordedScenario(phase('speed: 1')));
    const [first] = plan.replay.phases;
    if (first === undefined) throw new Error('no phase');
    const estimate = planEstimate(plan, {
      alertCount: 36_600,
      meanBytes: 1000,
      phases: [figuresOf(first.pacing, minutes58)],
      warmup: figuresOf(warmupPacing(first.pacing, 10e9, minutes58), minutes58),
    });
    expect(estimate).toMatchObject({ messages: 36_600 + 106, replayNs: 3490e9 });
    // 36,600 · 1,100 B in the reservoir, and 36,706 · 1,100 B in the stream.
    expect(estimate.diskBytes).toBeCloseTo(1100 * (36_600 + 36_706), 0);
  });
});

describe('disk and retention', () => {
  /** 10,000/s for an hour, of 900 + 100 B: 10 MB/s, 36 GB. */
  const hour = { count: 36e6, durationNs: 3600e9, peakPerSecond: 10_000 };
  const quiet = { count: 36e4, durationNs: 3600e9, peakPerSecond: 100 };
  const disk = (config: string, phases: readonly (typeof hour)[], replication = 1): number =>
    planEstimate(
      planFrom(adding(`stream: {partitions: 4, replication: ${replication}, config: {${config}}}`)),
      {
        alertCount: 0,
        meanBytes: 900,
        phases: phases.slice(-1),
        warmup: phases.length > 1 ? phases[0] : undefined,
      },
    ).diskBytes;

  test.each([
    ['no retention of its own: all 36 GB', '', [hour], 1, 36e9],
    ['-1 is no limit', 'retention.ms: -1, retention.bytes: -1', [hour], 1, 36e9],
    [
      '60 s and 300 s until Kafka looks, at 10 MB/s, and 4 segments of 100 MB',
      'retention.ms: 60000, segment.bytes: 100000000',
      [hour],
      1,
      3.6e9 + 0.4e9,
    ],
    ['the same in three replicas', 'retention.ms: 60000, segment.bytes: 100000000', [hour], 3, 12e9],
    [
      'segments of 1 GiB where nothing is said: 3.6 GB + 4 · 1.074 GB',
      'retention.ms: 60000',
      [hour],
      1,
      3.6e9 + 4 * 1024 ** 3,
    ],
    [
      '500 MB a partition and a segment more, and 300 s: 2 + 0.4 + 3 GB',
      'retention.bytes: 500000000, segment.bytes: 100000000',
      [hour],
      1,
      5.4e9,
    ],
    [
      'the busiest window counts: a quiet hour of warm-up before it changes nothing',
      'retention.ms: 60000, segment.bytes: 100000000',
      [quiet, hour],
      1,
      4e9,
    ],
    [
      'a window longer than the run keeps all',
      'retention.ms: 7200000, segment.bytes: 100000000',
      [hour],
      1,
      36e9,
    ],
    ['a compacted stream keeps all', 'cleanup.policy: compact, retention.ms: 60000', [hour], 1, 36e9],
  ])('%s', (_arithmetic, config, phases, replication, bytes) => {
    expect(disk(config, phases, replication)).toBeCloseTo(bytes, -2);
  });
});

describe('planWarnings', () => {
  const recorded = planFrom(recordedScenario('{name: p, pace: recorded, speed: 2}'));
  const disorder = { alerts: 3, firstIndex: 17, firstBehindUs: 5e6 };

  test('name alerts that are not in order of time, and gaps of more than a day', () => {
    const longestGap = { beforeIndex: 7, us: 4 * 86_400e6 };
    expect(planWarnings(recorded, { alerts: 20, disorder, longestGap })).toEqual([
      { kind: 'disorder', of: 20, ...disorder },
      { kind: 'gap', speed: 2, ...longestGap },
    ]);
  });

  test('are none in order, for a night, nor where nothing goes at the recorded pace', () => {
    expect(planWarnings(recorded, { alerts: 20, longestGap: { beforeIndex: 7, us: 14 * 3600e6 } })).toEqual(
      [],
    );
    expect(planWarnings(planFrom(adding('')), { alerts: 20, disorder })).toEqual([]);
  });

  test('name what is left out, at any pace', () => {
    const leftOut = { ...nothingLeftOut, passedOver: 1, firstPassedOver: ['README: it is text'] };
    expect(planWarnings(planFrom(adding('')), { alerts: 20, leftOut })).toEqual([
      { kind: 'leftOut', leftOut },
    ]);
    expect(planWarnings(recorded, { alerts: 20, leftOut: nothingLeftOut })).toEqual([]);
  });
});

describe('what a machine has too little of', () => {
  const plan = planFrom(adding(''));
  const estimate = planEstimate(plan, { alertCount: 1000, meanBytes: 99_900, phases: [steady] });
  const disk = (use: DiskUse, freeBytes: number, device: number): UsedDisk => ({
    ...{ use, freeBytes, device },
    path: use === 'topics' ? '/data/broker' : '/home/vera/runs',
  });

  test('is nothing where all fits, or nothing is known', () => {
    expect(lacksOf(estimate, { disks: [disk('topics', 1e12, 1)], freeMemoryBytes: 1e12 })).toEqual([]);
    expect(lacksOf(estimate, { disks: [] })).toEqual([]);
  });

  test('is named with its path and both figures, and what is written there', () => {
    const disks = [disk('topics', 50e6, 1), disk('run folder', 1e6, 2)];
    const lacks = lacksOf(estimate, { disks, freeMemoryBytes: 100e6 });
    expect(lacks.map(lackText)).toEqual([
      'the two topics need 130 MB, but the disk of /data/broker has 50.0 MB free; shorten the phases, lower the rates, ' +
        'send smaller alerts, or start the broker on another disk with broker up --data',
      'the run folder needs 3.0 MB, but the disk of /home/vera/runs has 1.0 MB free; name a folder on another disk with --out',
      'the workers may need 272 MB of memory, but 100 MB are available; lower replay.workers, replay.prefetch or ' +
        'kafka.client.queue.buffering.max.kbytes',
    ]);
  });

  test('counts what goes to the same disk together', () => {
    const disks = (freeBytes: number): UsedDisk[] => [
      disk('topics', freeBytes, 7),
      disk('run folder', freeBytes, 7),
    ];
    expect(lacksOf(estimate, { disks: disks(134e6) })).toEqual([]);
    expect(lacksOf(estimate, { disks: disks(131e6) })).toMatchObject([
      { kind: 'disk', uses: ['topics', 'run folder'], path: '/data/broker', freeBytes: 131e6 },
    ]);
  });
});
