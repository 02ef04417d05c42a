import {
  conditionMetrics,
  expectMetrics,
  groupConditionMetrics,
  groupMetrics,
  metricKey,
  quantityOfUnit,
} from './metricNames.js';
import { nearest } from './nearest.js';
import type { Expectation, ExpectationUnit, Operator, Plan, ReplayPlan } from './plan.js';
import { quantityText, readQuantity } from './quantities.js';

/** A line of `expect`: an expectation, or what is wrong with its key or its value. */
export type ExpectationReading =
  | {
      readonly ok: true;
      readonly expectation: Expectation;
    }
  | {
      readonly ok: false;
      readonly at: 'key' | 'value';
      /** To follow the name of the key. */
      readonly message: string;
      /** The fix. */
      readonly hint: string | undefined;
    };

/** Reads as no expectation at all, where one is there by default. */
const anyRate = '>= 0%';

/** The share of its target that every phase is expected to reach. */
const defaultShare = 0.99;

/**
 * What is expected by default: that every phase with a target reaches it. An `achievedRate` of the scenario
 * takes its place, for one phase or for all; `any` is one that always holds.
 */
export function defaultExpectations({
  expect,
  replay,
}: Pick<Plan, 'expect'> & { readonly replay: Pick<ReplayPlan, 'phases'> }): Expectation[] {
  const own = expect.filter(({ metric }) => metric === 'achievedRate');
  return replay.phases.flatMap(({ name, pacing }) => {
    const hasTarget = !['max', 'search', 'backlog', 'catchUp'].includes(pacing.kind);
    if (!hasTarget || own.some(({ phase }) => phase === undefined || phase === name)) return [];
    return [expectationOf('achievedRate', name, '>=', defaultShare, 'fraction')];
  });
}

/** Whether an expectation always holds: `achievedRate: any`. */
export function isAnyRate({ metric, operator, value, unit }: Expectation): boolean {
  return metric === 'achievedRate' && operator === '>=' && value === 0 && unit === 'fraction';
}

const condition = /^(<=|>=|==|=|<|>)?\s*(.*)$/s;

/**
 * Parses a line of `expect`.
 *
 * @param key - a metric, after the phase's name for one phase: `steady.ack.p99`
 * @param value - `< 50ms`, or a bare number that a count must equal
 * @returns the expectation with its value in the metric's base unit, or what is wrong
 */
export function readExpectation(key: string, value: string | number): ExpectationReading {
  const { metric, phase } = metricKey(key, expectMetrics);
  if (groupMetrics.has(metric) && phase === undefined) {
    const message = 'is measured of an external group or a command, but names none';
    return { ok: false, at: 'key', message, hint: `write GROUP.${metric}` };
  }
  if (metric === 'rate' && phase === undefined) {
    const message = 'is the rate that a search phase found, but names none';
    return { ok: false, at: 'key', message, hint: 'write PHASE.rate' };
  }
  const meant = metric === 'achievedRate' && value === 'any' ? anyRate : value;
  return read(metric, phase, meant, expectMetrics);
}

/**
 * Parses a condition of a search.
 *
 * @param key - a metric: `response.p99`, `lag`; after a group's name for one group: `mine.lag`
 * @param value - as in `expect`
 * @returns the condition with its value in the metric's base unit, or what is wrong
 */
export function readCondition(key: string, value: string | number): ExpectationReading {
  const { metric, phase } = metricKey(key, prefixedConditions);
  if (phase !== undefined && groupConditionMetrics.has(metric))
    return read(metric, phase, value, prefixedConditions);
  if (phase === undefined && !conditionMetrics.has(metric) && groupConditionMetrics.has(metric)) {
    const message = 'is measured of one consumer group, but names none';
    return { ok: false, at: 'key', message, hint: `write GROUP.${metric}` };
  }
  return read(metricKey(key, conditionMetrics).metric, undefined, value, conditionMetrics);
}

const prefixedConditions: ReadonlyMap<string, readonly ExpectationUnit[]> = new Map([
  ...conditionMetrics,
  ...[...groupConditionMetrics].map(([name, { units }]): [string, readonly ExpectationUnit[]] => [
    name,
    units,
  ]),
]);

function read(
  metric: string,
  phase: string | undefined,
  value: string | number,
  known: ReadonlyMap<string, readonly ExpectationUnit[]>,
): ExpectationReading {
  const units = known.get(metric);
  if (units === undefined) {
    const near =
      nearest(metric, known.keys()) ?? nearest(metric.slice(metric.indexOf('.') + 1), known.keys());
    const hint =
      near === undefined ? `known are ${[...shortList(known)].join(', ')}` : `did you mean "${near}"?`;
    return { ok: false, at: 'key', message: 'is not a metric', hint };
  }
  const [, operator, operand] = condition.exec(String(value).trim()) ?? [];
  const amount = readOperand(units, operand ?? '');
  if ('problem' in amount) return { ok: false, at: 'value', message: amount.problem, hint: undefined };
  if (operator === undefined && amount.unit !== 'count') {
    const usual = /^achievedRate$|^throughput$|^rate$|drainRate$|Idle$|^committedWithin/.test(metric)
      ? '>='
      : '<';
    return {
      ok: false,
      at: 'value',
      message: `needs a comparison before ${operand ?? ''}`,
      hint: `write "${usual} ${operand ?? ''}"`,
    };
  }
  const compared = operator === undefined || operator === '=' ? '==' : (operator as Operator);
  return { ok: true, expectation: expectationOf(metric, phase, compared, amount.value, amount.unit) };
}

/** An expectation's operator and value, as written in a scenario: `< 50ms`. */
export function conditionText({
  operator,
  value,
  unit,
}: Pick<Expectation, 'operator' | 'value' | 'unit'>): string {
  return `${operator} ${unit === 'count' ? value : quantityText(quantityOfUnit[unit], value)}`;
}

/** The key of an expectation in a scenario: `steady.ack.p99`. */
export function expectationKey({ metric, phase }: Pick<Expectation, 'metric' | 'phase'>): string {
  return phase === undefined ? metric : `${phase}.${metric}`;
}

function expectationOf(
  metric: string,
  phase: string | undefined,
  operator: Operator,
  value: number,
  unit: ExpectationUnit,
): Expectation {
  const text = `${expectationKey({ metric, phase })} ${conditionText({ operator, value, unit })}`;
  return { metric, phase, operator, value, unit, text };
}

function readOperand(
  units: readonly ExpectationUnit[],
  operand: string,
): { value: number; unit: ExpectationUnit } | { problem: string } {
  let problem = '';
  for (const unit of units) {
    if (unit === 'count') {
      if (/^\d+$/.test(operand)) return { value: Number(operand), unit };
      problem ||= `must be compared with a whole number such as 0, but is compared with "${operand}"`;
      continue;
    }
    const reading = readQuantity(quantityOfUnit[unit], operand);
    if (!reading.ok) problem ||= reading.problem;
    else if (reading.value < 0) return { problem: `is compared with ${operand}, but is never negative` };
    else if (unit === 'fraction' && reading.value > 1) {
      return { problem: `is compared with ${operand}, but is at most 100%` };
    } else return { value: reading.value, unit };
  }
  return { problem };
}

function shortList(known: ReadonlyMap<string, unknown>): Set<string> {
  const shown = (name: string): string => name.replace(/(?<!drain)\.(p\d+|max|mean)$/, '.p99');
  const isOfGroup = (name: string): boolean => known === expectMetrics && groupMetrics.has(name);
  return new Set([...known.keys()].map((name) => `${isOfGroup(name) ? 'GROUP.' : ''}${shown(name)}`));
}
