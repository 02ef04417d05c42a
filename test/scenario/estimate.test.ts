import { describe, expect, test } from 'vitest';
import { planEstimate, refusals } from '../../src/scenario/estimate.js';
import { adding } from './malformed.js';
import { planFrom } from './planFrom.js';

const steady = { count: 300, durationNs: 3e9, peakPerSecond: 100 };
const flatOut = { count: undefined, durationNs: 5e9, peakPerSecond: undefined };

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

describe('refusals', () => {
  const plan = planFrom(adding(''));
  const estimate = planEstimate(plan, { alertCount: 1000, meanBytes: 99_900, phases: [steady] });

  test('there are none where all fits, or nothing is known', () => {
    expect(refusals(estimate, { freeDiskBytes: 1e12, freeMemoryBytes: 1e12 })).toEqual([]);
    expect(refusals(estimate, {})).toEqual([]);
  });

  test('each lack is a sentence with both figures and the way out', () => {
    expect(refusals(estimate, { freeDiskBytes: 50e6, freeMemoryBytes: 100e6 })).toEqual([
      'the two topics need 130.0 MB of disk, but 50.0 MB are free; shorten the phases, lower the rates, or send smaller alerts',
      'the workers may need 272.0 MB of memory, but 100.0 MB are free; lower replay.workers, replay.prefetch or kafka.client.queue.buffering.max.kbytes',
    ]);
  });
});
