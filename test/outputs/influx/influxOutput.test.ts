import { ownCommand } from '../../../src/ownCommand.js';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { influxOutput } from '../../../src/outputs/influx/influxOutput.js';
import { intervalPoints, linesOf } from '../../../src/outputs/influx/points.js';
import type { RunOutput } from '../../../src/outputs/runOutput.js';
import { fakeServer, outcomes, type FakeServer } from './fakeServer.js';
import { record, recordAfter, tags } from './records.js';
import type { RunSummary } from '../../../src/results/runFolder.js';
import type { DeliveryRules } from '../../../src/outputs/influx/delivery.js';

const summary = {
  run: { endedAt: '2026-11-24T09:43:01.864Z' },
  verdict: 'passed',
  reasons: [],
  phases: [],
  findings: [],
} as unknown as RunSummary;
const linesAnInterval = linesOf(intervalPoints(tags, record)).length;
const rules: DeliveryRules = {
  batchLines: 20,
  queueLines: 1000,
  timeoutMs: 5000,
  firstPauseMs: 500,
  longestPauseMs: 5000,
};

let server: FakeServer;
let faults: string[];
let folder: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  server = fakeServer();
  faults = [];
  folder = await mkdtemp(join(tmpdir(), 'influx-output-'));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

function started(other: Partial<DeliveryRules> = {}, lastMsUnseen = 3000): Required<RunOutput> {
  const output = influxOutput({
    sink: server,
    rules: { ...rules, ...other },
    lastMs: 10_000,
    lastMsUnseen,
    onFault: (fault) => faults.push(fault),
  }) as Required<RunOutput>;
  const startedAtMs = Date.parse('2026-11-24T09:42:05.963Z');
  output.onStart({ id: tags.run, folder, scenario: 'smoke', variant: null, startedAtMs });
  return output;
}

const intervalsTaken = (): number => server.taken.filter((line) => line.startsWith('alertsim_rate')).length;

/** Lets a run continue for some seconds, with an interval each. */
async function seconds(output: Required<RunOutput>, from: number, count: number): Promise<void> {
  for (let second = from; second < from + count; second += 1) {
    output.onInterval(recordAfter(second));
    await vi.advanceTimersByTimeAsync(1000);
  }
}

/** The end of a run, with all the time that it takes. */
async function ended(output: Required<RunOutput>): Promise<{ report: unknown; waitedMs: number }> {
  const startMs = performance.now();
  let waitedMs = NaN;
  const report = output.onEnd(summary).finally(() => {
    waitedMs = performance.now() - startMs;
  });
  // The run folder is read with real time between.
  for (let step = 0; step < 100_000 && Number.isNaN(waitedMs); step += 1) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { report: await report, waitedMs };
}

describe('an InfluxDB output', () => {
  it('delivers each interval soon after it ended, and phases as they come', async () => {
    const output = started();
    output.onPhase({ phase: 'steady', kind: 'start', atMs: 1000.5 });
    output.onInterval(record);
    await vi.advanceTimersByTimeAsync(0);
    expect(server.taken).toHaveLength(2 + linesAnInterval);
    output.onPhase({ phase: 'steady', kind: 'end', atMs: 3000.5 });
    await vi.advanceTimersByTimeAsync(0);
    expect(server.taken.at(-1)).toMatch(/,timeEnd=3000i,title="steady" 1000$/);
    const { report } = await ended(output);
    expect(server.taken.at(-1)).toContain('alertsim_event,kind=end');
    expect(report).toEqual({
      output: 'influx',
      delivered: server.taken.length,
      undelivered: 0,
      fault: null,
    });
    expect(server.closed).toBe(true);
  });

  it('returns at once to the run, whatever the server does', () => {
    server.answer = () => new Promise(() => undefined);
    const output = started();
    for (let second = 0; second < 100; second += 1) output.onInterval(recordAfter(second));
    expect(server.requests.length).toBeLessThanOrEqual(1);
  });

  it('asks one thing at a time, in batches of a bounded size', async () => {
    let open = 0;
    let most = 0;
    server.answer = async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 300));
      open -= 1;
      return outcomes.delivered;
    };
    const output = started();
    for (let second = 0; second < 9; second += 1) output.onInterval(recordAfter(second));
    await ended(output);
    expect(most).toBe(1);
    expect(Math.max(...server.requests)).toBeLessThanOrEqual(rules.batchLines);
    expect(intervalsTaken()).toBe(9);
  });

  it('delivers later what a server that was away did not take, says so once, and asks ever less often', async () => {
    const output = started();
    await seconds(output, 0, 2);
    server.answer = () => outcomes.unavailable;
    const before = server.requests.length;
    await seconds(output, 2, 20);
    // Pauses of 0.5, 1, 2, 4, 5, 5 s.
    expect(server.requests.length - before).toBe(7);
    expect(faults).toEqual([outcomes.unavailable.fault]);
    server.answer = () => outcomes.delivered;
    await seconds(output, 22, 6);
    expect(intervalsTaken()).toBe(28);
    const { report } = await ended(output);
    expect(report).toMatchObject({ undelivered: 0, fault: outcomes.unavailable.fault });
  });

  it('tries again at once when the run ends in a pause', async () => {
    const output = started();
    await seconds(output, 0, 1);
    server.answer = () => outcomes.unavailable;
    await seconds(output, 1, 9);
    server.answer = () => outcomes.delivered;
    const { report, waitedMs } = await ended(output);
    expect(waitedMs).toBeLessThanOrEqual(100);
    expect(intervalsTaken()).toBe(10);
    expect(report).toMatchObject({ undelivered: 0 });
  });

  it.each([
    ['ten seconds for a server that took points before', true, 10_000],
    ['three for one that never did', false, 3000],
  ])('waits %s, and says how to deliver the rest', async (_, seen, mostMs) => {
    if (!seen) server.answer = () => outcomes.unavailable;
    const output = started();
    await seconds(output, 0, 1);
    server.answer = () => outcomes.unavailable;
    await seconds(output, 1, 2);
    const { report, waitedMs } = await ended(output);
    expect(waitedMs).toBeLessThanOrEqual(mostMs);
    expect(waitedMs).toBeGreaterThan(mostMs - 1200);
    const delivered = seen ? 1 + linesAnInterval : 0;
    expect(report).toEqual({
      output: 'influx',
      delivered,
      undelivered: 2 + 3 * linesAnInterval - delivered,
      fault: `${outcomes.unavailable.fault}; later, ${ownCommand('publish', folder)} delivers them`,
    });
  });

  it('asks a server that refuses once more at the end, and does not wait for it', async () => {
    server.answer = () => outcomes.refused;
    const output = started();
    await seconds(output, 0, 3);
    const before = server.requests.length;
    const { report, waitedMs } = await ended(output);
    expect(server.requests.length - before).toBe(1);
    expect(waitedMs).toBeLessThanOrEqual(100);
    expect(report).toMatchObject({ delivered: 0, undelivered: 2 + 3 * linesAnInterval });
  });

  it('counts points that the server will never take, and does not send them again', async () => {
    server.answer = (lines) => (lines.length > 1 ? outcomes.oneRejected : outcomes.delivered);
    const output = started();
    await seconds(output, 0, 3);
    const { report } = await ended(output);
    expect(report).toMatchObject({ delivered: server.taken.length, undelivered: 3 });
    expect(server.requests.reduce((sum, lines) => sum + lines)).toBe(2 + 3 * linesAnInterval);
  });

  it('keeps a bounded number of lines in memory, and reads the rest from the run folder at the end', async () => {
    // A real disk takes real time, in which the false clock runs far ahead.
    const output = started({ queueLines: 5 * linesAnInterval }, 1e8);
    server.answer = () => outcomes.unavailable;
    await seconds(output, 0, 40);
    const records = Array.from({ length: 40 }, (_, second) => JSON.stringify(recordAfter(second)));
    await writeFile(join(folder, 'intervals.ndjson'), `${records.join('\n')}\n`);
    server.answer = () => outcomes.delivered;
    const { report } = await ended(output);
    expect(report).toMatchObject({ delivered: 2 + 40 * linesAnInterval, undelivered: 0 });
    expect(new Set(server.taken).size).toBe(2 + 40 * linesAnInterval);
    expect(server.taken).toHaveLength(2 + 40 * linesAnInterval);
  });

  it('says how many points are missing when the run folder is gone, too', async () => {
    const output = started({ queueLines: 5 * linesAnInterval });
    server.answer = () => outcomes.unavailable;
    await seconds(output, 0, 8);
    server.answer = () => outcomes.delivered;
    await rm(folder, { recursive: true });
    const { report } = await ended(output);
    // Memory has room for five intervals, less the event of the start.
    expect(report).toMatchObject({ undelivered: 4 * linesAnInterval });
  });
});
