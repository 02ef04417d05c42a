import { z } from 'zod';
import { scenarioDefinition } from './definition/scenario.js';
import type { Fault, Place } from './scenarioFaults.js';
import { nearest } from './nearest.js';
import { readYaml } from './readYaml.js';
import { legalKeys, schemasAt, takesAnyKey } from './schemaPaths.js';
import { isMap, type Path, type Source, valueAt, withValueAt } from './source.js';
import type { Environment } from './variables.js';

/** A dotted path that was looked up: the path in the scenario, or why there is none. */
export type PathReading =
  | {
      readonly ok: true;
      readonly path: Path;
    }
  | {
      readonly ok: false;
      /** One sentence. */
      readonly message: string;
      /** The fix. */
      readonly hint: string | undefined;
    };

/**
 * Applies the overrides of a command line to a scenario. What is wrong with them goes to the source's faults.
 *
 * @param source - changed in place
 * @param overrides - `path=value`, the later ones win
 */
export function applyOverrides(source: Source, overrides: readonly string[], environment: Environment): void {
  for (const override of overrides) {
    const place: Place = { file: `--set ${override}`, line: undefined, column: undefined };
    const at = override.indexOf('=');
    if (at < 1) {
      source.faults.push({
        ...place,
        message: 'is not of the form path=value',
        hint: 'for example --set stream.partitions=8',
      });
      continue;
    }
    const reading = readDottedPath(source.data, override.slice(0, at).trim());
    if (!reading.ok) {
      source.faults.push({ ...place, message: reading.message, hint: reading.hint });
      continue;
    }
    const value = readValue(override.slice(at + 1), environment, reading.path);
    source.faults.push(...value.faults.map((fault) => ({ ...fault, ...place })));
    source.secrets.push(...value.secrets);
    setValue(source, reading.path, value.data, place);
    source.expanded.push(...value.expanded.map((path) => [...reading.path, ...path]));
  }
}

/**
 * Sets one value of a scenario.
 *
 * @param source - changed in place
 */
export function setValue(source: Source, path: Path, value: unknown, place: Place): void {
  source.data = withValueAt(source.data, path, value);
  source.places.forget(path);
  source.places.add(path, place);
  const replaced = (other: Path): boolean =>
    path.every((step, index) => String(other[index]) === String(step));
  source.expanded.splice(0, Infinity, ...source.expanded.filter((other) => !replaced(other)));
}

/**
 * Looks a dotted path up. Keys may contain dots themselves, as in `kafka.client.linger.ms`: the longest legal
 * key wins. An entry of a list is named by its name or by its number from 0.
 *
 * @param data - the scenario, for the names of list entries
 * @param dotted - `replay.phases.steady.rate`
 */
export function readDottedPath(data: unknown, dotted: string): PathReading {
  let path: Path = [];
  let rest = dotted;
  while (rest !== '') {
    const step = nextStep(data, path, rest);
    if (!step.ok) return step;
    path = [...path, ...step.path];
    rest = rest.slice(step.length + 1);
  }
  return { ok: true, path };
}

type Step = { ok: true; path: Path; length: number } | Extract<PathReading, { ok: false }>;

function nextStep(data: unknown, path: Path, rest: string): Step {
  if (takesAnyKey(scenarioDefinition, path)) return { ok: true, path: [rest], length: rest.length };
  if (schemasAt(scenarioDefinition, path).some((schema) => schema instanceof z.ZodArray)) {
    const list = valueAt(data, path);
    if (Array.isArray(list)) return entryStep(list, path, rest);
  }
  const keys = legalKeys(scenarioDefinition, path);
  const key = longestStart(keys, rest);
  if (key !== undefined) return { ok: true, path: [key], length: key.length };
  const where = path.length === 0 ? 'a scenario' : path.join('.');
  const word = rest.split('.')[0] ?? rest;
  const near = nearest(word, keys);
  if (keys.length === 0)
    return { ok: false, message: `${where} has no keys, but "${rest}" is asked for`, hint: undefined };
  const hint = near === undefined ? `its keys are ${keys.join(', ')}` : `did you mean "${near}"?`;
  return { ok: false, message: `unknown key "${word}" in ${where}`, hint };
}

function entryStep(list: readonly unknown[], path: Path, rest: string): Step {
  const names = list.map((entry) => (isMap(entry) ? entry.name : undefined));
  const name = longestStart(
    names.filter((entry) => typeof entry === 'string'),
    rest,
  );
  if (name !== undefined) return { ok: true, path: [names.indexOf(name)], length: name.length };
  const word = rest.split('.')[0] ?? rest;
  if (/^\d+$/.test(word) && Number(word) < list.length)
    return { ok: true, path: [Number(word)], length: word.length };
  return {
    ok: false,
    message: `"${word}" is not an entry of ${path.join('.')}`,
    hint: `name one of ${names.map((entry, index) => (typeof entry === 'string' ? entry : String(index))).join(', ')}`,
  };
}

function longestStart(words: readonly string[], text: string): string | undefined {
  return words
    .filter((word) => text === word || text.startsWith(`${word}.`))
    .sort((a, b) => b.length - a.length)[0];
}

interface Value {
  data: unknown;
  expanded: readonly Path[];
  secrets: readonly string[];
  faults: readonly Fault[];
}

/** A value is YAML where it can be: numbers, booleans, small maps. `>= 99%` is not, and stays a text. */
function readValue(text: string, environment: Environment, path: Path): Value {
  const value = readYaml(text, '', environment, path);
  return value.data !== undefined ? value : readYaml(JSON.stringify(text), '', environment, path);
}
