import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { cut, Joiner } from '../../../src/coordinator/shards/pieces.js';
import { Silence } from '../../../src/coordinator/shards/silence.js';
import { fold, spread } from '../../../src/coordinator/shards/variations.js';

describe('long messages in pieces', () => {
  test('come out whole and in order, however the pieces of several senders mix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 40 }), { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat()),
        (texts, most, choices) => {
          const queues = texts.map((own) => own.flatMap((text, number) => cut(number, text, most)));
          const joiner = new Joiner();
          const found = texts.map((): string[] => []);
          for (;;) {
            const open = queues.flatMap((queue, sender) => (queue.length > 0 ? [sender] : []));
            if (open.length === 0) break;
            const { value: choice = 0 } = choices.next() as { value?: number };
            const sender = open[choice % open.length] ?? 0;
            const piece = queues[sender]?.shift();
            if (piece === undefined) break;
            const whole = joiner.take(String(sender), piece);
            if (whole !== undefined) found[sender]?.push(whole);
          }
          expect(found).toEqual(texts);
        },
      ),
    );
  });

  it('leaves out a text whose beginning was missed, and takes the next one', () => {
    const joiner = new Joiner();
    const [, ...missed] = cut(1, 'abcdef', 2);
    expect(missed.map((piece) => joiner.take('a', piece))).toEqual([undefined, undefined]);
    expect(cut(2, 'xy', 2).map((piece) => joiner.take('a', piece))).toEqual(['xy']);
  });
});

describe('alike objects in little space', () => {
  const data = fc.dictionary(
    fc.constantFrom('kind', 'name', 'producer', 'phases', 'run'),
    fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer())),
  );

  test('are the same objects again, also by way of JSON', () => {
    fc.assert(
      fc.property(fc.array(data, { minLength: 1, maxLength: 12 }), (objects) => {
        expect(spread(JSON.parse(JSON.stringify(fold(objects))) as ReturnType<typeof fold>)).toEqual(objects);
      }),
    );
  });

  it('says what they have in common once', () => {
    const phases = Array.from({ length: 50 }, (_, index) => ({ name: `phase-${index}` }));
    const tasks = Array.from({ length: 100 }, (_, index) => ({ kind: 'replay', producer: index, phases }));
    const text = JSON.stringify(fold(tasks));
    expect(text.split('phase-49')).toHaveLength(2);
    expect(text.length).toBeLessThan(JSON.stringify(tasks).length / 20);
  });
});

describe('silence', () => {
  it('counts from the last time that something was heard', () => {
    const silence = new Silence(0);
    for (let ms = 100; ms <= 900; ms += 100) silence.look(ms);
    expect(silence.heard(1000)).toBe(1000);
    expect(silence.look(1200)).toBe(200);
  });

  it('does not count time in which this process itself did not run', () => {
    const silence = new Silence(0);
    silence.look(100);
    expect(silence.look(60_100)).toBe(600);
    expect(silence.look(60_200)).toBe(700);
  });

  test('is never longer than the time that passed, and never negative', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 50 }), (steps) => {
        const silence = new Silence(0);
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step;
          const silentMs = silence.look(nowMs);
          expect(silentMs).toBeGreaterThanOrEqual(0);
          expect(silentMs).toBeLessThanOrEqual(nowMs);
        }
      }),
    );
  });
});
