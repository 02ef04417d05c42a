import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StoredMessage, TopicReader } from '../../src/kafka/topicReader.js';
import { ReservoirReader } from '../../src/workers/reservoirReader.js';

/** How many messages each read asked for, and what answers it. */
const asked: number[] = [];
let answer: (most: number) => Promise<readonly StoredMessage[]>;

vi.mock('../../src/kafka/topicReader.js', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../src/kafka/topicReader.js')>()),
  openTopicReader: (): Promise<TopicReader> =>
    Promise.resolve({
      read: (most) => {
        asked.push(most);
        return answer(most);
      },
      pause: () => undefined,
      resume: () => undefined,
      assign: () => undefined,
      ends: () => [],
      offsetsAt: () => Promise.resolve(new Map()),
      follow: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    }),
}));

const opened: ReservoirReader[] = [];

// They read on by themselves; one whose broker does not answer never closes.
afterEach(() => {
  for (const reader of opened.splice(0)) void reader.close();
  asked.length = 0;
});

/** A reservoir of one partition, whose alerts are due a millisecond after each other. */
async function reservoirOf(alerts: number, bytes: number, bufferBytes: number): Promise<ReservoirReader> {
  let offset = 0;
  answer = (most) => {
    const messages = Array.from({ length: Math.min(most, alerts - offset) }, (_, index) => ({
      partition: 0,
      offset: offset + index,
      value: Buffer.alloc(bytes),
      key: null,
      headers: [{ 'alertsim-time-offset': ((offset + index) / 1000).toFixed(3) }],
      timestampMs: 0,
    }));
    offset += messages.length;
    return Promise.resolve(messages);
  };
  const share = { partition: 0, every: 1, at: 0, low: 0, high: alerts };
  const reader = await ReservoirReader.open({ bootstrap: 'nowhere:1' }, 'reservoir', [share], 1000, {
    bufferBytes,
  });
  opened.push(reader);
  return reader;
}

describe('ReservoirReader', () => {
  it('takes over about half a megabyte at once, and 200 alerts at the most', async () => {
    const large = await reservoirOf(100, 100_000, 64e6);
    await large.filled(1000);
    expect(Math.max(...asked)).toBe(5);
    asked.length = 0;
    const small = await reservoirOf(5000, 100, 64e6);
    await small.filled(1000);
    expect(Math.max(...asked)).toBe(200);
  });

  it('is filled when as much as it reads ahead is in memory, and gives it out without waiting', async () => {
    const reader = await reservoirOf(100, 100_000, 2e6);
    await reader.filled(1000);
    const found: (number | undefined)[] = [];
    for (let taken = 0; taken < 20; taken += 1) found.push(reader.nextBuffered()?.timeOffsetUs);
    expect(found).toEqual(Array.from({ length: 20 }, (_, index) => index * 1000));
    // Neither much more than that, nor another read by then.
    expect(asked.reduce((sum, most) => sum + most, 0)).toBeLessThan(35);
  });

  it('fills its memory again by itself, however few alerts are taken meanwhile', async () => {
    const reader = await reservoirOf(1000, 100_000, 2e6);
    await reader.filled(1000);
    for (let taken = 0; taken < 20; taken += 1) reader.nextBuffered();
    // It waits for a pause of 10 ms, and once more where a timer came too early.
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Reading stops when the memory is full; alerts that are given out now are there without another read.
    const before = asked.length;
    for (let given = 0; given < 15; given += 1)
      expect(reader.nextBuffered()?.timeOffsetUs).toBe((20 + given) * 1000);
    expect(asked.length - before).toBeLessThanOrEqual(1);
  });

  it('reads nothing any more once it is closed', async () => {
    const reader = await reservoirOf(1000, 100_000, 2e6);
    await reader.filled(1000);
    for (let taken = 0; taken < 20; taken += 1) reader.nextBuffered();
    const held = reader.close();
    const before = asked.length;
    await held;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked.length).toBe(before);
  });

  it('gives nothing to who awaits an alert when it is closed', async () => {
    const reader = await reservoirOf(1000, 100_000, 2e6);
    let reply: (messages: readonly StoredMessage[]) => void = () => undefined;
    answer = () => new Promise((resolve) => (reply = resolve));
    const awaited = reader.next();
    const closed = reader.close();
    // Of another partition: the read ends without an alert.
    reply([{ partition: 9, offset: 0, value: null, key: null, headers: [], timestampMs: 0 }]);
    await closed;
    expect(await awaited).toBeUndefined();
  });

  it('is filled with all of a reservoir that is smaller', async () => {
    const reader = await reservoirOf(7, 1000, 64e6);
    await reader.filled(1000);
    const found: unknown[] = [];
    for (let alert = reader.nextBuffered(); alert !== undefined; alert = reader.nextBuffered())
      found.push(alert);
    expect(found).toHaveLength(7);
    expect(await reader.next()).toBeUndefined();
  });

  it.each([
    ['all of them', 7, 100, 64e6],
    ['as many as it was asked for', 500, 100, 64e6],
    ['as many as the memory holds', 500, 100, 1e6],
  ])(
    'has the mean size of the first alerts, which stay unread: %s',
    async (_, alerts, asksFor, bufferBytes) => {
      const reader = await reservoirOf(alerts, 50_000, bufferBytes);
      expect(await reader.meanBytes(asksFor)).toBe(50_000 + 1024);
      expect((await reader.next())?.timeOffsetUs).toBe(0);
    },
  );

  it('does not wait for longer than it may, where the broker is slow to answer', async () => {
    const reader = await reservoirOf(100, 1000, 64e6);
    answer = () => new Promise(() => undefined);
    const startMs = performance.now();
    await reader.filled(50);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(reader.nextBuffered()).toBeUndefined();
  });
});
