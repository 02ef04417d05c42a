import { expect, it } from 'vitest';
import { errorOf } from '../../src/coordinator/runScenario.js';
import { soundSummary } from '../results/sound.js';

it.each([
  ['lost 3 of 10', 'the run failed: lost 3 of 10. Everything is in runs/a'],
  [
    'it had no members; does it run?',
    'the run failed: it had no members; does it run? Everything is in runs/a',
  ],
])('a run that failed says why and where all of it is: %s', (reason, says) => {
  const summary = { ...soundSummary, verdict: 'failed' as const, reasons: [reason] };
  expect(errorOf({ summary, failures: [], folder: 'runs/a', folderFault: undefined })?.message).toBe(says);
});
