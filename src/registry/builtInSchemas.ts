import { readFileSync } from 'node:fs';
import { rubinSchema, rubinSchemaIds } from '../alerts/rubinSchemas.js';
import type { GivenSchema } from './schemaStore.js';

/**
 * The schemas that come along: Rubin's under Rubin's ids, major · 100 + minor, which are their versions of the
 * subject `alert-packet`, too; and ZTF's. Synthetic alerts have Rubin's 11.0.
 *
 * @remarks Source: the subjects of Rubin's registry, and the uploader of github.com/lsst/alert_packet, which
 * gives each schema its id as version.
 */
export function builtInSchemas(): readonly GivenSchema[] {
  const rubin = rubinSchemaIds().map((id) => ({
    id,
    schema: rubinSchema(id)?.text ?? '',
    versions: rubinSubjects(id).map((subject) => ({ subject, version: id })),
  }));
  const file = new URL('ztf.v4_02.alert.avsc', import.meta.url);
  const ztf = JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
  return [...rubin, { id: 10_402, schema: ztf, versions: [{ subject: 'ztf-alerts-value', version: 1 }] }];
}

/** The subjects of a schema of Rubin's: topics were named by the version, and are by the major version. */
export function rubinSubjects(id: number): readonly string[] {
  const [major, minor] = [Math.floor(id / 100), id % 100];
  return ['alert-packet', `lsst-alerts-v${major}-value`, `lsst-alerts-v${major}.${minor}-value`];
}
