import { z } from 'zod';
import { scenarioDefinition } from './definition/scenario.js';
import { readDottedPath } from './overrides.js';
import { schemasAt } from './schemaPaths.js';
import { type Path, type Source, valueAt, withValueAt } from './source.js';

/**
 * Turns texts that came from variables into numbers and booleans, where the definition takes one and the text
 * looks like one. Whether it was quoted does not matter, because inside braces a variable has to be.
 *
 * @param source - changed in place
 */
export function settleVariables(source: Source): void {
  for (const path of source.expanded) {
    const value = valueAt(source.data, path);
    if (typeof value === 'string')
      source.data = withValueAt(source.data, path, settled(value, source.data, path));
  }
}

function settled(text: string, data: unknown, path: Path): string | number | boolean {
  const schemas = schemasAt(scenarioDefinition, changedPath(data, path));
  const takesNumber = schemas.some((schema) => schema instanceof z.ZodNumber);
  // A text such as 0123 is not a number: passwords keep their zeros.
  if (takesNumber && text !== '' && String(Number(text)) === text) return Number(text);
  const takesBoolean = schemas.some((schema) => schema instanceof z.ZodBoolean);
  return takesBoolean && (text === 'true' || text === 'false') ? text === 'true' : text;
}

/** What a variant or a matrix sets is of the kind of the value that it changes. */
function changedPath(data: unknown, path: Path): Path {
  if (path[0] === 'matrix' && typeof path[1] === 'string') {
    const reading = readDottedPath(data, path[1]);
    return reading.ok ? [...reading.path, ...path.slice(3)] : path;
  }
  const [top, , key, dotted, ...rest] = path;
  if (top !== 'variants' || key !== 'set' || typeof dotted !== 'string') return path;
  const reading = readDottedPath(data, dotted);
  return reading.ok ? [...reading.path, ...rest] : path;
}
