import type { Backlog } from './backlog.js';
import { checkCondition, type Condition, type Measured } from './expectations.js';
import type { HarnessFinding } from './findings.js';
import { selfCheck, type PhaseHealth, type SelfCheckLimits } from './selfCheck.js';
import type { ExpectationResult } from './summary.js';

/** How a probe is judged. */
export interface Judgement {
  /** The outcome. */
  readonly outcome: 'held' | 'failed' | 'harness';
  /** Why it did not hold, a sentence each; empty where the harness was late. */
  readonly why: readonly string[];
  /** How the harness was late by itself, where it was. */
  readonly harness: readonly HarnessFinding[];
  /** The conditions. */
  readonly conditions: readonly ExpectationResult[];
}

/** How figures are written. */
export interface ProbeWords {
  /** What a condition found. */
  readonly found: (result: ExpectationResult) => string;
  /** How a backlog grew. */
  readonly backlog: (backlog: Backlog) => string;
}

/**
 * Judges a probe of a search. Besides the conditions, all that was due must have been sent and acknowledged, and no
 * reader may have fallen back further and further: however long a hold is, such a rate would break any limit of a lag
 * after a longer one.
 *
 * Where everything holds, it holds whoever was slow: a late harness only makes response times longer. Where something
 * does not hold and the harness was late by itself, nothing is known of the broker.
 *
 * @param conditions - what must hold
 * @param measured - what was measured of the messages that are judged
 * @param health - how the harness was
 * @param limits - from where on the harness was the limit
 * @param words - writes why it did not hold
 * @returns the outcome, with its reasons
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
  // The broker alone answers for messages that failed.
  const own = failed > 0 ? [] : selfCheck([health], limits).filter(({ invalidates }) => invalidates);
  return own.length > 0
    ? { outcome: 'harness', why: [], harness: own, conditions: results }
    : { outcome: 'failed', why, harness: [], conditions: results };
}
