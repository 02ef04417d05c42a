import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IntervalClock } from '../../src/coordinator/intervalClock.js';

const startMs = 1_000_000;
let clock: IntervalClock;
let ends: number[];
beforeEach(() => {
  vi.useFakeTimers({ now: startMs });
  ends = [];
  clock = new IntervalClock(2, (endMs) => ends.push(endMs - startMs));
  clock.phase(true, startMs);
});
afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

/** A producer reports at one instant what it did until another one, both in milliseconds after the start. */
async function report(producer: string, toldMs: number, untilMs: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(startMs + toldMs - Date.now());
  clock.reported(producer, startMs + untilMs);
}

describe('the end of an interval', () => {
  it('is where the reports of all producers end, whenever they are told', async () => {
    await report('replay 1', 1003, 1000);
    await report('replay 2', 1010, 1004);
    await report('replay 1', 2030, 2000);
    await report('replay 2', 2040, 2002);
    await vi.advanceTimersByTimeAsync(150);
    expect(ends).toEqual([1002, 2001]);
  });

  it('leaves time for the consumers, which report at the same instant', async () => {
    await report('replay 1', 1001, 1000);
    await report('replay 2', 1001, 1000);
    await vi.advanceTimersByTimeAsync(100);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect(ends).toEqual([1000]);
  });

  it('comes by the clock when a producer is silent', async () => {
    await report('replay 1', 1000, 1000);
    await vi.advanceTimersByTimeAsync(700);
    expect(ends).toEqual([1500]);
  });

  it('comes each second while consumers catch up', async () => {
    clock.phase(false, startMs);
    await vi.advanceTimersByTimeAsync(3100);
    expect(ends).toEqual([1000, 2000, 3000]);
  });

  it('is not told twice when a phase ends meanwhile', async () => {
    await report('replay 1', 1000, 1000);
    await report('replay 2', 1000, 1000);
    clock.phase(false, Date.now());
    await vi.advanceTimersByTimeAsync(500);
    expect(ends).toEqual([]);
  });

  it('does not come any more after a stop', async () => {
    await report('replay 1', 1000, 1000);
    await report('replay 2', 1000, 1000);
    clock.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(ends).toEqual([]);
  });
});
