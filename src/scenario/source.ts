import type { Fault, Place } from './faults.js';

/** The way from the top of a scenario to a value: keys of maps, and numbers of list entries from 0. */
export type Path = readonly (string | number)[];

/** A scenario as plain data, with the place where each part of it was written. */
export interface Source {
  /** Maps, lists, texts, numbers, booleans and nulls. */
  data: unknown;
  /** Where keys and values stand. */
  readonly places: Places;
  /** Paths of values that held an environment variable: they are texts, whatever they look like. */
  readonly expanded: Path[];
  /** Values of secret environment variables: they must not be printed. */
  readonly secrets: string[];
  /** What was wrong until here. */
  readonly faults: Fault[];
}

/** Remembers where each key and each value of a scenario stands. */
export class Places {
  readonly #root: Place;
  readonly #keys = new Map<string, Place>();
  readonly #values = new Map<string, Place>();

  /** @param root - the place of what stands nowhere, such as a key that is missing at the top */
  constructor(root: Place) {
    this.#root = root;
  }

  /**
   * Notes a value, and the key before it.
   *
   * @param path - the way to the value
   * @param value - where the value starts
   * @param key - where its key starts; in a list, where the value starts
   */
  add(path: Path, value: Place, key: Place = value): void {
    this.#values.set(JSON.stringify(path), value);
    this.#keys.set(JSON.stringify(path), key);
  }

  /**
   * Forgets everything at and below a path: it has been replaced.
   *
   * @param path - the way to what is replaced
   */
  forget(path: Path): void {
    const self = JSON.stringify(path);
    const below = `${self.slice(0, -1)},`;
    for (const map of [this.#keys, this.#values]) {
      for (const key of map.keys()) {
        if (key === self || key.startsWith(below)) map.delete(key);
      }
    }
  }

  /**
   * Where a value stands.
   *
   * @param path - the way to it
   * @returns its place; for what is not there, the key of the nearest map around it
   */
  ofValue(path: Path): Place {
    return this.#values.get(JSON.stringify(path)) ?? this.ofKey(path);
  }

  /**
   * Where a key stands.
   *
   * @param path - the way to its value
   * @returns its place; for what is not there, the key of the nearest map around it
   */
  ofKey(path: Path): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const place = this.#keys.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return this.#root;
  }

  /** A copy that can be changed without changing this. */
  copy(): Places {
    const copy = new Places(this.#root);
    for (const [key, place] of this.#keys) copy.#keys.set(key, place);
    for (const [key, place] of this.#values) copy.#values.set(key, place);
    return copy;
  }
}

/**
 * Whether a value is a map of keys, as YAML and JSON have them.
 *
 * @param value - anything
 * @returns true for a map, false for lists, null and scalars
 */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What stands at a path.
 *
 * @param data - the whole
 * @param path - the way into it
 * @returns the value, or undefined where there is none
 */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[Number(step)];
    else if (isMap(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/**
 * The same data with one value replaced or added; maps on the way are made where they are missing.
 *
 * @param data - the whole, which is left as it is
 * @param path - the way to the value
 * @param value - the new value
 * @returns new data
 */
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
 * A path as `--set` takes it; list entries that have a name are called by it.
 *
 * @param data - the whole that the path goes into
 * @param path - the way
 * @returns for example `replay.phases.steady.rate`
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

/**
 * A value in a message.
 *
 * @param value - what stands in the scenario
 * @returns texts in quotes, other scalars as they are, `a map` and `a list`
 */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'empty';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a map';
}
