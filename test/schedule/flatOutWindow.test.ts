import { describe, expect, it } from 'vitest';
import { FlatOutWindow } from '../../src/schedule/flatOutWindow.js';

/** A broker that acknowledges as fast as it can, and never more than what is in flight in one round trip. */
function settle(window: FlatOutWindow, broker: { mostPerSecond: number; roundTripSeconds: number }): number {
  let acked = 0;
  for (let nowNs = 0; nowNs < 20e9; nowNs += 1e7) {
    const byWindow = window.messages / broker.roundTripSeconds;
    if (byWindow < broker.mostPerSecond * 1.5) window.noteFull();
    acked += Math.min(byWindow, broker.mostPerSecond) * 0.01;
    window.judge(nowNs, acked);
  }
  return window.messages;
}

describe('FlatOutWindow', () => {
  it.each([
    ['a broker beside it', { mostPerSecond: 2e6, roundTripSeconds: 0.01 }, 32_768],
    ['a broker 100 ms away', { mostPerSecond: 1e6, roundTripSeconds: 0.1 }, 131_072],
    ['a broker 100 ms away that is slow', { mostPerSecond: 2e5, roundTripSeconds: 0.1 }, 32_768],
    [
      'a broker so far away that librdkafka’s queue is the limit',
      { mostPerSecond: 2e6, roundTripSeconds: 1 },
      500_000,
    ],
  ])('settles on as few as reach the rate of %s', (_, broker, messages) => {
    expect(settle(new FlatOutWindow(500_000, 100), broker)).toBe(messages);
  });

  it('never allows more than librdkafka takes', () => {
    const window = new FlatOutWindow(1000, 100);
    expect(window.messages).toBe(1000);
    expect(settle(window, { mostPerSecond: 2e6, roundTripSeconds: 1 })).toBe(1000);
  });

  it('stays as it is while the window is not what holds messages back', () => {
    const window = new FlatOutWindow(500_000, 100);
    for (let second = 0; second < 10; second += 1) window.judge(second * 1e9, second * 1000);
    expect(window.messages).toBe(32_768);
  });

  it.each([
    ['900 B, of which as many as of any smaller ones', 900, 32_768],
    ['10 kB', 10_000, 3200],
    ['85 kB', 85_000, 376],
    ['more than the window has bytes: one at a time', 40e6, 1],
    ['no bytes at all', 0, 32_768],
  ])('begins with as many messages as 32 MB hold: %s', (_, bytes, messages) => {
    expect(new FlatOutWindow(500_000, bytes).messages).toBe(messages);
  });

  it('grows from there for a broker that is far away, and falls back no further than to where it began', () => {
    const far = { mostPerSecond: 20_000, roundTripSeconds: 0.2 };
    expect(settle(new FlatOutWindow(500_000, 10_000), far)).toBe(6400);
    const near = { mostPerSecond: 20_000, roundTripSeconds: 0.01 };
    expect(settle(new FlatOutWindow(500_000, 10_000), near)).toBe(3200);
  });
});
