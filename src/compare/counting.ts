import type { RunSummary } from '../measure/summary.js';

/** Whether a run counts as a measurement, and why. */
export interface Counting {
  readonly counted: boolean;
  /** Half a sentence; null for a run that passed. */
  readonly remark: string | null;
}

/**
 * Whether a run counts as a measurement. One that the load generator limited, that was cut short or whose
 * workers died measured something else. One that failed its expectations or lost messages did measure the
 * broker: it counts, with a remark.
 */
export function countingOf(summary: RunSummary): Counting {
  const { verdict, reasons, counts, expectations, selfCheck } = summary;
  const why = reasons.join('; ');
  switch (verdict) {
    case 'passed':
      return { counted: true, remark: null };
    case 'interrupted':
      return { counted: false, remark: 'interrupted' };
    case 'invalid':
      return { counted: false, remark: `invalid: ${why}` };
    case 'failed': {
      // The reasons that the counts explain; any further reason is a worker that did not end well.
      const explained =
        (counts.failed > 0 ? 1 : 0) +
        ((counts.lost ?? 0) > 0 ? 1 : 0) +
        selfCheck.filter(({ invalidates }) => invalidates).length +
        expectations.filter(({ passed }) => !passed).length;
      const harnessWasLimit = selfCheck.some(({ invalidates }) => invalidates);
      // What a dead worker sent is missing in every count.
      const counted =
        (counts.unknown ?? 0) === 0 && reasons.length <= explained && counts.acked > 0 && !harnessWasLimit;
      return { counted, remark: `failed: ${why}` };
    }
  }
}
