import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  limitSearch,
  probesOf,
  type LimitResult,
  type LimitSearchOptions,
  type NextProbe,
  type ProbeOutcome,
} from '../../src/schedule/limitSearch.js';
import { purposes, seededRandom, standardNormal } from '../../src/random.js';

const usual: LimitSearchOptions = {
  fromPerSecond: 100,
  toPerSecond: 20_000,
  precision: 0.02,
  confirm: 3,
  probes: 200,
};

interface Searched {
  readonly result: LimitResult;
  readonly probes: readonly (NextProbe & { readonly outcome: ProbeOutcome })[];
}

/** Runs a search against a broker that is a function from the rate and the probe to an outcome. */
function search(
  broker: (ratePerSecond: number, probe: number, purpose: NextProbe['purpose']) => ProbeOutcome,
  options: LimitSearchOptions = usual,
): Searched {
  const course = limitSearch(options);
  const probes: (NextProbe & { outcome: ProbeOutcome })[] = [];
  let next = course.next();
  while (next.done !== true) {
    const outcome = broker(next.value.ratePerSecond, probes.length, next.value.purpose);
    probes.push({ ...next.value, outcome });
    next = course.next(outcome);
  }
  return { result: next.value, probes };
}

const capacity =
  (limit: number) =>
  (rate: number): ProbeOutcome =>
    rate <= limit ? 'held' : 'failed';

describe('limitSearch on a broker without noise', () => {
  it('finds the limit within its precision, whatever the limit', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 100, max: 19_999, noNaN: true }),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (limit, precision) => {
          const { result, probes } = search(capacity(limit), { ...usual, precision });
          const { held = NaN, failed = NaN } = result.bracket;
          expect(result).toMatchObject({ kind: 'found', confirmed: 3, contradictions: [] });
          expect(held).toBeLessThanOrEqual(limit);
          expect(failed).toBeGreaterThan(limit);
          expect(failed / held).toBeLessThanOrEqual((1 + precision) * (1 + 1e-12));
          // Every failing probe is repeated: twice the halvings at the most.
          const { usual: about } = probesOf({ ...usual, precision });
          expect(probes.length).toBeLessThanOrEqual(about + 10);
        },
      ),
    );
  });

  it('doubles, halves on a logarithmic scale, confirms both ends', () => {
    const { probes } = search(capacity(500), { ...usual, precision: 0.25, confirm: 2 });
    expect(
      probes.map(
        ({ ratePerSecond, purpose, repeat, outcome }) =>
          `${purpose}${repeat ? ' again' : ''} ${ratePerSecond.toFixed(0)} ${outcome}`,
      ),
    ).toEqual([
      'bracket 100 held',
      'bracket 200 held',
      'bracket 400 held',
      'bracket 800 failed',
      'bracket again 800 failed',
      'bisect 566 failed',
      'bisect again 566 failed',
      'bisect 476 held',
      'confirm 476 held',
      'confirm 476 held',
      'above 566 failed',
    ]);
  });

  it.each<[string, (rate: number) => ProbeOutcome, Partial<LimitResult>]>([
    [
      'says "at least" where the upper end of the range holds',
      () => 'held',
      { kind: 'at-least', bracket: { held: 20_000, failed: undefined }, confirmed: 3 },
    ],
    [
      'says "below" where the lower end fails',
      () => 'failed',
      { kind: 'below', bracket: { held: undefined, failed: 100 }, confirmed: 0 },
    ],
    [
      'ends where the harness is the limit, and keeps what held below it',
      (rate) => (rate > 3000 ? 'harness' : 'held'),
      { kind: 'harness', harnessPerSecond: 3200, bracket: { held: 1600, failed: undefined } },
    ],
    [
      'ends at once where the harness is the limit from the beginning',
      () => 'harness',
      { kind: 'harness', harnessPerSecond: 100, bracket: { held: undefined, failed: undefined } },
    ],
    [
      'tells the harness from a broker that failed at a higher rate',
      (rate) => (rate > 3000 ? 'failed' : rate > 2000 ? 'harness' : 'held'),
      { kind: 'harness', bracket: { held: 1600, failed: 3200 } },
    ],
  ])('%s', (_, broker, expected) => {
    expect(search(broker).result).toMatchObject(expected);
  });

  it('takes a range of one rate', () => {
    const one = { ...usual, fromPerSecond: 500, toPerSecond: 500 };
    expect(search(capacity(600), one).result).toMatchObject({ kind: 'at-least', bracket: { held: 500 } });
    expect(search(capacity(400), one).result).toMatchObject({ kind: 'below', bracket: { failed: 500 } });
  });

  it('ends unfinished with what it knows when it has no more probes', () => {
    const { result, probes } = search(capacity(1000), { ...usual, probes: 6 });
    expect(probes).toHaveLength(6);
    expect(result).toMatchObject({ kind: 'unfinished', bracket: { held: 800, failed: 1600 } });
  });
});

describe('limitSearch and chance', () => {
  it.each([0, 1, 2, 3, 6, 9])('is not misled by one hiccup, at probe %i', (hiccup) => {
    const clean = search(capacity(1234)).result;
    const { result } = search((rate, probe) => (probe === hiccup ? 'failed' : capacity(1234)(rate)));
    expect(result).toMatchObject({ kind: 'found', contradictions: [] });
    expect(result.bracket.held).toBe(clean.bracket.held);
  });

  it('is not ended by one hiccup of the harness', () => {
    const { result } = search((rate, probe) => (probe === 2 ? 'harness' : capacity(1234)(rate)));
    expect(result.kind).toBe('found');
  });

  /** A limit that is drawn anew for each probe, log-normal around its median. */
  function noisy(median: number, spread: number, seed: number): (rate: number) => ProbeOutcome {
    const random = seededRandom(seed, purposes.noise);
    return (rate) => (rate <= median * Math.exp(spread * standardNormal(random)) ? 'held' : 'failed');
  }

  it.each([
    [0.01, 0.035, 0.98],
    [0.02, 0.05, 0.95],
    [0.04, 0.08, 0.9],
  ])(
    'finds a limit with a spread of %d to within %d, in at least %d of 400 searches, and with few probes',
    (spread, within, share) => {
      const searches = Array.from({ length: 400 }, (_, seed) => search(noisy(2345, spread, seed)));
      const good = searches.filter(
        ({ result: { kind, bracket } }) =>
          kind === 'found' && Math.abs(Math.log((bracket.held ?? 0) / 2345)) <= within,
      );
      expect(good.length / searches.length).toBeGreaterThanOrEqual(share);
      const mean = searches.reduce((sum, { probes }) => sum + probes.length, 0) / searches.length;
      expect(mean).toBeLessThan(36);
      expect(Math.max(...searches.map(({ probes }) => probes.length))).toBeLessThan(100);
    },
  );

  it('finds no number in tossed coins, the less often the more confirmations are asked for', () => {
    const [few = 1, many = 1] = [2, 8].map((confirm) => {
      const results = Array.from({ length: 200 }, (_, seed) => {
        const random = seededRandom(seed, purposes.noise);
        return search(() => (random() < 0.5 ? 'held' : 'failed'), { ...usual, confirm }).result;
      });
      return results.filter(({ kind }) => kind === 'found').length / results.length;
    });
    expect(many).toBeLessThan(few);
    expect(many).toBeLessThan(0.05);
  });
});

describe('limitSearch on a limit that moves', () => {
  it.each([
    ['halves', 2000, 1000, 'lower'],
    ['falls by a tenth', 2000, 1800, 'lower'],
    ['doubles', 1000, 2000, 'higher'],
    ['rises by a tenth', 1800, 1980, 'higher'],
  ])('notices that it %s, says so, and finds the new one', (_, before, after, now) => {
    // It moves when the bracket is found, and about to be confirmed.
    let limit = before;
    const { result } = search((rate, _probe, purpose) => {
      if (purpose === 'confirm') limit = after;
      return capacity(limit)(rate);
    });
    expect(result.kind).toBe('found');
    expect(result.contradictions.map((one) => one.now)).toContain(now);
    expect(Math.abs((result.bracket.held ?? 0) / after - 1)).toBeLessThanOrEqual(0.025);
  });

  it.each([9, 11, 13, 15, 17, 19])('finds the new limit when it falls to a quarter at probe %i', (at) => {
    const { result } = search((rate, probe) => capacity(probe < at ? 2000 : 500)(rate));
    expect(result.kind).toBe('found');
    expect(result.contradictions.length).toBeGreaterThan(0);
    expect(Math.abs((result.bracket.held ?? 0) / 500 - 1)).toBeLessThanOrEqual(0.025);
  });

  it('tells after how many probes it noticed, and at which rate', () => {
    const { result, probes } = search((rate, probe) => capacity(probe < 9 ? 2000 : 500)(rate));
    for (const { probes: count, ratePerSecond } of result.contradictions) {
      expect(probes[count - 1]).toMatchObject({ ratePerSecond, outcome: 'failed', purpose: 'confirm' });
    }
    expect(result.contradictions.length).toBeGreaterThan(0);
  });

  it('calls a limit unstable that goes on moving, and says between which rates', () => {
    let limit = 4000;
    let before: NextProbe['purpose'] = 'bracket';
    const { result } = search((rate, _probe, purpose) => {
      if (purpose === 'confirm' && before !== 'confirm') limit = limit > 2000 ? 1000 : 4000;
      before = purpose;
      return capacity(limit)(rate);
    });
    expect(result.kind).toBe('unstable');
    expect(result.contradictions).toHaveLength(4);
    const { held = NaN, failed = NaN } = result.bracket;
    expect(held).toBeLessThan(failed);
    expect(result.confirmed).toBe(0);
  });
});

/** The next outcome of a stream that never ends. */
function drawn(stream: fc.Stream<ProbeOutcome>): ProbeOutcome {
  const next: IteratorResult<ProbeOutcome> = stream.next();
  return next.done === true ? 'held' : next.value;
}

describe('the laws of limitSearch', () => {
  const options = fc
    .record({
      fromPerSecond: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      range: fc.double({ min: 1, max: 1e5, noNaN: true }),
      precision: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
      confirm: fc.integer({ min: 1, max: 10 }),
      probes: fc.integer({ min: 1, max: 5000 }),
    })
    .map(({ range, ...rest }): LimitSearchOptions => ({
      ...rest,
      toPerSecond: rest.fromPerSecond * range,
    }));
  const outcomes = fc.infiniteStream(
    fc.constantFrom<ProbeOutcome>('held', 'held', 'failed', 'failed', 'harness'),
  );

  it('it ends within its probes whatever the outcomes, stays in its range, and never tries what is not asked for', () => {
    fc.assert(
      fc.property(options, outcomes, (where, stream) => {
        const { result, probes } = search(() => drawn(stream), where);
        expect(probes.length).toBeLessThanOrEqual(where.probes);
        for (const { ratePerSecond } of probes) {
          expect(ratePerSecond).toBeGreaterThanOrEqual(where.fromPerSecond);
          expect(ratePerSecond).toBeLessThanOrEqual(where.toPerSecond);
        }
        const { held, failed } = result.bracket;
        if (held !== undefined && failed !== undefined) expect(held).toBeLessThanOrEqual(failed);
      }),
    );
  });

  it('it ends by itself: without a bound on the probes, some hundreds are enough against the worst of outcomes', () => {
    const unbounded = options.map((where) => ({ ...where, probes: 1_000_000 }));
    fc.assert(
      fc.property(unbounded, fc.infiniteStream(fc.boolean()), (where, stream) => {
        const { probes } = search(() => (stream.next().value ? 'held' : 'failed'), where);
        const doublings = Math.log2(where.toPerSecond / where.fromPerSecond) + 1;
        const halvings = Math.log2(Math.LN2 / Math.log1p(where.precision)) + 1;
        const gallop = halvings + doublings;
        // Four brackets, each widened and halved with repeats, and confirmed at up to three rates.
        const bound = 4 * (2 * (gallop + halvings + 2) + 3 * where.confirm + Math.max(2, where.confirm));
        expect(probes.length).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('what it calls found was confirmed: the last probes at its lower end held, the last one at its upper end failed', () => {
    fc.assert(
      fc.property(options, outcomes, (where, stream) => {
        const { result, probes } = search(() => drawn(stream), where);
        if (result.kind !== 'found') return;
        const { held = NaN, failed = NaN } = result.bracket;
        const at = probes.filter(
          ({ ratePerSecond, outcome }) => ratePerSecond === held && outcome !== 'harness',
        );
        expect(at.slice(-where.confirm).map(({ outcome }) => outcome)).toEqual(
          Array.from({ length: where.confirm }, () => 'held'),
        );
        expect(probes.filter(({ ratePerSecond }) => ratePerSecond === failed).at(-1)?.outcome).not.toBe(
          'held',
        );
        // At the edge the lower end gives way by at most two steps.
        expect(failed / held).toBeLessThanOrEqual((1 + where.precision) * (1 + 1e-9));
      }),
      { numRuns: 500 },
    );
  });
});
