import type { RunTags } from '../../../src/outputs/influx/points.js';
import { soundLatency } from '../../results/sound.js';
import type { IntervalRecord } from '../../../src/results/runFolder.js';

export const tags: RunTags = { run: '2026-11-24-094205-smoke', scenario: 'smoke', variant: 'none' };

/** An interval with all that an interval can have. */
export const record: IntervalRecord = {
  time: '2026-11-24T09:42:10.250Z',
  startSeconds: 4,
  seconds: 1.02,
  phase: 'steady',
  targetPerSecond: 1000,
  achievedPerSecond: 998.6,
  bytesPerSecond: 82.9e6,
  counts: { sent: 1000, acked: 999, failed: 1, received: 990 },
  inFlight: 12,
  latency: { ack: soundLatency.ack },
  buckets: { ack: { '630': 3, '1000': 997 } },
  read: [],
  lag: { 'rubin-alert-sim-group-1-3194201907': 1500 },
  watched: {},
  harness: { cpuCores: 0.5, rssBytes: 2.5e8 },
  workers: {
    'replay 1': {
      eventLoopDelayP99Us: 812.5,
      eventLoopUtilization: 0.25,
      cpuCores: 0.125,
      queueFullSeconds: 0,
      awaitedSeconds: 0,
      rssBytes: 2e8,
    },
  },
  broker: { '1': { cpuCores: 0.75, requestQueueSize: 0 } },
};

/** The interval that ends so many seconds after that one. */
export function recordAfter(seconds: number): IntervalRecord {
  return { ...record, time: new Date(Date.parse(record.time) + seconds * 1000).toISOString() };
}
