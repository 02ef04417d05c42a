import {
  type Alias,
  type Document,
  isAlias,
  isMap as isYamlMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Place } from './scenarioFaults.js';
import { consumerVariableNames } from './consumerVariables.js';
import { type Path, Places, type Source } from './source.js';
import { type Environment, expandVariables } from './variables.js';
import { syntaxFault } from './yamlErrors.js';

/** More values than any scenario has: a small file of nested aliases could expand to billions. */
const mostValues = 100_000;

/**
 * Reads YAML into plain data, with environment variables inserted, and remembers the place of everything.
 * Where `faults` is not empty, the data is as much of it as could be read.
 *
 * @param file - its name, for places
 * @param base - where in a scenario the text stands
 */
export function readYaml(text: string, file: string, environment: Environment, base: Path = []): Source {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
  const at = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const reader = new Reader(document, at, environment, base);
  for (const error of [...document.errors, ...document.warnings]) {
    const place = at(error.pos[0]);
    // One typo makes the reader stumble several times on the same line.
    if (reader.source.faults.some(({ line }) => line === place.line)) continue;
    reader.source.faults.push({ ...place, ...syntaxFault(error, text) });
  }
  if (document.errors.length === 0) reader.source.data = reader.read(document.contents, [], []);
  return reader.source;
}

/** Whether a run inserts its own variables into the text: in the command and the environment of a consumer. */
function isOfCommand(path: Path): boolean {
  // A variant and a matrix have the path of what they change as one key.
  return /(^|\.)consumers\.groups\.[^.]+\.(command|env\.[^.]+)(\.\d+)?$/.test(path.join('.'));
}

class Reader {
  readonly source: Source;
  readonly #document: Document;
  readonly #at: (offset: number) => Place;
  readonly #environment: Environment;
  readonly #base: Path;
  #values = 0;

  constructor(document: Document, at: (offset: number) => Place, environment: Environment, base: Path) {
    this.#base = base;
    this.#document = document;
    this.#at = at;
    this.#environment = environment;
    const places = new Places(at(0));
    this.source = { data: undefined, places, expanded: [], secrets: [], faults: [] };
  }

  read(node: unknown, path: Path, inside: readonly unknown[]): unknown {
    this.#values += 1;
    if (this.#values > mostValues) {
      if (this.#values === mostValues + 1) this.#fault(node, `holds more than ${mostValues} values`);
      return undefined;
    }
    if (isAlias(node)) return this.#readAlias(node, path, inside);
    if (isYamlMap(node)) return this.#readMap(node, path, [...inside, node]);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const itemPath = [...path, index];
        this.source.places.add(itemPath, this.#placeOf(item));
        return this.read(item, itemPath, [...inside, node]);
      });
    }
    if (!isScalar(node)) return null;
    return typeof node.value === 'string' ? this.#expand(node, node.value, path) : node.value;
  }

  #readMap(map: YAMLMap, path: Path, inside: readonly unknown[]): unknown {
    const entries = new Map<string, unknown>();
    const firstPlaces = new Map<string, Place>();
    const merged = new Map<string, unknown>();
    for (const pair of map.items) {
      const key = this.#keyOf(pair);
      if (key === undefined) continue;
      const keyPlace = this.#placeOf(pair.key);
      const first = firstPlaces.get(key);
      if (first !== undefined) {
        const message = `the key "${key}" stands twice in this map, first on line ${first.line ?? 1}`;
        this.source.faults.push({ ...keyPlace, message, hint: 'remove one of them' });
        continue;
      }
      firstPlaces.set(key, keyPlace);
      if (key === '<<') {
        for (const [name, value] of this.#readMerge(pair.value, path, inside)) merged.set(name, value);
        continue;
      }
      const valuePath = [...path, key];
      this.source.places.forget(valuePath);
      const empty = isScalar(pair.value) && pair.value.value === null && pair.value.source === '';
      this.source.places.add(
        valuePath,
        pair.value === null || empty ? keyPlace : this.#placeOf(pair.value),
        keyPlace,
      );
      entries.set(key, this.read(pair.value, valuePath, inside));
    }
    // A map's own keys win over merged ones, wherever the `<<` is.
    return Object.fromEntries([...merged, ...entries]);
  }

  #readMerge(node: unknown, path: Path, inside: readonly unknown[]): [string, unknown][] {
    const value = this.read(node, path, inside);
    const maps: unknown[] = Array.isArray(value) ? value : [value];
    return maps.flatMap((map) => (typeof map === 'object' && map !== null ? Object.entries(map) : []));
  }

  #readAlias(alias: Alias, path: Path, inside: readonly unknown[]): unknown {
    const target = alias.resolve(this.#document);
    if (target === undefined) {
      this.#fault(alias, `the anchor &${alias.source} is not defined above`);
      return undefined;
    }
    if (inside.includes(target)) {
      this.#fault(alias, `the alias *${alias.source} stands inside what it names`);
      return undefined;
    }
    return this.read(target, path, inside);
  }

  #keyOf(pair: Pair): string | undefined {
    const key: unknown = isScalar(pair.key) ? pair.key.value : pair.key;
    if (typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return String(key);
    this.#fault(pair.key ?? pair.value, 'a key must be a word');
    return undefined;
  }

  #expand(node: unknown, text: string, path: Path): string {
    if (!text.includes('${')) return text;
    const {
      text: expanded,
      names,
      secrets,
      problems,
    } = expandVariables(
      text,
      this.#environment,
      isOfCommand([...this.#base, ...path]) ? consumerVariableNames : [],
    );
    if (names.length > 0) this.source.expanded.push(path);
    this.source.secrets.push(...secrets);
    for (const problem of problems) this.#fault(node, problem);
    return expanded;
  }

  #fault(node: unknown, message: string): void {
    this.source.faults.push({ ...this.#placeOf(node), message });
  }

  #placeOf(node: unknown): Place {
    const range: unknown =
      typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    return this.#at(Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0);
  }
}
