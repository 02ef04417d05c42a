import { z } from 'zod';
import { scenarioDefinition, type ScenarioValues } from './definition/scenario.js';
import { type Fault, sortFaults } from './faults.js';
import { describeIssue, faultsOf } from './issues.js';
import { schemasAt } from './schemaPaths.js';
import { isMap, shown, type Source, valueAt, withValueAt } from './source.js';

/** What validation came to. */
export type Validation =
  | {
      /** Discriminates the union. */
      readonly ok: true;
      /** The scenario with units and defaults resolved. */
      readonly values: ScenarioValues;
    }
  | {
      /** Discriminates the union. */
      readonly ok: false;
      /** Everything that is wrong, in the order of the file. */
      readonly faults: readonly Fault[];
    };

/**
 * Holds a scenario against its definition.
 *
 * @param source - the scenario, with faults that were found before
 * @returns its values, or all faults
 */
export function validate(source: Source): Validation {
  if (source.data === undefined && source.faults.length > 0) return failed(source.faults);
  if (!isMap(source.data)) {
    const isEmpty = source.data === undefined || source.data === null;
    const message = isEmpty
      ? 'the scenario is empty'
      : `a scenario must be a map of keys, but is ${shown(source.data)}`;
    const hint = 'it needs at least name, alerts and replay';
    return failed([...source.faults, { ...source.places.ofValue([]), message, hint }]);
  }
  const data = source.expanded.reduce<unknown>(
    (whole, path) => withValueAt(whole, path, asWanted(valueAt(whole, path), path)),
    source.data,
  );
  const result = scenarioDefinition.safeParse(data, { error: describeIssue });
  if (result.success && source.faults.length === 0) return { ok: true, values: result.data };
  const found = (result.error?.issues ?? []).flatMap((issue) => faultsOf(issue, { ...source, data }));
  // What is said of a value whose variable is missing would only repeat that it is missing.
  return failed([
    ...source.faults,
    ...found.filter((fault) => !source.faults.some((other) => isAt(fault, other))),
  ]);
}

/** A variable's text becomes a number or a boolean where the definition takes one, and the text looks like one. */
function asWanted(value: unknown, path: Source['expanded'][number]): unknown {
  if (typeof value !== 'string') return value;
  const schemas = schemasAt(scenarioDefinition, path);
  const takesNumber = schemas.some((schema) => schema instanceof z.ZodNumber);
  // A text such as 0123 is no number: passwords keep their zeros.
  if (takesNumber && value !== '' && String(Number(value)) === value) return Number(value);
  const takesBoolean = schemas.some((schema) => schema instanceof z.ZodBoolean);
  return takesBoolean && (value === 'true' || value === 'false') ? value === 'true' : value;
}

function isAt(fault: Fault, other: Fault): boolean {
  return fault.file === other.file && fault.line === other.line && fault.column === other.column;
}

function failed(faults: readonly Fault[]): Validation {
  return { ok: false, faults: sortFaults(faults) };
}
