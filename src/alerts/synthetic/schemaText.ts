import { readFileSync } from 'node:fs';

/**
 * The schema of synthetic alerts as compact JSON: version 11.0 of Rubin's alert schema by names, order and
 * types, with descriptions of our own. It is a file of its own, so that users can read it too.
 */
export function syntheticSchemaText(): string {
  const file = new URL('schema/lsst.v11_0.alert.avsc', import.meta.url);
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
}

/** Rubin's id of version 11.0: major · 100 + minor. */
export const syntheticSchemaId = 1100;
