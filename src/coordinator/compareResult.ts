import { compareRuns, type Comparison, type ComparisonRules } from '../compare/comparison.js';
import { driftOf, type DriftFinding } from '../compare/drift.js';
import type { Look } from '../compare/looks.js';
import type { OrderKind } from '../compare/order.js';
import { differencesOf, type Difference } from '../compare/sameness.js';
import type { FinishedRun } from './finishedRun.js';

/** How an experiment was made. */
export interface ExperimentPlan {
  /** Repeats of each variant that were planned. */
  readonly repeats: number;
  /** The order of the runs. */
  readonly order: OrderKind;
  /** The seed of a random order. */
  readonly seed: number;
  /** When it looked, or would have looked, at its results. */
  readonly looks: readonly Look[];
  /** After how many repeats it stopped; null where it did not stop early. */
  readonly stoppedAfter: number | null;
  /** Whether it was interrupted. */
  readonly interrupted: boolean;
  /** How many runs were invalid and were run again; undefined in comparisons of older versions. */
  readonly repeated?: number;
}

/** A run as `compare.json` names it; its manifest is in its folder. */
export type ComparedRun = Omit<FinishedRun, 'facts'>;

/** `compare.json`: what a comparison came to. Limits that are none are null. */
export interface CompareResult {
  /** Raised when a member changes its meaning. */
  readonly schemaVersion: 1;
  /** The comparison's id. */
  readonly id: string;
  /** The scenario's name, or those of all. */
  readonly scenario: string;
  /** When it was made, ISO 8601. */
  readonly comparedAt: string;
  /** The phase that was looked at; null for all measured ones together. */
  readonly phase: string | null;
  /** How the experiment was made; null where finished runs were compared. */
  readonly experiment: ExperimentPlan | null;
  /** All runs, those that do not count too. */
  readonly runs: readonly ComparedRun[];
  /** What was found. */
  readonly comparison: Comparison;
  /** What changed while the variants ran in turn. */
  readonly drift: readonly DriftFinding[];
  /** What is not the same in all runs. */
  readonly differences: readonly Difference[];
}

/** What a result is made of. */
export interface ResultInputs {
  /** The comparison's id. */
  readonly id: string;
  /** When it is made. */
  readonly comparedAt: Date;
  /** The phase that is looked at. */
  readonly phase: string | undefined;
  /** How the experiment was made, if it is one. */
  readonly experiment: ExperimentPlan | null;
  /** All runs. */
  readonly runs: readonly FinishedRun[];
  /** How they are compared. */
  readonly rules: ComparisonRules;
}

/**
 * Compares all runs that count, and says what else there is to know.
 *
 * @param inputs - the runs and the rules
 * @returns the result
 */
export function resultOf({ id, comparedAt, phase, experiment, runs, rules }: ResultInputs): CompareResult {
  const counted = runs.filter((run) => run.counted);
  return {
    schemaVersion: 1,
    id,
    scenario: [...new Set(runs.map(({ scenario }) => scenario))].join(', '),
    comparedAt: comparedAt.toISOString(),
    phase: phase ?? null,
    experiment,
    runs: runs.map(withoutFacts),
    comparison: compareRuns(counted, rules),
    drift: rules.paired ? driftOf(counted, rules.baseline, rules.alpha) : [],
    differences: differencesOf(runs.map(({ facts }) => facts)),
  };
}

function withoutFacts(run: FinishedRun): ComparedRun {
  const {
    folder,
    scenario,
    verdict,
    experiment,
    counted,
    remark,
    variant,
    block,
    position,
    control,
    values,
  } = run;
  return {
    run: run.run,
    folder,
    scenario,
    variant,
    block,
    position,
    control,
    verdict,
    counted,
    remark,
    experiment,
    values,
  };
}
