import { expect, it } from 'vitest';
import { DuePoints } from '../../src/workers/duePoints.js';

/** Points as they are taken at an instant: partition, offset, and when it was due, milliseconds. */
function taken(points: DuePoints, untilMs: number): [number, number, number][] {
  const flat = points.take(untilMs * 1e6);
  return Array.from({ length: flat.length / 3 }, (_, at) => {
    const [partition = 0, offset = 0, beforeUs = 0] = flat.slice(at * 3, at * 3 + 3);
    return [partition, offset, untilMs - beforeUs / 1000];
  });
}

it('notes a message each 100 ms of a partition, by the offset that the broker gave it, and the last one', () => {
  const points = new DuePoints(2);
  for (let sequence = 0; sequence < 25; sequence += 1) points.sent(1, sequence, sequence * 10e6);
  for (let sequence = 0; sequence < 25; sequence += 1) points.acked(1, sequence, 500 + sequence);
  expect(taken(points, 1000)).toEqual([
    [1, 500, 0],
    [1, 510, 100],
    [1, 520, 200],
    [1, 524, 240],
  ]);
  expect(taken(points, 2000)).toEqual([]);
});

it('notes both ends of a pause, so that nothing is interpolated across it', () => {
  const points = new DuePoints(1);
  [0, 50, 37_000].forEach((ms, sequence) => {
    points.sent(0, sequence, ms * 1e6);
  });
  [0, 1, 2].forEach((sequence) => {
    points.acked(0, sequence, 7 + sequence);
  });
  expect(taken(points, 38_000)).toEqual([
    [0, 7, 0],
    [0, 8, 50],
    [0, 9, 37_000],
  ]);
});

it('of messages that are due together, notes the first and the last', () => {
  const points = new DuePoints(1);
  for (let sequence = 0; sequence < 20; sequence += 1) points.sent(0, sequence, 5e6);
  for (let sequence = 0; sequence < 20; sequence += 1) points.acked(0, sequence, 100 + sequence);
  expect(taken(points, 10)).toEqual([
    [0, 100, 5],
    [0, 119, 5],
  ]);
  expect(taken(points, 20)).toEqual([]);
});

it('a message that is in flight is noted when its offset is known', () => {
  const points = new DuePoints(1);
  points.sent(0, 0, 0);
  points.sent(0, 1, 200e6);
  points.acked(0, 0, 40);
  expect(taken(points, 300)).toEqual([[0, 40, 0]]);
  points.acked(0, 1, 43);
  expect(taken(points, 1300)).toEqual([
    [0, 42, 0],
    [0, 43, 200],
  ]);
});

it('without offsets, as with acks=0, there is none', () => {
  const points = new DuePoints(1);
  points.sent(0, 0, 0);
  points.acked(0, 0, -1);
  expect(taken(points, 300)).toEqual([]);
});
