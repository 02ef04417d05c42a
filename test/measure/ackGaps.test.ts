import { describe, expect, it } from 'vitest';
import { AckGaps, type AckGap } from '../../src/measure/ackGaps.js';

/** An answer: when it came, for which partition, and how long after the message was handed over; milliseconds. */
interface Answer {
  readonly atMs: number;
  readonly partition?: number;
  readonly ackMs: number;
  /** Due before it was handed over: the queue was full. */
  readonly lagMs?: number;
  readonly failed?: true;
}

/** Plays answers to a producer that looks every 10 ms, but for a time in which it was stopped itself. */
function play(
  answers: readonly Answer[],
  { untilMs = 10_000, blind = [0, 0], partitions = 2 } = {},
): AckGaps {
  const gaps = new AckGaps(partitions);
  const waiting = [...answers].sort((one, other) => one.atMs - other.atMs);
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 10) {
    if (nowMs > (blind[0] ?? 0) && nowMs < (blind[1] ?? 0)) continue;
    gaps.look(nowMs * 1000);
    for (let next = waiting[0]; next !== undefined && next.atMs <= nowMs; next = waiting[0]) {
      waiting.shift();
      const { partition = 0, ackMs, lagMs = 0, failed } = next;
      if (failed) gaps.failed(partition, ackMs * 1000);
      else gaps.acked(partition, ackMs * 1000, (ackMs + lagMs) * 1000);
    }
  }
  return gaps;
}

/** A message each 10 ms that is acknowledged after 5 ms. */
const steady = (fromMs: number, toMs: number, partition = 0): Answer[] =>
  Array.from({ length: (toMs - fromMs) / 10 }, (_, index) => ({
    atMs: fromMs + 10 * index,
    partition,
    ackMs: 5,
  }));

const gap = (startMs: number, endMs: number, recoveredMs: number | null, partition = 0): AckGap => ({
  partition,
  startUs: startMs * 1000,
  endUs: endMs * 1000,
  recoveredUs: recoveredMs === null ? null : recoveredMs * 1000,
});

/** Frozen from 2,000 to 5,000 ms: the backlog is acknowledged within 500 ms. */
const frozen = (partition = 0): Answer[] => [
  ...steady(0, 2000, partition),
  ...Array.from({ length: 50 }, (_, index) => ({
    atMs: 5000 + 10 * index,
    partition,
    ackMs: 3000 - 59 * index,
  })),
  ...steady(5500, 8000, partition),
];

describe('AckGaps', () => {
  it.each<[string, readonly Answer[], Parameters<typeof play>[1], AckGap[]]>([
    ['finds nothing in a steady stream', steady(0, 10_000), {}, []],
    ['finds nothing where nothing was sent for a while', [...steady(0, 2000), ...steady(6000, 8000)], {}, []],
    ['finds nothing in a second', [...steady(0, 2000), { atMs: 2990, ackMs: 995 }], {}, []],
    [
      'finds a broker that was frozen, from the last answer to the next one',
      frozen(),
      {},
      [gap(2000, 5000, 5500)],
    ],
    [
      'begins when the first message that waits is handed over, after a rest',
      [...steady(0, 2000), { atMs: 8000, ackMs: 3000 }],
      {},
      [gap(5000, 8000, 10_000)],
    ],
    [
      'finds the silence of one partition beside others',
      [...frozen(1), ...steady(0, 10_000)],
      {},
      [gap(2000, 5000, 5500, 1)],
    ],
    [
      'takes a time in which the producer itself was stopped for nothing of the broker',
      [...steady(0, 2000), { atMs: 5000, ackMs: 3000 }, ...steady(5010, 6000)],
      { blind: [2000, 5000] },
      [],
    ],
    [
      'counts from the first message that failed, also where the next one is acknowledged at once',
      [
        ...steady(0, 2000),
        { atMs: 3500, ackMs: 1490, failed: true },
        { atMs: 5000, ackMs: 5 },
        ...steady(5010, 6000),
      ],
      {},
      [gap(2010, 5000, 5000)],
    ],
    [
      'has recovered where answers are as slow as before',
      [
        ...Array.from({ length: 200 }, (_, index) => ({ atMs: 10 * index, ackMs: 700 })),
        { atMs: 4000, ackMs: 2700 },
        { atMs: 4100, ackMs: 701 },
        { atMs: 4200, ackMs: 700 },
      ],
      {},
      [gap(1990, 4000, 4200)],
    ],
    [
      'has not recovered while the next messages are still late, also where only the queue held them up',
      [...steady(0, 2000), { atMs: 5000, ackMs: 3000 }, { atMs: 5100, ackMs: 20, lagMs: 900 }],
      {},
      [gap(2000, 5000, 10_000)],
    ],
  ])('%s', (_, answers, options, expected) => {
    const gaps = play(answers, options);
    gaps.end();
    expect(gaps.take()).toEqual(expected);
  });

  it('ends with the phase: with all answered it has recovered', () => {
    const gaps = play([...steady(0, 2000), { atMs: 5000, ackMs: 3000 }], { untilMs: 5200 });
    gaps.end();
    expect(gaps.take()).toEqual([gap(2000, 5000, 5200)]);
  });

  it('ends with the phase: what is not waited for any more has not', () => {
    const gaps = play(steady(0, 2000), { untilMs: 6000 });
    gaps.end(new Set([0]), 2_500_000);
    expect(gaps.take()).toEqual([gap(2500, 6000, null)]);
    gaps.end();
    expect(gaps.take()).toEqual([]);
  });
});
