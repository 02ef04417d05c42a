import type { Fault } from './scenarioFaults.js';
import { readDottedPath, setValue } from './overrides.js';
import { isMap, type Path, type Source, valueAt, withValueAt } from './source.js';

/**
 * The scenario of a variant: with the variant's changes, and without variants. Faults of the variant's own
 * paths are added to its faults.
 *
 * @param source - left as it is
 * @param index - from 0
 */
export function withVariant(source: Source, index: number): Source {
  const variant = valueAt(source.data, ['variants', index]);
  const changed: Source = {
    ...source,
    data: withValueAt(source.data, ['variants'], []),
    places: source.places.copy(),
    faults: [],
  };
  if (!isMap(variant)) return changed;
  const change = (path: Path, value: unknown, from: Path): void => {
    setValue(changed, path, value, source.places.ofValue(['variants', index, ...from]));
  };
  for (const [dotted, value] of entriesOf(variant.set)) {
    const fault = setFault(changed, source, index, dotted);
    if (fault !== undefined) changed.faults.push(fault);
    const reading = readDottedPath(source.data, dotted);
    if (reading.ok && fault === undefined) change(reading.path, value, ['set', dotted]);
  }
  for (const [key, value] of entriesOf(variant.topic)) {
    if (key !== 'config') change(['stream', key], value, ['topic', key]);
    else
      for (const [name, setting] of entriesOf(value))
        change(['stream', key, name], setting, ['topic', key, name]);
  }
  for (const key of ['kafkaVersion', 'brokers', 'zookeeper', 'jvm'] as const) {
    if (variant[key] !== undefined) change(['cluster', key], variant[key], [key]);
  }
  for (const [name, setting] of entriesOf(variant.broker))
    change(['broker', name], setting, ['broker', name]);
  return changed;
}

function setFault(changed: Source, source: Source, index: number, dotted: string): Fault | undefined {
  const place = source.places.ofKey(['variants', index, 'set', dotted]);
  const reading = readDottedPath(changed.data, dotted);
  if (!reading.ok) return { ...place, message: reading.message, hint: reading.hint };
  const [top] = reading.path;
  if (top !== 'variants' && top !== 'name' && top !== undefined) return undefined;
  return { ...place, message: `a variant cannot change ${dotted === '' ? 'the whole scenario' : dotted}` };
}

function entriesOf(map: unknown): [string, unknown][] {
  return isMap(map) ? Object.entries(map) : [];
}
