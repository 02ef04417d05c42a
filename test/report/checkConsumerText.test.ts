import { describe, expect, it } from 'vitest';
import { checkConsumerText, type CheckedConsumer } from '../../src/report/checkConsumerText.js';
import type { RunSummary } from '../../src/results/runFolder.js';
import { expectationOf, soundSummary } from '../results/sound.js';
import { watchedGroupOf } from '../results/watched.js';

function checked(
  verdict: RunSummary['verdict'],
  group: Parameters<typeof watchedGroupOf>[0],
): CheckedConsumer {
  const failed = expectationOf({ expect: 'consumer.drain.max <= 60s' });
  const findings: RunSummary['findings'] =
    verdict === 'passed' ? [] : [{ kind: 'expectationFailed', expectation: failed }];
  const summary = { ...soundSummary, verdict, findings, watchedGroups: [watchedGroupOf(group)] };
  return { summary, withinSeconds: 60, written: undefined };
}

describe('the result of a check of a consumer', () => {
  it.each([
    ['before anything was sent', { committed: 0, uncommitted: 0, drainSeconds: null }, '0 of 0 alerts'],
    ['while it was sent', { committed: 3, uncommitted: 7, drainSeconds: null }, '3 of 10 alerts'],
  ])('that was interrupted %s has numbers and no judgement', (_when, group, committed) => {
    const text = checkConsumerText(checked('interrupted', group));
    expect(text).toContain(`\ncommitted  ${committed}\n`);
    expect(text).toMatch(/\nINTERRUPTED: the numbers are those until then$/);
    expect(text).not.toMatch(/FAILED|PASSED|within|not seen/);
  });

  it.each([
    [
      'passed',
      { drainSeconds: 5 },
      ', the last one 5.0s after it was due (at most 1m 00s allowed)',
      'PASSED',
    ],
    [
      'failed',
      { committed: 3, uncommitted: 7, drainSeconds: null },
      ', and not all of them within 1m 00s',
      'FAILED: 7 of 10 alerts were not committed within 1m 00s',
    ],
    [
      'failed',
      { drainSeconds: 61 },
      ', the last one 1m 01s after it was due (at most 1m 00s allowed)',
      'FAILED: the last alert was committed 1m 01s after it was due, not within 1m 00s',
    ],
    [
      'failed',
      { committed: 0, uncommitted: 0, drainSeconds: null },
      '\n',
      'FAILED: there was no alert to commit',
    ],
  ] as const)('%s with %j says how long it took', (verdict, group, drain, last) => {
    const text = checkConsumerText(checked(verdict, group));
    expect(text).toContain(` alerts${drain}`);
    expect(text).toContain(`\n${last}\n`);
  });
});
