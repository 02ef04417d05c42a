import type { HarnessFinding, ProbeFinding, FindingOf } from '../results/findings.js';
import type { FoundLimit, SearchResult } from '../results/runFolder.js';
import type { ExpectationResult, LimitedBy } from '../results/values.js';
import type { Purpose } from '../scenario/plan.js';
import { checkCondition, type Condition, type FoundRate, type Measured } from './checkCondition.js';
import { checkGroupCondition } from './groupConditions.js';
import { selfCheck, selfCheckForConsumers, type PhaseHealth, type SelfCheckLimits } from './selfCheck.js';

export interface Judgement {
  readonly outcome: 'held' | 'failed' | 'harness';
  /** Why it did not hold; where the load generator was late, how. */
  readonly findings: readonly ProbeFinding[];
  readonly conditions: readonly ExpectationResult[];
}

/**
 * Judges a probe of a search. Besides the conditions, all that was due must have been sent and acknowledged,
 * and no reader may have fallen back further and further: however long a hold is, such a rate would break any
 * limit of a lag after a longer one.
 *
 * Where everything holds, it holds whoever was slow: a late load generator only makes response times longer.
 * Where something does not hold and the load generator was late by itself, the probe is inconclusive; in a test
 * of consumers only if its lateness may be why a condition does not hold.
 */
export function judgeProbe(
  conditions: readonly Condition[],
  measured: Measured,
  health: PhaseHealth,
  { selfCheck: limits, purpose }: { readonly selfCheck: SelfCheckLimits; readonly purpose: Purpose },
): Judgement {
  const results = conditions.map((condition) => checked(condition, measured));
  const missed = results.filter(({ passed }) => !passed);
  const { unsent, failed } = measured.counts;
  const findings: ProbeFinding[] = [
    ...(failed > 0 ? [{ kind: 'deliveryFailed' as const, count: failed, errors: [] }] : []),
    ...(unsent > 0 ? [{ kind: 'messagesUnsent' as const, count: unsent }] : []),
    ...missed.map((expectation) => ({ kind: 'expectationFailed' as const, expectation })),
    ...(measured.backlogs ?? [])
      .filter(({ grows }) => grows)
      .map((backlog) => ({ kind: 'backlogGrew' as const, backlog })),
  ];
  if (findings.length === 0) return { outcome: 'held', findings, conditions: results };
  // The broker alone is responsible for messages that failed, and a group that is watched for falling further
  // behind what is in its topic, whenever that was sent.
  const isWatched = (name: string | null): boolean =>
    (measured.groupFigures ?? []).some((group) => !group.own && group.name === name);
  const isOfOthers =
    failed > 0 || findings.some((one) => one.kind === 'backlogGrew' && isWatched(one.backlog.group));
  const late = selfCheck([health], limits);
  const isOfConditions = purpose === 'consumers' && findings.length === missed.length;
  const relevant = isOfConditions
    ? selfCheckForConsumers(late, missed, () => health.scheduleLag.max ?? 0)
    : late;
  const own: HarnessFinding[] = isOfOthers ? [] : relevant.filter(({ invalidates }) => invalidates);
  return own.length > 0
    ? { outcome: 'harness', findings: own, conditions: results }
    : { outcome: 'failed', findings, conditions: results };
}

function checked(condition: Condition, measured: Measured): ExpectationResult {
  const { groupFigures: groups = [] } = measured;
  const { phase: named, metric } = condition;
  if (named !== undefined)
    return checkGroupCondition(
      condition,
      groups.find(({ name }) => name === named),
      named,
    );
  if (metric !== 'lag' || groups.every(({ own }) => own)) return checkCondition(condition, measured);
  // Of all groups, whoever's they are, the one that is furthest behind.
  const [first, ...others] = groups.map((group) => checkGroupCondition(condition, group, group.name));
  return others.reduce(
    (worst, one) => ((one.actual ?? 0) > (worst.actual ?? 0) ? one : worst),
    first ?? checkCondition(condition, measured),
  );
}

/** Rubin's average: 10,000 alerts a visit, a visit every 37 s. */
export const rubinPerSecond = 10_000 / 37;

/** How a search ended, in rates alone. */
export interface EndedSearch {
  readonly kind: FoundLimit['kind'];
  /** The limit lies between these rates. */
  readonly bracket: { readonly held: number | undefined; readonly failed: number | undefined };
  /** Number of probes that confirmed the lower end. */
  readonly confirmed: number;
  /** The rate at which the load generator was the limit. */
  readonly harnessPerSecond: number | undefined;
  /** Where the limit moved. */
  readonly contradictions: FoundLimit['contradictions'];
}

/** What the result of a search contains besides its rates. */
export interface SearchFacts {
  /** Whose limit it was; null or left out where none was found. */
  readonly limitedBy?: LimitedBy | null;
  /** Alerts of a visit at a rate; undefined where rates are searched for. */
  readonly alertsPerVisit?: ((ratePerSecond: number) => number) | undefined;
  /** How many probes in a row had to confirm the rate. */
  readonly confirm: number;
  /** Mean size of a message's value; null where none was sent. */
  readonly meanBytes: number | null;
}

/** The result of a search, as in `summary.json`. */
export function limitResult(ended: EndedSearch, facts: SearchFacts): FoundLimit {
  const { kind, bracket, confirmed, contradictions } = ended;
  const found = kind === 'unstable' ? null : (bracket.held ?? null);
  const isConfirmed = kind === 'found' || kind === 'at-least';
  return {
    kind,
    ratePerSecond: found,
    timesRubin: found === null ? null : found / rubinPerSecond,
    bytesPerSecond: found === null || facts.meanBytes === null ? null : found * facts.meanBytes,
    bracket: { heldPerSecond: bracket.held ?? null, failedPerSecond: bracket.failed ?? null },
    confidence: {
      held: confirmed,
      of: isConfirmed ? confirmed : facts.confirm,
      holdsAtLeast: confirmed === 0 ? null : 0.05 ** (1 / confirmed),
    },
    harnessPerSecond: ended.harnessPerSecond ?? null,
    limitedBy: facts.limitedBy ?? null,
    ...(found === null || facts.alertsPerVisit === undefined
      ? {}
      : { alertsPerVisit: facts.alertsPerVisit(found) }),
    contradictions,
  };
}

/** The rate that expectations are checked against; undefined where none was found. */
export function foundRate({ kind, ratePerSecond }: FoundLimit): FoundRate | undefined {
  if (ratePerSecond === null || kind === 'unstable' || kind === 'unfinished' || kind === 'below')
    return undefined;
  return { ratePerSecond, isLowerBound: kind !== 'found' };
}

/** A search that found no rate: the run is invalid where the load generator was the limit, else it failed. */
export function searchFindings({
  phase,
  result,
}: Pick<SearchResult, 'phase' | 'result'>): FindingOf<'searchFailed'>[] {
  const { kind: outcome } = result;
  return outcome === 'found' || outcome === 'at-least' ? [] : [{ kind: 'searchFailed', phase, outcome }];
}
