import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/measure/rangeSet.js';

/** Few different numbers, so that ranges touch, merge and repeat often. */
const numbers = fc.array(fc.nat({ max: 40 }), { maxLength: 80 });

function setOf(values: Iterable<number>): RangeSet {
  const set = new RangeSet();
  for (const value of values) set.add(value);
  return set;
}

/** The edges that a set must have: found by walking through all numbers. */
function edgesOf(model: ReadonlySet<number>): number[] {
  const edges: number[] = [];
  for (let value = 0; value <= 100; value += 1) {
    if (model.has(value) !== model.has(value - 1)) edges.push(value);
  }
  return edges;
}

function expectSame(set: RangeSet, model: ReadonlySet<number>): void {
  expect(set.edges).toEqual(edgesOf(model));
  expect(set.size).toBe(model.size);
  expect(set.last).toBe(Math.max(-1, ...model));
  for (let value = 0; value <= 42; value += 1) expect(set.has(value)).toBe(model.has(value));
}

describe('RangeSet', () => {
  it('holds the same numbers as a set of numbers, whatever the order in which they come', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const set = new RangeSet();
        const model = new Set<number>();
        for (const value of values) {
          expect(set.add(value)).toBe(!model.has(value));
          model.add(value);
          expectSame(set, model);
        }
      }),
    );
  });

  it('adds another set, and counts what both had', () => {
    fc.assert(
      fc.property(numbers, numbers, (ours, theirs) => {
        const set = setOf(ours);
        const other = setOf(theirs);
        const mine = new Set(ours);
        const both = [...new Set(theirs)].filter((value) => mine.has(value)).length;
        expect(set.addAll(other)).toBe(both);
        expectSame(set, new Set([...ours, ...theirs]));
        expectSame(other, new Set(theirs));
      }),
    );
  });

  it('finds what it has in common with another set, and changes neither', () => {
    fc.assert(
      fc.property(numbers, numbers, (ours, theirs) => {
        const set = setOf(ours);
        const other = setOf(theirs);
        const their = new Set(theirs);
        expectSame(set.common(other), new Set(ours.filter((value) => their.has(value))));
        expectSame(set, new Set(ours));
        expectSame(other, their);
      }),
    );
  });

  it('is made again from its edges, and is then a set of its own', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const first = setOf(values);
        const second = new RangeSet(first.edges);
        expectSame(second, new Set(values));
        second.add(41);
        expectSame(first, new Set(values));
      }),
    );
  });

  it('goes on after another set was added', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (before, added, after) => {
        const set = setOf(before);
        set.addAll(setOf(added));
        for (const value of after) set.add(value);
        expectSame(set, new Set([...before, ...added, ...after]));
      }),
    );
  });

  it('keeps a stream without losses as one range, however long', () => {
    const set = setOf(Array.from({ length: 100_000 }, (_, index) => index));
    expect(set.edges).toEqual([0, 100_000]);
  });

  it('holds numbers beyond 32 bits', () => {
    const large = 2 ** 53 - 10;
    const set = setOf([large, large + 2, large + 1, 0]);
    expect(set.edges).toEqual([0, 1, large, large + 3]);
    expect([large - 1, large, large + 2, large + 3].map((value) => set.has(value))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('is empty at first', () => {
    expectSame(new RangeSet(), new Set());
    expect(new RangeSet().addAll(new RangeSet())).toBe(0);
  });
});
