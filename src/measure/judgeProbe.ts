import type { Backlog } from './backlog.js';
import { checkCondition, type Condition, type Measured } from './expectations.js';
import type { HarnessFinding } from '../results/findings.js';
import { selfCheck, type PhaseHealth, type SelfCheckLimits } from './selfCheck.js';
import type { ExpectationResult } from './summary.js';

export interface Judgement {
  readonly outcome: 'held' | 'failed' | 'harness';
  /** A sentence each; empty where the load generator was late. */
  readonly why: readonly string[];
  /** How the load generator itself was late, if it was. */
  readonly harness: readonly HarnessFinding[];
  readonly conditions: readonly ExpectationResult[];
}

/** Makes words of numbers. */
export interface ProbeWords {
  /** Value of a condition. */
  readonly found: (result: ExpectationResult) => string;
  /** How a backlog grew. */
  readonly backlog: (backlog: Backlog) => string;
}

/**
 * Judges a probe of a search. Besides the conditions, all that was due must have been sent and acknowledged,
 * and no reader may have fallen back further and further: however long a hold is, such a rate would break any
 * limit of a lag after a longer one.
 *
 * Where everything holds, it holds whoever was slow: a late load generator only makes response times longer.
 * Where something does not hold and the load generator was late by itself, the probe is inconclusive.
 */
export function judgeProbe(
  conditions: readonly Condition[],
  measured: Measured,
  health: PhaseHealth,
  limits: SelfCheckLimits,
  words: ProbeWords,
): Judgement {
  const results = conditions.map((condition) => checkCondition(condition, measured));
  const { unsent, failed } = measured.counts;
  const why = [
    ...(failed > 0 ? [`${failed} messages failed`] : []),
    ...(unsent > 0 ? [`${unsent} messages were not sent in time`] : []),
    ...results
      .filter(({ passed }) => !passed)
      .map((result) => `${result.expect} did not hold: ${words.found(result)}`),
    ...(measured.backlogs ?? []).filter(({ grows }) => grows).map(words.backlog),
  ];
  if (why.length === 0) return { outcome: 'held', why, harness: [], conditions: results };
  // The broker alone is responsible for messages that failed.
  const own = failed > 0 ? [] : selfCheck([health], limits).filter(({ invalidates }) => invalidates);
  return own.length > 0
    ? { outcome: 'harness', why: [], harness: own, conditions: results }
    : { outcome: 'failed', why, harness: [], conditions: results };
}
