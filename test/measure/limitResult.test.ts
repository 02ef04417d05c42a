import { describe, expect, it } from 'vitest';
import { checkCondition } from '../../src/measure/expectations.js';
import {
  failedSearch,
  foundRate,
  limitResult,
  rubinPerSecond,
  searchFindings,
  type EndedSearch,
} from '../../src/measure/limitResult.js';
import { soundCounts, soundLatency, soundRate } from '../results/sound.js';

const facts = {
  conditions: ['response.p99 < 100ms', 'lost == 0'],
  holdSeconds: 10,
  confirm: 3,
  setAside: 0,
  meanBytes: 80_000,
};
const found: EndedSearch = {
  kind: 'found',
  bracket: { held: 1351.35, failed: 1378 },
  confirmed: 3,
  harnessPerSecond: undefined,
  contradictions: [],
};
const moved = { probes: 17, ratePerSecond: 1600, now: 'lower' as const };

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

  it.each<[string, Partial<EndedSearch>, string]>([
    [
      'found',
      {},
      "1,351 alerts/s is the highest rate that holds response.p99 < 100ms, lost == 0 for 10 s: it held 3 of 3 times, 1,378 alerts/s failed; 5.00 times Rubin's average (10,000 alerts each 37 s: 270.27/s), 108.1 MB/s",
    ],
    [
      'moved and found',
      { contradictions: [moved] },
      'the limit moved once during the search (after 17 probes lower than 1,600 alerts/s)',
    ],
    [
      'the upper end',
      { kind: 'at-least', bracket: { held: 2000, failed: undefined } },
      'at least 2,000 alerts/s, the end of the range',
    ],
    [
      'below',
      { kind: 'below', confirmed: 0, bracket: { held: undefined, failed: 50 } },
      'not even 50.0 alerts/s, the lowest rate of the range, holds',
    ],
    [
      'harness',
      { kind: 'harness', confirmed: 0, harnessPerSecond: 3200, bracket: { held: 1600, failed: undefined } },
      "the harness was the limit at 3,200 alerts/s, so the broker's limit was not found: 1,600 alerts/s held",
    ],
    [
      'unstable',
      {
        kind: 'unstable',
        confirmed: 0,
        bracket: { held: 900, failed: 1600 },
        contradictions: [moved, moved],
      },
      'there is no stable limit for response.p99 < 100ms, lost == 0 for 10 s: between 900 alerts/s and 1,600 alerts/s, the limit moved 2 times',
    ],
    [
      'unfinished',
      { kind: 'unfinished', confirmed: 0, bracket: { held: undefined, failed: 7.5 } },
      'the search did not come to its end: nothing held, 7.50 alerts/s failed',
    ],
  ])('has a sentence for: %s', (_, change, text) => {
    expect(limitResult({ ...found, ...change }, facts).text).toContain(text);
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
    conditions: [],
    holdSeconds: 10,
    settleSeconds: 3,
    precision: 0.02,
    probes: [],
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
    expect(failedSearch(search({ kind })) !== undefined).toBe(fails);
    expect(searchFindings(search({ kind })).some(({ invalidates }) => invalidates)).toBe(isInvalid);
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
