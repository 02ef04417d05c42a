import type { Fault, Place } from './scenarioFaults.js';

/** The path from the top of a scenario to a value: keys of maps, and numbers of list entries from 0. */
export type Path = readonly (string | number)[];

/** A scenario as plain data, with the place where each part of it was written. */
export interface Source {
  /** Maps, lists, texts, numbers, booleans and nulls. */
  data: unknown;
  readonly places: Places;
  /** Paths of values that held an environment variable: they are texts, whatever they look like. */
  readonly expanded: Path[];
  /** Values of secret environment variables: they must not be printed. */
  readonly secrets: string[];
  /** Found so far. */
  readonly faults: Fault[];
}

/** Remembers the place of each key and each value of a scenario. */
export class Places {
  readonly #root: Place;
  readonly #keys = new Map<string, Place>();
  readonly #values = new Map<string, Place>();

  /** @param root - the place of what has none, such as a key that is missing at the top */
  constructor(root: Place) {
    this.#root = root;
  }

  /**
   * Notes a value, and the key before it.
   *
   * @param key - where its key starts; in a list, where the value starts
   */
  add(path: Path, value: Place, key: Place = value): void {
    this.#values.set(JSON.stringify(path), value);
    this.#keys.set(JSON.stringify(path), key);
  }

  /** Forgets everything at and below a path: it has been replaced. */
  forget(path: Path): void {
    const self = JSON.stringify(path);
    const below = `${self.slice(0, -1)},`;
    for (const map of [this.#keys, this.#values]) {
      for (const key of map.keys()) {
        if (key === self || key.startsWith(below)) map.delete(key);
      }
    }
  }

  /** The place of a value; for a missing one, the key of the nearest map around it. */
  ofValue(path: Path): Place {
    return this.#values.get(JSON.stringify(path)) ?? this.ofKey(path);
  }

  /** The place of the key of a value; for a missing one, the key of the nearest map around it. */
  ofKey(path: Path): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const place = this.#keys.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return this.#root;
  }

  copy(): Places {
    const copy = new Places(this.#root);
    for (const [key, place] of this.#keys) copy.#keys.set(key, place);
    for (const [key, place] of this.#values) copy.#values.set(key, place);
    return copy;
  }
}

/** Whether a value is a map of keys, as YAML and JSON have them. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[Number(step)];
    else if (isMap(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** A copy of the data with one value replaced or added; missing maps on the way are created. */
export function withValueAt(data: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(data)) {
    return data.map((entry: unknown, index) =>
      index === Number(step) ? withValueAt(entry, rest, value) : entry,
    );
  }
  const entries = isMap(data) ? Object.entries(data) : [];
  const known = entries.some(([key]) => key === String(step));
  // fromEntries defines keys instead of assigning them: "__proto__" stays a key like any other.
  return Object.fromEntries(
    (known ? entries : [...entries, [String(step), undefined] as const]).map(([key, child]) => [
      key,
      key === String(step) ? withValueAt(child, rest, value) : child,
    ]),
  );
}

/**
 * A path as `--set` takes it; list entries that have a name are called by it: `replay.phases.steady.rate`.
 */
export function pathText(data: unknown, path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'string') return step;
      const name = valueAt(data, [...path.slice(0, index + 1), 'name']);
      return typeof name === 'string' && name !== '' ? name : String(step);
    })
    .join('.');
}

/** A value in a message: texts in quotes, other scalars as they are, `a map` and `a list`. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a map';
}
