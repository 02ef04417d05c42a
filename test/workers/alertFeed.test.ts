import { describe, expect, it } from 'vitest';
import { producedRow } from '../../src/kafka/rows.js';
import { AlertMemory } from '../../src/workers/alertMemory.js';
import { pacedFeed, recordedFeed, type AlertFeed } from '../../src/workers/alertFeed.js';
import type { ReservoirAlert } from '../../src/workers/reservoirReader.js';

const task = { producer: { index: 1, of: 2 }, reservoirTopic: 'r', spanUs: 3_000_000 };

/** Alerts whose value is their number, at these time offsets, in seconds. */
function alertsAt(...seconds: readonly number[]): ReservoirAlert[] {
  return seconds.map((offset, number) => ({
    timeOffsetUs: offset * 1e6,
    message: {
      ...{ partition: 0, offset: number, timestampMs: 0, key: null, headers: [] },
      value: Buffer.from([number]),
    },
    places: undefined,
  }));
}

function sourceOf(alerts: readonly ReservoirAlert[], isWhole: boolean): Parameters<typeof recordedFeed>[1] {
  const memory = new AlertMemory(1000, 1000);
  for (const { message } of alerts) memory.keep(message);
  let next = 0;
  return {
    ...{ memory, originals: alerts, isWhole, alertsOfShare: alerts.length },
    timeOffsetsUs: alerts.map(({ timeOffsetUs }) => timeOffsetUs),
    rewind: () => {
      next = 0;
      return Promise.resolve();
    },
    next: () => {
      next += 1;
      return Promise.resolve(alerts[next - 1]);
    },
    // Every second one was read ahead.
    nextBuffered: () => {
      if (next % 2 === 0) return undefined;
      next += 1;
      return alerts[next - 1];
    },
  };
}

/** Everything that a feed sends, in order: which alert, and when it is due, in seconds. */
async function sentBy(feed: AlertFeed, memory: AlertMemory): Promise<[number | undefined, number][]> {
  const rows = new Float64Array(producedRow.fields);
  const sent: [number | undefined, number][] = [];
  for (let index = 0; index < feed.count; index += 1) {
    if (!((await feed.fetch?.(index)) ?? true)) break;
    feed.point(index, rows, 0);
    sent.push([memory.bytes[rows[producedRow.valueAt] ?? NaN], feed.dueNs(index) / 1e9]);
  }
  return sent;
}

describe.each([
  ['that fit into memory', true],
  ['that are read as they are sent', false],
])('recorded alerts %s', (_how, isWhole) => {
  const send = (passes: number, speed: number, ...seconds: readonly number[]) => {
    const source = sourceOf(alertsAt(...seconds), isWhole);
    const pacing = { kind: 'recorded', speed, passes, rewrite: false } as const;
    return sentBy(recordedFeed(task, source, pacing), source.memory);
  };

  it('are all sent, each when it was recorded', async () => {
    expect(await send(1, 1, 0, 0.5, 3)).toEqual([
      [0, 0],
      [1, 0.5],
      [2, 3],
    ]);
  });

  it('keep their order: one behind a later one is due together with that one', async () => {
    expect(await send(1, 2, 0, 2, 1, -1, 3)).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1.5],
    ]);
  });

  it('are sent again in each pass, later by the span of the reservoir and a second', async () => {
    expect(await send(2, 2, 1, 3)).toEqual([
      [0, 0.5],
      [1, 1.5],
      [0, 2.5],
      [1, 3.5],
    ]);
  });

  it('are rewritten where the phase says so, which needs their places', async () => {
    const source = sourceOf(alertsAt(0), isWhole);
    const feed = recordedFeed(task, source, { kind: 'recorded', speed: 1, passes: 2, rewrite: true });
    await expect(sentBy(feed, source.memory)).rejects.toThrow('has no valid alertsim-places header');
  });
});

describe('recorded alerts in memory', () => {
  it('are known beforehand, so that those which are due together go with one call', () => {
    const source = sourceOf(alertsAt(...Array<number>(600).fill(1)), true);
    const feed = recordedFeed(task, source, { kind: 'recorded', speed: 1, passes: 1, rewrite: false });
    expect(feed.rowsAtOnce).toBe(64);
    expect(feed.fetch).toBeUndefined();
    // 600 alerts within 10 ms, and none before.
    expect(feed.gapNsAt(1e9)).toBeCloseTo(10e6 / 600);
    expect(feed.gapNsAt(0)).toBe(Infinity);
  });
});

describe('a rate', () => {
  it('gives each producer every n-th index, from its first alert again after its last', async () => {
    const source = sourceOf(alertsAt(0, 0, 0), true);
    const feed = pacedFeed(task, source, { kind: 'constant', ratePerSecond: 2, durationNs: 5e9 });
    expect(await sentBy(feed, source.memory)).toEqual([
      [0, 0.5],
      [1, 1.5],
      [2, 2.5],
      [0, 3.5],
      [1, 4.5],
    ]);
    expect(feed.untilNs).toBe(6e9);
  });
});
