import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hlogHead, hlogLine } from '../../src/results/latencyLog.js';
import { LatencyHistogram } from '../../src/measure/latency.js';
import { noSample, soundCounts, soundLatency, soundRate, heldExpectation, soundGroup } from './sound.js';
import type { IntervalRecord, RunSummary } from '../../src/results/runFolder.js';

/** When the runs of these tests start. */
export const startMs = Date.UTC(2026, 10, 24, 9, 42, 5);

/** A run of one phase that passed. */
export const summary: RunSummary = {
  schemaVersion: 1,
  run: {
    id: '2026-11-24-094205-smoke',
    scenario: 'smoke',
    variant: null,
    startedAt: new Date(startMs).toISOString(),
    endedAt: new Date(startMs + 10_000).toISOString(),
  },
  verdict: 'passed',
  reasons: [],
  counts: soundCounts,
  rate: soundRate,
  latency: soundLatency,
  phases: [
    {
      name: 'steady',
      measured: true,
      startedAt: new Date(startMs).toISOString(),
      endedAt: new Date(startMs + 9000).toISOString(),
      counts: soundCounts,
      rate: soundRate,
      latency: soundLatency,
      harness: { cpuCores: 0.4, rssBytesMax: 2e8, seconds: 3 },
      broker: null,
    },
  ],
  groups: [soundGroup],
  watchedGroups: [],
  broker: null,
  expectations: [heldExpectation],
  searches: [],
  catchUps: [],
  selfCheck: [],
  findings: [],
  outputs: [],
};

/** The manifest of that run, as far as readers look at it. */
export const manifest = {
  schemaVersion: 1,
  id: summary.run.id,
  run: 1234,
  startedAt: summary.run.startedAt,
  scenario: { name: 'smoke', kafka: { bootstrap: 'localhost:9092', client: { 'linger.ms': 5 } } },
  versions: { rubinAlertSim: '0.1.0', node: '20.20.2', librdkafka: '2.12.0', commit: null },
  host: { name: 'laptop', cores: 2 },
  cluster: { stream: { 'retention.ms': '3600000' }, reservoir: {}, brokers: { 1: {} }, unread: [] },
};

/** An interval of a second. */
export function interval(startSeconds: number, some: Partial<IntervalRecord> = {}): IntervalRecord {
  return {
    time: new Date(startMs + (startSeconds + 1) * 1000).toISOString(),
    startSeconds,
    seconds: 1,
    phase: 'steady',
    targetPerSecond: 100,
    achievedPerSecond: 100,
    bytesPerSecond: 8e6,
    counts: { sent: 100, acked: 100, failed: 0, received: 100 },
    inFlight: 1,
    latency: { ack: { ...noSample, count: 100, p50: 700, p99: 5000, max: 6000, mean: 900 } },
    buckets: {},
    read: [],
    lag: { 'group-1': 0 },
    watched: {},
    workers: {
      'replay 1': {
        eventLoopDelayP99Us: 900,
        eventLoopUtilization: 0.2,
        cpuCores: 0.15,
        queueFullSeconds: 0,
        awaitedSeconds: 0,
        rssBytes: 1e8,
      },
    },
    harness: { cpuCores: 0.4, rssBytes: 2e8 },
    broker: null,
    ...some,
  };
}

/** A line of `latency.hlog` with some values of `ack`. */
export function ackLine(startSeconds: number, values: readonly number[]): string {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return hlogLine('ack', histogram.histogram, startSeconds, startSeconds + 1);
}

/** The files of a run folder. A value that is no text is written as JSON; undefined leaves the file out. */
export interface FolderFiles {
  readonly manifest?: unknown;
  readonly summary?: unknown;
  readonly intervals?: string | undefined;
  readonly hlog?: string | undefined;
}

export const wholeFolder: FolderFiles = {
  manifest,
  summary,
  intervals: [0, 1, 2].map((second) => `${JSON.stringify(interval(second))}\n`).join(''),
  hlog: hlogHead(startMs) + [0, 1, 2].map((second) => ackLine(second, [700, 5000])).join(''),
};

/** Makes a run folder; it is removed when the test has ended. */
export function makeFolder(files: FolderFiles): string {
  const folder = mkdtempSync(join(tmpdir(), 'report-test-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (name: string, content: unknown): void => {
    if (content === undefined) return;
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('manifest.json', files.manifest);
  write('summary.json', files.summary);
  write('intervals.ndjson', files.intervals);
  write('latency.hlog', files.hlog);
  return folder;
}
