import { compareRuns, type Comparison, type ComparisonRules, type Measurement } from './comparison.js';
import { driftOf, type DriftFinding } from './drift.js';
import type { Look, OrderKind, Slot } from './design.js';
import { differencesOf, type Difference, type RunFacts } from './sameness.js';
import type { Verdict } from '../results/values.js';

/** A run that has ended, for a comparison. */
export interface FinishedRun extends Measurement {
  /** Whether it measured the broker. */
  readonly counted: boolean;
  /** Why it does not count, or counts although it did not pass, half a sentence; null for one that passed. */
  readonly remark: string | null;
  readonly folder: string;
  readonly scenario: string;
  readonly verdict: Verdict;
  /** The experiment that it is a part of; null for a run of its own. */
  readonly experiment: string | null;
  /** Its settings and machine. */
  readonly facts: RunFacts;
}

/** How an experiment was made. */
export interface ExperimentPlan {
  /** Planned repeats of each variant. */
  readonly repeats: number;
  readonly order: OrderKind;
  /** Of a random order. */
  readonly seed: number;
  /** When it looked, or would have looked, at its results. */
  readonly looks: readonly Look[];
  /** After this number of repeats; null where it did not stop early. */
  readonly stoppedAfter: number | null;
  readonly interrupted: boolean;
  /** How many runs were invalid and were run again; undefined in comparisons of older versions. */
  readonly repeated?: number;
}

/** What an experiment reports while it runs. */
export type ExperimentEvent =
  /** Kafka is asked whether it takes the settings of all variants. */
  | { readonly kind: 'rehearsal'; readonly variants: number }
  | ({ readonly kind: 'run'; readonly of: number } & Slot)
  /** The first repeats show how many more are needed. */
  | { readonly kind: 'spreadKnown'; readonly comparison: Comparison }
  /** It ends early. */
  | { readonly kind: 'clear'; readonly after: number; readonly of: number };

/** A run in `compare.json`; its manifest is in its folder. */
export type ComparedRun = Omit<FinishedRun, 'facts'>;

/** `compare.json`: the result of a comparison. Infinite limits are null. */
export interface CompareResult {
  /** Raised when a key changes its meaning. */
  readonly schemaVersion: 1;
  readonly id: string;
  /** The scenario's name, or those of all. */
  readonly scenario: string;
  /** ISO 8601. */
  readonly comparedAt: string;
  /** Null for all measured phases together. */
  readonly phase: string | null;
  /** Null where finished runs were compared. */
  readonly experiment: ExperimentPlan | null;
  /** Including those that do not count. */
  readonly runs: readonly ComparedRun[];
  readonly comparison: Comparison;
  /** What changed while the variants ran in turn. */
  readonly drift: readonly DriftFinding[];
  /** What is not the same in all runs. */
  readonly differences: readonly Difference[];
}

export interface ResultInputs {
  readonly id: string;
  readonly comparedAt: Date;
  readonly phase: string | undefined;
  /** Null for finished runs. */
  readonly experiment: ExperimentPlan | null;
  readonly runs: readonly FinishedRun[];
  readonly rules: ComparisonRules;
}

/** Compares all runs that count, and adds what else there is to know. */
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
