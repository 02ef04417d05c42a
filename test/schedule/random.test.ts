import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/schedule/random.js';

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
}

describe('seededRandom', () => {
  it('draws the same numbers from the same seed, 0 or more and below 1', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const drawn = draw(seed, 20);
        expect(draw(seed, 20)).toEqual(drawn);
        expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
      }),
    );
  });

  it('draws the numbers that it drew when results were first stored with their seeds', () => {
    expect(draw(1, 3).map((value) => value * 2 ** 32)).toMatchInlineSnapshot(`
      [
        2527132011,
        314344336,
        2535364964,
      ]
    `);
  });

  it('draws evenly: each tenth gets its share, also for seeds that follow upon each other', () => {
    for (const drawn of [
      draw(7, 100_000),
      Array.from({ length: 100_000 }, (_, seed) => draw(seed, 1)[0] ?? 0),
    ]) {
      const tenths = new Array<number>(10).fill(0);
      for (const value of drawn) tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
      // Five standard deviations of a share of 10,000.
      for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(475);
    }
  });
});
