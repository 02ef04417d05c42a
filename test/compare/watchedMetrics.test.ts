import { expect, it } from 'vitest';
import { valuesOf } from '../../src/compare/comparedMetrics.js';
import { soundSummary } from '../results/sound.js';
import { watchedGroupOf } from '../results/watched.js';

const mine = watchedGroupOf();
const slow = watchedGroupOf({
  lag: { ...mine.lag, seconds: { ...mine.lag.seconds, p99: 12.5 } },
  phases: [{ name: 'visits', lag: mine.lag, commitLatency: mine.commitLatency, committedWithin60s: 1 }],
});

it.each([
  ['the slowest of watched groups', [mine, slow], undefined, 12_500_000, 2_100_000],
  ['the groups in one phase', [mine, slow], 'visits', 1_800_000, 2_100_000],
  ['nothing where none was watched', [], undefined, null, null],
])('runs are compared by %s', (_, watchedGroups, phase, lag, commit) => {
  expect(valuesOf({ ...soundSummary, watchedGroups }, [], phase)).toMatchObject({
    'watchedLag.p99': lag,
    'commitLatency.p99': commit,
  });
});
