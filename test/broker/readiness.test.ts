import { describe, expect, it } from 'vitest';
import { tellingLines } from '../../src/broker/logging.js';
import { ownerFrom } from '../../src/broker/ports.js';
import { waitUntilReady, type ReadinessTools } from '../../src/broker/readiness.js';

describe('waitUntilReady', () => {
  it.each([
    ['ready once the check passes', { passesAtMs: 4000 }, { kind: 'ready' }],
    ['late at the deadline, with the last reason', {}, { kind: 'late', reason: 'not before Infinity' }],
    ['ended when the process is gone', { diesAtMs: 3000, passesAtMs: 4000 }, { kind: 'ended' }],
    ['interrupted by the signal', { interruptedAtMs: 2000, passesAtMs: 4000 }, { kind: 'interrupted' }],
  ])('is %s', async (_what, world, expected) => {
    const {
      passesAtMs = Infinity,
      diesAtMs = Infinity,
      interruptedAtMs = Infinity,
    } = world as Record<string, number>;
    let now = 0;
    const interruption = new AbortController();
    const tools: ReadinessTools = {
      check: () =>
        now >= passesAtMs ? Promise.resolve() : Promise.reject(new Error(`not before ${passesAtMs}`)),
      nowMs: () => now,
      pause: (delayMs) => {
        now += delayMs;
        if (now >= interruptedAtMs) interruption.abort();
        return Promise.resolve();
      },
    };
    const question = {
      plainPort: 1,
      ports: [1],
      isAlive: () => Promise.resolve(now < diesAtMs),
      deadlineMs: 60_000,
      signal: interruption.signal,
    };
    expect(await waitUntilReady(question, tools)).toEqual(expected);
  });
});

describe('tellingLines', () => {
  it('prefers complaints to other lines, and leaves stack frames out', () => {
    const log =
      '[1] INFO begin\n[2] ERROR bad (x)\njava.lang.Exception: oh\n  at a.b(C.java:1)\n[3] INFO end\n';
    expect(tellingLines(log)).toEqual(['[2] ERROR bad (x)', 'java.lang.Exception: oh']);
  });

  it('gives the last lines where nobody complains', () => {
    expect(tellingLines('1\n2\n3\n', 2)).toEqual(['2', '3']);
    expect(tellingLines('')).toEqual([]);
  });
});

describe('ownerFrom', () => {
  it.each([
    ['lsof', 'p4711\ncjava\nf146\n', 'java (pid 4711)'],
    ['ss', 'LISTEN 0 50 127.0.0.1:9092 *:* users:(("java",pid=4711,fd=146))', 'java (pid 4711)'],
    ['a listener of another user', 'LISTEN 0 50 127.0.0.1:9092 *:*', undefined],
  ])('reads %s', (_what, text, expected) => {
    expect(ownerFrom(text)).toBe(expected);
  });
});
