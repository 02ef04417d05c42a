import { isMap, type Source, valueAt, withValueAt } from './source.js';

/** More variants are a mistake: a night would not be enough to run them. */
const mostVariants = 200;

/**
 * Replaces a scenario's `matrix` by its variants: one for each combination of its values, the last path
 * changing fastest, after those that are listed. A matrix that cannot be expanded is left for validation to
 * report.
 */
export function expandMatrix(source: Source): void {
  const matrix = valueAt(source.data, ['matrix']);
  if (!isMap(matrix)) return;
  const axes = Object.entries(matrix);
  const listed = valueAt(source.data, ['variants']) ?? [];
  const sound = axes.every(([, values]) => Array.isArray(values) && values.length > 0);
  if (!sound || !Array.isArray(listed)) return;
  let combinations: (readonly [string, number, unknown])[][] = axes.length === 0 ? [] : [[]];
  for (const [path, values] of axes as [string, unknown[]][]) {
    if (combinations.length * values.length > mostVariants) {
      source.faults.push({
        ...source.places.ofKey(['matrix']),
        message: `makes more than ${mostVariants} variants`,
        hint: 'leave out values, or compare fewer settings at a time',
      });
      return;
    }
    combinations = combinations.flatMap((before) =>
      values.map((value, index) => [...before, [path, index, value] as const]),
    );
  }
  const made = combinations.map((settings, index) => {
    const place = ['variants', listed.length + index];
    source.places.add(place, source.places.ofKey(['matrix']));
    for (const [path, at] of settings) {
      const key = source.places.ofKey(['matrix', path]);
      source.places.add([...place, 'set', path], source.places.ofValue(['matrix', path, at]), key);
    }
    return {
      name: settings.map(([path, , value]) => settingName(path, value)).join('_'),
      set: Object.fromEntries(settings.map(([path, , value]) => [path, value])),
    };
  });
  const rest = Object.entries(isMap(source.data) ? source.data : {}).filter(([key]) => key !== 'matrix');
  source.data = withValueAt(Object.fromEntries(rest), ['variants'], [...(listed as unknown[]), ...made]);
}

/** A name of letters, digits and dashes: `kafka.client.linger.ms: 50` is `linger-ms-50`. */
function settingName(path: string, value: unknown): string {
  const setting = path.replace(/^(kafka\.client|stream\.config|stream|replay|broker|consumers)\./, '');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${setting}-${text}`.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-|-$/g, '');
}
