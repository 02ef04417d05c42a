import type { ScenarioValues } from './definition/scenario.js';
import { type Fault, type Place, sortFaults } from './scenarioFaults.js';
import { expandMatrix } from './matrix.js';
import { applyOverrides } from './overrides.js';
import { watchedGroups, type Plan } from './plan.js';
import { planData } from './printPlan.js';
import { nearest } from './nearest.js';
import { readYaml } from './readYaml.js';
import { Places, type Source, valueAt, type Path } from './source.js';
import { settleVariables } from './settleVariables.js';
import { validate } from './validate.js';
import type { Environment } from './variables.js';
import { withVariant } from './withVariant.js';

export interface ScenarioContext {
  /** For messages. */
  readonly fileName: string;
  readonly environment: Environment;
  /** From `--set`, each `path=value`; the later ones win. Default: none. */
  readonly overrides?: readonly string[];
}

/** A plan, or everything that is wrong. */
export type ScenarioResult =
  | {
      readonly ok: true;
      /** Deeply frozen. */
      readonly plan: Plan;
      /** Legal but probably not intended. */
      readonly warnings: readonly Fault[];
      /** Where a value was written, for faults that are found later. */
      readonly placeOf: (path: Path) => Place;
    }
  | {
      readonly ok: false;
      /** In the order of the file. */
      readonly faults: readonly Fault[];
    };

/**
 * Reads a scenario: YAML, then variables, then overrides, then units, defaults and rules. The plan, or all
 * faults at once, including those of its variants.
 */
export function parseScenario(text: string, context: ScenarioContext): ScenarioResult {
  const source = readYaml(text, context.fileName, context.environment);
  if (source.data !== undefined) applyOverrides(source, context.overrides ?? [], context.environment);
  settleVariables(source);
  expandMatrix(source);
  const validation = validate(source);
  const faults = validation.ok ? [] : validation.faults;
  const all = sortFaults([...faults, ...variantFaults(source, faults)]);
  if (!validation.ok || all.length > 0) return { ok: false, faults: all };
  const plan = planOf(validation.values, undefined, source.secrets);
  return { ok: true, plan, warnings: warningsOf(plan, source), placeOf: placesOf(source) };
}

/** The plan of one variant, whose `variants` is empty; a fault where there is no such variant. */
export function variantPlan(plan: Plan, name: string): ScenarioResult {
  const place = { file: `variant ${name}`, line: undefined, column: undefined };
  const index = plan.variants.findIndex((variant) => variant.name === name);
  if (index < 0) {
    const names = plan.variants.map((variant) => variant.name);
    const near = nearest(name, names);
    const hint =
      names.length === 0
        ? undefined
        : near === undefined
          ? `its variants are ${names.join(', ')}`
          : `did you mean "${near}"?`;
    return { ok: false, faults: [{ ...place, message: `${plan.name} has no variant "${name}"`, hint }] };
  }
  const source: Source = {
    data: planData(plan),
    places: new Places(place),
    expanded: [],
    secrets: [...plan.secrets],
    faults: [],
  };
  const changed = withVariant(source, index);
  const validation = validate(changed);
  if (!validation.ok) return validation;
  const varied = planOf(validation.values, name, plan.secrets);
  return { ok: true, plan: varied, warnings: warningsOf(varied, changed), placeOf: placesOf(changed) };
}

function placesOf({ places }: Source): (path: Path) => Place {
  return (path) => places.ofValue(path);
}

/** Faults of a variant only; those of the scenario itself are reported once. */
function variantFaults(source: Source, known: readonly Fault[]): Fault[] {
  const variants = valueAt(source.data, ['variants']);
  if (!Array.isArray(variants)) return [];
  const told = new Set(known.map((fault) => JSON.stringify(fault)));
  return variants.flatMap((_, index) => {
    const validation = validate(withVariant(source, index));
    if (validation.ok) return [];
    return validation.faults.filter((fault) => !told.has(JSON.stringify(fault)) && !isOfBase(fault, known));
  });
}

/** A change may reword a fault of the scenario, such as the hint; at the same place it is the same fault. */
function isOfBase(fault: Fault, known: readonly Fault[]): boolean {
  return known.some(
    (other) => other.line === fault.line && other.column === fault.column && other.file === fault.file,
  );
}

function planOf(values: ScenarioValues, variant: string | undefined, secrets: readonly string[]): Plan {
  const { warmup, prefetch, ...replay } = values.replay;
  return deepFreeze({
    ...values,
    registry: values.registry,
    purpose: values.purpose ?? (watchedGroups(values.consumers).length > 0 ? 'consumers' : 'broker'),
    variant,
    replay: { ...replay, warmupNs: warmup, prefetchBytes: prefetch },
    secrets: [...new Set(secrets)],
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

/** What is legal in a plan and probably not intended. */
function warningsOf(plan: Plan, source: Source): Fault[] {
  const warnings: Fault[] = [];
  const warn = (path: Path, message: string): void => {
    warnings.push({ ...source.places.ofValue(path), message });
  };
  plan.replay.phases.forEach(({ name, pacing }, index) => {
    if (pacing.kind !== 'recorded' || !pacing.rewrite || pacing.passes > 1) return;
    warn(['replay', 'phases', index, 'rewrite'], `the phase ${name} has one pass only: nothing is rewritten`);
  });
  for (const group of plan.consumers.groups) {
    if (group.kind === 'external') continue;
    if (!plan.stream.existing && group.members > plan.stream.partitions) {
      warn(
        ['consumers'],
        `the group ${group.name} has ${group.members} members for ${plan.stream.partitions} partitions: the others idle`,
      );
    }
  }
  const { deadlineNs } = plan.limits;
  const plannedNs = plan.replay.phases.reduce(
    (sum, { pacing }) => sum + ('durationNs' in pacing ? pacing.durationNs : 0),
    plan.replay.warmupNs,
  );
  if (deadlineNs !== undefined && deadlineNs < plannedNs) {
    warn(['limits', 'deadline'], 'the deadline is shorter than the phases take: the run will be cut off');
  }
  return warnings;
}
