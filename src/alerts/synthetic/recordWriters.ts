import { DiaObjectWriter } from './diaObject.js';
import { DiaSourceWriter } from './diaSource.js';
import { ForcedSourceWriter } from './forcedSource.js';
import { OrbitWriter } from './mpcOrbit.js';
import type { SchemaVersion } from './schemaText.js';
import { SsSourceWriter } from './solarSystem.js';

/** Writers of the records within an alert, for one version of the schema. */
export interface RecordWriters {
  readonly source: DiaSourceWriter;
  readonly forced: ForcedSourceWriter;
  readonly object: DiaObjectWriter;
  readonly body: SsSourceWriter;
  readonly orbit: OrbitWriter;
}

/** Compiles the writers of a version. */
export function createRecordWriters(version: SchemaVersion): RecordWriters {
  return {
    source: new DiaSourceWriter(version),
    forced: new ForcedSourceWriter(version),
    object: new DiaObjectWriter(version),
    body: new SsSourceWriter(version),
    orbit: new OrbitWriter(version),
  };
}
