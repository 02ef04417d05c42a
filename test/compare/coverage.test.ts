import { describe, expect, test } from 'vitest';
import { compareRuns, type ComparisonRules } from '../../src/compare/comparison.js';
import { looksOf } from '../../src/compare/design.js';
import { noises, seeded, simulated, simulatedWhole } from './simulated.js';

const rules: ComparisonRules = { baseline: 'A', alpha: 0.05, margin: 0.05, paired: true };
const trueRatio = 1.1;
const experiments = 1000;
/** Three standard errors of a share of 0.95 over so many experiments. */
const tolerance = 3 * Math.sqrt((0.95 * 0.05) / experiments);

function coverage(
  repeats: number,
  noise: (typeof noises)[number][1],
  interval: (runs: ReturnType<typeof simulated>, random: () => number) => readonly [number, number],
): number {
  const random = seeded(20261124);
  let held = 0;
  for (let index = 0; index < experiments; index += 1) {
    const [low, high] = interval(simulated(repeats, trueRatio, noise, random), random);
    if (low <= Math.log(trueRatio) && Math.log(trueRatio) <= high) held += 1;
  }
  return held / experiments;
}

function ours(paired: boolean) {
  return (runs: ReturnType<typeof simulated>): readonly [number, number] => {
    const { change } = compareRuns(runs, { ...rules, paired }).variants[0]?.metrics[0] ?? {};
    return [change?.low ?? NaN, change?.high ?? NaN];
  };
}

describe.each(noises)('with %s', (_name, noise) => {
  test.each([4, 6, 8, 12])(
    'intervals over %i blocks hold the true ratio at least as often as they claim',
    (n) => {
      expect(coverage(n, noise, ours(true))).toBeGreaterThanOrEqual(0.95 - tolerance);
    },
  );

  test.each([4, 6, 8])(
    'an experiment of %i repeats on two equal variants finds a difference no more often than it may',
    (n) => {
      const random = seeded(7);
      let wrong = 0;
      const times = 400;
      for (let index = 0; index < times; index += 1) {
        const comparison = compareRuns(simulatedWhole(n, noise, random), rules);
        const verdicts = comparison.variants[0]?.metrics.map(({ verdict }) => verdict) ?? [];
        expect(verdicts).toHaveLength(17);
        if (verdicts.includes('better') || verdicts.includes('worse')) wrong += 1;
      }
      expect(wrong / times).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / times));
    },
  );

  test('stopping at the first clear answer finds no more differences that are none', () => {
    const random = seeded(11);
    const looks = looksOf(12, 0.05, true);
    let wrong = 0;
    for (let index = 0; index < experiments; index += 1) {
      const runs = simulated(12, 1, noise, random);
      const stopped = looks.some(({ repeats, alpha }) => {
        const seen = runs.filter(({ block }) => (block ?? 0) < repeats);
        const { verdict } =
          compareRuns(seen, { ...rules, alpha, margin: 1e-6 }).variants[0]?.metrics[0] ?? {};
        return verdict === 'better' || verdict === 'worse';
      });
      if (stopped) wrong += 1;
    }
    expect(wrong / experiments).toBeLessThanOrEqual(0.05 + tolerance);
  });
});

test.each([
  ['normal noise of 5 %', 0],
  ['heavy tails', 2],
] as const)('runs that belong to no blocks: Welch intervals hold the true ratio with %s', (_name, index) => {
  const noise = noises[index]?.[1] ?? ((): number => NaN);
  for (const n of [4, 8]) {
    expect(coverage(n, noise, ours(false))).toBeGreaterThanOrEqual(0.95 - tolerance);
  }
});

test('where one variant alone has a long tail, 95 % intervals hold the true mean ratio in 87 % of cases or more', () => {
  // The known weak spot (docs/adr/0008-statistics.md): no method covers here with so few repeats.
  const random = seeded(3);
  for (const n of [4, 8, 12]) {
    let held = 0;
    for (let index = 0; index < experiments; index += 1) {
      const runs = simulated(n, 1, () => 0, random).map((run) => ({
        ...run,
        values: {
          'ack.p50': 1000 * Math.exp(run.variant === 'B' ? 0.3 * (-Math.log(1 - random()) - 1) : 0),
        },
      }));
      const [low, high] = ours(true)(runs);
      if (low <= 0 && high >= 0) held += 1;
    }
    expect(held / experiments).toBeGreaterThanOrEqual(0.87);
    expect(held / experiments).toBeLessThan(0.95);
  }
});

test('the percentile bootstrap, which is not used, covers far less than it claims over 4 and 6 repeats', () => {
  const percentile = (
    runs: ReturnType<typeof simulated>,
    random: () => number,
  ): readonly [number, number] => {
    const log = (run: (typeof runs)[number] | undefined): number => Math.log(run?.values['ack.p50'] ?? NaN);
    const repeats = runs.filter(({ control }) => !control);
    const differences = repeats
      .filter(({ variant }) => variant === 'A')
      .map((a) => log(repeats.find(({ variant, block }) => variant === 'B' && block === a.block)) - log(a));
    const means = Array.from({ length: 400 }, () => {
      const drawn = differences.map(() => differences[Math.floor(random() * differences.length)] ?? NaN);
      return drawn.reduce((sum, one) => sum + one, 0) / drawn.length;
    }).sort((a, b) => a - b);
    return [means[9] ?? NaN, means[389] ?? NaN];
  };
  const [, noise] = noises[0] ?? ['', (): number => NaN];
  expect(coverage(4, noise, percentile)).toBeLessThan(0.85);
  expect(coverage(6, noise, percentile)).toBeLessThan(0.9);
});
