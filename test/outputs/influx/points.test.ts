import { describe, expect, it } from 'vitest';
import {
  type PointData,
  endEvent,
  intervalPoints,
  lineOf,
  linesOf,
  outageEvents,
  phaseEvent,
  startEvent,
} from '../../../src/outputs/influx/points.js';
import { soundLatency } from '../../results/sound.js';
import { record, tags } from './records.js';
import type { IntervalRecord, RunSummary, WatchedInterval } from '../../../src/results/runFolder.js';

const timeMs = 1795513330250;
const ms = String(timeMs);
const common = 'run=2026-11-24-094205-smoke,scenario=smoke,variant=none';

describe('the points of an interval', () => {
  it('are a line for the rate, each latency, each bucket, each group, each worker and each broker', () => {
    expect(linesOf(intervalPoints(tags, record))).toEqual([
      `alertsim_rate,phase=steady,${common} achieved=998.6,acked=999i,bytesPerSecond=82900000,failed=1i,inFlight=12i,received=990i,seconds=1.02,sent=1000i,target=1000 ${ms}`,
      `alertsim_latency,latency=ack,phase=steady,${common} count=1000i,max=12000,mean=911.25,p50=700,p90=1500,p95=2100,p99=5000,p999=9000 ${ms}`,
      `alertsim_histogram,latency=ack,le=630,phase=steady,${common} count=3i ${ms}`,
      `alertsim_histogram,latency=ack,le=1000,phase=steady,${common} count=997i ${ms}`,
      `alertsim_lag,group=rubin-alert-sim-group-1,phase=steady,${common} messages=1500i ${ms}`,
      `alertsim_worker,phase=steady,${common.replace('variant=none', 'variant=none,worker=replay\\ 1')} awaitedSeconds=0,cpuCores=0.125,eventLoopDelayP99Us=812.5,eventLoopUtilization=0.25,queueFullSeconds=0,rssBytes=200000000i ${ms}`,
      `alertsim_broker,broker=1,phase=steady,${common} cpuCores=0.75,requestQueueSize=0 ${ms}`,
    ]);
  });

  describe('of watched groups', () => {
    const seen: WatchedInterval = {
      ...{ committed: 900, end: 1000, lagMessages: 100, lagSeconds: 2.5, commits: 1, members: 4 },
      ...{
        partitions: [
          [3, 60],
          [4, 40],
        ],
        partitionCount: 8,
      },
    };
    const linesOfGroups = (some: Partial<WatchedInterval>): string[] =>
      linesOf(intervalPoints(tags, { ...record, watched: { mine: { ...seen, ...some } } })).filter((line) =>
        line.startsWith('alertsim_group'),
      );
    const tagged = `group=mine,phase=steady,${common}`;
    const byPartition = (row: string): string =>
      `alertsim_group_partition,group=mine,partition=${row},phase=steady,${common}`;

    it('are a line a group, and one for each partition that is behind', () => {
      expect(linesOfGroups({})).toEqual([
        `alertsim_group,${tagged} commits=1i,committed=900i,end=1000i,lagMessages=100i,lagSeconds=2.5,members=4i ${ms}`,
        `${byPartition('003')} lag=60i ${ms}`,
        `${byPartition('004')} lag=40i ${ms}`,
      ]);
    });

    it('are 50 series by partition at most: of 400 the worst of each 8', () => {
      const partitions = Array.from({ length: 400 }, (_, partition): [number, number] => [
        partition,
        1 + partition,
      ]);
      const lines = linesOfGroups({ partitions, partitionCount: 400 }).slice(1);
      expect(lines).toHaveLength(50);
      expect(lines[2]).toBe(`${byPartition('016-023')} lag=24i ${ms}`);
      expect(lines.at(-1)).toBe(`${byPartition('392-399')} lag=400i ${ms}`);
    });

    it('leave out what is not known', () => {
      expect(linesOfGroups({ lagSeconds: null, members: null, partitions: [] })).toEqual([
        `alertsim_group,${tagged} commits=1i,committed=900i,end=1000i,lagMessages=100i ${ms}`,
      ]);
    });
  });

  it.each<[string, Partial<IntervalRecord>, string, RegExp | undefined]>([
    ['are tagged drain while consumers catch up', { phase: null }, 'rate', /,phase=drain,/],
    ['leave out a target that is none', { targetPerSecond: null }, 'rate', /sent=1000i \d+$/],
    ['leave out latencies without a value', { latency: {} }, 'latency', undefined],
    [
      'leave out latencies that say that they have none',
      { latency: { endToEnd: soundLatency.endToEnd } },
      'latency',
      undefined,
    ],
    ['have no histogram in runs of older versions', { buckets: {} }, 'histogram', undefined],
    ['have no brokers where none told', { broker: null }, 'broker', undefined],
    ['leave out a broker that told nothing', { broker: { '1': {} } }, 'broker', undefined],
    ['leave out figures that are no numbers', { achievedPerSecond: NaN }, 'rate', / acked=999i,/],
    [
      'leave out figures that a run folder holds as null',
      { seconds: null } as never,
      'rate',
      /received=990i,sent=/,
    ],
  ])('%s', (_, facts, measurement, line) => {
    const found = linesOf(intervalPoints(tags, { ...record, ...facts })).find((one) =>
      one.startsWith(`alertsim_${measurement},`),
    );
    if (line === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(line);
  });

  it('are the same from the run folder as from the run itself', () => {
    const read = JSON.parse(JSON.stringify({ ...record, bytesPerSecond: Infinity })) as IntervalRecord;
    expect(linesOf(intervalPoints(tags, read))).toEqual(
      linesOf(intervalPoints(tags, { ...record, bytesPerSecond: Infinity })),
    );
  });
});

describe('a line', () => {
  const point: PointData = { measurement: 'm', tags: {}, timeMs: 5 };
  it.each<[string, Partial<PointData>, string | undefined]>([
    [
      'escapes what would end a tag',
      { tags: { t: 'a b,c=d' }, integers: { n: 1 } },
      'm,t=a\\ b\\,c\\=d n=1i 5',
    ],
    [
      'has texts in one line, with their quotes',
      { texts: { t: 'say "no"\n to C:\\' } },
      'm t="say \\"no\\" to C:\\\\" 5',
    ],
    [
      'keeps all digits of a number',
      { floats: { x: 0.1 + 0.2, y: 1e21 } },
      'm x=0.30000000000000004,y=1e+21 5',
    ],
    ['is none without a figure', { floats: { x: null, y: undefined } }, undefined],
  ])('%s', (_, facts, line) => {
    expect(lineOf({ ...point, ...facts })).toBe(line);
  });
});

describe('annotations', () => {
  it('tell that a run starts', () => {
    expect(lineOf(startEvent(tags, timeMs))).toBe(
      `alertsim_event,kind=start,${common} text="scenario smoke, variant none",title="run 2026-11-24-094205-smoke starts" ${ms}`,
    );
  });

  it('tell of a phase at its start, and by the same point of its end, to the millisecond that summary.json keeps', () => {
    const line = `alertsim_event,kind=phase,${common} text="phase steady of run 2026-11-24-094205-smoke"`;
    expect(lineOf(phaseEvent(tags, 'steady', timeMs + 0.9, undefined))).toBe(`${line},title="steady" ${ms}`);
    expect(lineOf(phaseEvent(tags, 'steady', timeMs + 0.9, timeMs + 2000.7))).toBe(
      `${line},timeEnd=${timeMs + 2000}i,title="steady" ${ms}`,
    );
    expect(Date.parse(new Date(timeMs + 2000.7).toISOString())).toBe(timeMs + 2000);
  });

  it('span each outage', () => {
    const outage = {
      kind: 'outage',
      phase: 'steady',
      startedAt: '2026-11-24T09:42:10.250Z',
      lengthMs: 3021,
      recoveredAfterMs: 840,
      partitions: { silent: 4, of: 4 },
    };
    const summary = { findings: [{ kind: 'freshBroker' }, outage] } as unknown as RunSummary;
    expect(outageEvents(tags, summary)).toMatchObject([
      { tags: { kind: 'outage' }, timeMs, integers: { timeEnd: timeMs + 3021 } },
    ]);
  });

  it.each([
    ['passed', [], 'every expectation held'],
    [
      'failed',
      ['expected lost == 0, found 3', '2 messages failed'],
      'expected lost == 0, found 3; 2 messages failed',
    ],
  ] as const)('tell that a run %s', (verdict, reasons, text) => {
    const summary = {
      run: { endedAt: '2026-11-24T09:42:10.250Z' },
      verdict,
      reasons,
    } as unknown as RunSummary;
    expect(endEvent(tags, summary)).toMatchObject({
      tags: { kind: 'end' },
      texts: { title: `run 2026-11-24-094205-smoke ends: ${verdict}`, text },
      timeMs,
    });
  });
});
