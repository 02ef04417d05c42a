import { scenarioDefinition, type ScenarioValues } from './definition/scenario.js';
import { type Fault, sortFaults } from './scenarioFaults.js';
import { describeIssue, faultsOf } from './issues.js';
import { isMap, shown, type Source } from './source.js';

export type Validation =
  | {
      readonly ok: true;
      /** With units and defaults resolved. */
      readonly values: ScenarioValues;
    }
  | {
      readonly ok: false;
      /** In the order of the file. */
      readonly faults: readonly Fault[];
    };

/**
 * Validates a scenario against its definition: its values, or all faults, including those that the source had
 * before.
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
  const result = scenarioDefinition.safeParse(source.data, { error: describeIssue });
  if (result.success && source.faults.length === 0) return { ok: true, values: result.data };
  const found = (result.error?.issues ?? []).flatMap((issue) => faultsOf(issue, source));
  // A fault of a value whose variable is missing would only repeat that it is missing.
  return failed([
    ...source.faults,
    ...found.filter((fault) => !source.faults.some((other) => isAt(fault, other))),
  ]);
}

function isAt(fault: Fault, other: Fault): boolean {
  return fault.file === other.file && fault.line === other.line && fault.column === other.column;
}

function failed(faults: readonly Fault[]): Validation {
  return { ok: false, faults: sortFaults(faults) };
}
