import { stringify } from 'yaml';
import type { z } from 'zod';
import { scenarioDefinition } from './definition/scenario.js';
import type { Fault } from './scenarioFaults.js';
import { nearest } from './nearest.js';
import { exampleAt, homesOf, legalKeys } from './schemaPaths.js';
import { type Path, pathText, shown, type Source, valueAt } from './source.js';

const kindNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

/**
 * A sentence, to follow the name of the key, for an issue of the validator where the field has none of its
 * own.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing';
  if (issue.input === null) return 'is empty; give it a value or remove the key';
  if (issue.code === 'invalid_type') {
    return `must be ${kindNames[issue.expected] ?? issue.expected}, but is ${shown(issue.input)}`;
  }
  if (issue.code === 'invalid_value') {
    return `must be ${issue.values.map(String).join(' or ')}, but is ${shown(issue.input)}`;
  }
  return 'is not valid here';
}

/**
 * Turns an issue of the validator into faults with their places.
 *
 * @param above - the path that the issue's own path starts from
 */
export function faultsOf(issue: z.core.$ZodIssue, source: Source, above: Path = []): Fault[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path, source));
  if (issue.code === 'invalid_union') {
    const value = valueAt(source.data, path);
    const likely = likelyBranch(issue.errors, value);
    if (likely !== undefined) return likely.flatMap((inner) => faultsOf(inner, source, path));
    const message = `${pathText(source.data, path)} must be ${kindsOf(issue.errors)}, but is ${shown(value)}`;
    return [{ ...source.places.ofValue(path), message }];
  }
  const parameters: Readonly<Record<string, unknown>> = issue.code === 'custom' ? (issue.params ?? {}) : {};
  const atKey = parameters.atKey === 'key';
  return [
    {
      ...(atKey ? source.places.ofKey(path) : source.places.ofValue(path)),
      message: `${path.length === 0 ? 'the scenario' : pathText(source.data, path)} ${issue.message}`,
      hint: hintOf(parameters.hint, path, source),
    },
  ];
}

function hintOf(given: unknown, path: Path, source: Source): string | undefined {
  if (typeof given === 'string') return given;
  if (valueAt(source.data, path) !== undefined) return undefined;
  const example = exampleAt(scenarioDefinition, path);
  if (example === undefined) return undefined;
  const text = stringify(example, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return `for example ${String(path.at(-1))}: ${text}`;
}

function unknownKey(key: string, path: Path, source: Source): Fault {
  const keys = legalKeys(scenarioDefinition, path);
  const homes = homesOf(scenarioDefinition, key).map((home) => (home === '' ? 'the top of the file' : home));
  const near = nearest(key, keys);
  const hint =
    near !== undefined
      ? `did you mean "${near}"?`
      : homes.length > 0 && homes.length <= 3
        ? `it belongs in ${homes.join(' or ')}`
        : `its keys are ${keys.join(', ')}`;
  const where = path.length === 0 ? 'a scenario' : pathText(source.data, path);
  return { ...source.places.ofKey([...path, key]), message: `unknown key "${key}" in ${where}`, hint };
}

/** Of the forms that a value may have, the one that was probably intended: of the kind that is there. */
function likelyBranch(
  branches: readonly z.core.$ZodIssue[][],
  value: unknown,
): readonly z.core.$ZodIssue[] | undefined {
  const ofKind = branches.filter((issues) => !issues.some((issue) => isOtherKind(issue, value)));
  return ofKind.find((issues) => !issues.some(isAtRoot)) ?? ofKind.at(-1);
}

function kindsOf(branches: readonly z.core.$ZodIssue[][]): string {
  const kinds = branches.flat().flatMap((issue) => (issue.code === 'invalid_type' ? [issue.expected] : []));
  return [...new Set(kinds.map((kind) => kindNames[kind] ?? kind))].join(' or ');
}

function isAtRoot(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_type' && issue.expected !== 'int';
}

function isOtherKind(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.path.length > 0 || issue.code !== 'invalid_type') return false;
  const isNested = typeof value === 'object' && value !== null;
  const wantsNested = ['object', 'record', 'array'].includes(issue.expected);
  // A list where a map is expected, or the other way, is another kind, too.
  return isNested || wantsNested;
}
