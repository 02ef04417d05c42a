import { describe, expect, it } from 'vitest';
import { checkCondition } from '../../src/measure/checkCondition.js';
import { soundCounts, soundLatency, soundRate } from '../results/sound.js';
import {
  foundRate,
  limitResult,
  rubinPerSecond,
  searchFindings,
  type EndedSearch,
} from '../../src/measure/searchVerdict.js';
import { effectOf } from '../../src/results/findings.js';

const facts = { confirm: 3, meanBytes: 80_000 };
const found: EndedSearch = {
  kind: 'found',
  bracket: { held: 1351.35, failed: 1378 },
  confirmed: 3,
  harnessPerSecond: undefined,
  contradictions: [],
};

describe('limitResult', () => {
  it('tells the rate, its multiple of Rubin, its bytes, its bracket and its confidence', () => {
    expect(rubinPerSecond).toBeCloseTo(270.27, 2);
    expect(limitResult(found, facts)).toMatchObject({
      ratePerSecond: 1351.35,
      timesRubin: expect.closeTo(5, 4) as number,
      bytesPerSecond: 1351.35 * 80_000,
      bracket: { heldPerSecond: 1351.35, failedPerSecond: 1378 },
      confidence: { held: 3, of: 3, holdsAtLeast: expect.closeTo(0.3684, 4) as number },
    });
  });

  it('gives no number for a limit that is not stable', () => {
    const result = limitResult({ ...found, kind: 'unstable', confirmed: 0 }, facts);
    expect(result).toMatchObject({
      ratePerSecond: null,
      timesRubin: null,
      confidence: { held: 0, of: 3, holdsAtLeast: null },
    });
  });
});

describe('a run with a search', () => {
  const search = (change: Partial<EndedSearch>) => ({
    phase: 'limit',
    result: limitResult({ ...found, ...change }, facts),
  });

  it.each<[EndedSearch['kind'], boolean, boolean]>([
    ['found', false, false],
    ['at-least', false, false],
    ['below', true, false],
    ['unstable', true, false],
    ['unfinished', true, false],
    ['harness', false, true],
  ])('that ends with %s fails: %s; is invalid: %s', (kind, fails, isInvalid) => {
    const effects = searchFindings(search({ kind })).map(effectOf);
    expect(effects).toEqual(fails ? ['misses'] : isInvalid ? ['invalidates'] : []);
  });

  it.each<[string, Partial<EndedSearch>, '>=' | '<', number, boolean]>([
    ['a limit that was found is compared both ways', {}, '>=', 1351, true],
    ['a limit that was found is compared both ways', {}, '<', 1352, true],
    ['a limit that may be higher is above what it reached', { kind: 'at-least' }, '>=', 1351, true],
    ['a limit that may be higher is not below anything', { kind: 'at-least' }, '<', 5000, false],
    ['what held below the limit of the harness counts as reached', { kind: 'harness' }, '>=', 1351, true],
    ['a limit that is not stable meets no expectation', { kind: 'unstable' }, '>=', 1, false],
  ])('%s', (_, change, operator, value, passed) => {
    const condition = {
      metric: 'rate',
      phase: 'limit',
      operator,
      value,
      unit: 'perSecond' as const,
      text: 'limit.rate',
    };
    const limit = foundRate(search(change).result);
    const measured = { counts: soundCounts, rate: soundRate, latency: soundLatency, limit };
    expect(checkCondition(condition, measured).passed).toBe(passed);
  });
});
