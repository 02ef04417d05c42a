import type { Report } from '../fields.js';
import { isMap } from '../source.js';

/**
 * Reports entries of a list that have the name of an earlier one.
 *
 * @param list - anything else is ignored
 */
export function reportTwins(list: unknown, path: readonly string[], what: string, report: Report): void {
  if (!Array.isArray(list)) return;
  const seen = new Set<string>();
  list.forEach((entry: unknown, index) => {
    const name = isMap(entry) ? entry.name : undefined;
    if (typeof name !== 'string') return;
    if (seen.has(name)) {
      report([...path, index, 'name'], `is the name of an earlier ${what}`, 'give each a name of its own');
    }
    seen.add(name);
  });
}
