import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '../../version.js';

/**
 * The schema of synthetic alerts: version 11.0 of Rubin's alert schema by names, order and types, with
 * descriptions of our own. It is read from the clone, where users can read it too.
 *
 * @returns the schema as compact JSON text, one self-contained record `lsst.v11_0.alert`
 */
export function syntheticSchemaText(): string {
  const path = join(installationFolder, 'src/alerts/synthetic/schema/lsst.v11_0.alert.avsc');
  return JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
}

/** Schema id that Rubin gives to version 11.0: major · 100 + minor. */
export const syntheticSchemaId = 1100;
