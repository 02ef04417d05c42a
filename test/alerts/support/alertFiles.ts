import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import avsc from 'avsc';
import { loadCodec, type CodecName } from '../../../src/alerts/codecs.js';

/** A small alert, with the parts that the simulator looks for. */
export interface SmallAlert {
  readonly id: number;
  /** Modified Julian Date, days. */
  readonly mjd: number;
  readonly visit?: number;
  /** Number of earlier detections; undefined: the union's null. */
  readonly history?: number;
}

/**
 * A small schema of the shape of a version of Rubin's alert schema.
 *
 * @param major - the version, 3 to 11
 */
export function alertSchemaOf(major: number): avsc.Schema {
  const namespace = `lsst.v${major}_0`;
  const source: avsc.Schema = {
    type: 'record',
    name: 'diaSource',
    namespace,
    fields: [
      { name: 'diaSourceId', type: 'long' },
      { name: major < 6 ? 'ccdVisitId' : 'visit', type: 'long' },
      { name: 'programId', type: ['null', 'int'], default: null },
      { name: major < 5 ? 'midPointTai' : 'midpointMjdTai', type: 'double' },
      { name: 'flux', type: ['null', 'float'], default: null },
    ],
  };
  return {
    type: 'record',
    name: 'alert',
    namespace,
    fields: [
      { name: major < 8 ? 'alertId' : 'diaSourceId', type: 'long' },
      { name: 'diaSource', type: source },
      { name: 'prvDiaSources', type: ['null', { type: 'array', items: `${namespace}.diaSource` }] },
      { name: 'cutoutDifference', type: ['null', 'bytes'] },
    ],
  };
}

/** The value of a small alert in that schema. */
export function alertValue(major: number, alert: SmallAlert): unknown {
  const source = {
    diaSourceId: alert.id,
    [major < 6 ? 'ccdVisitId' : 'visit']: alert.visit ?? 1,
    programId: null,
    [major < 5 ? 'midPointTai' : 'midpointMjdTai']: alert.mjd,
    flux: 1.5,
  };
  return {
    [major < 8 ? 'alertId' : 'diaSourceId']: alert.id,
    diaSource: source,
    prvDiaSources: alert.history === undefined ? null : Array.from({ length: alert.history }, () => source),
    cutoutDifference: Buffer.alloc(alert.id % 50, alert.id),
  };
}

/** The Avro bytes of small alerts. */
export function alertRecords(major: number, alerts: readonly SmallAlert[]): readonly Buffer[] {
  const type = avsc.Type.forSchema(alertSchemaOf(major));
  return alerts.map((alert) => type.toBuffer(alertValue(major, alert)));
}

/** Writes a container with avsc, an implementation of Avro that is not ours. */
export async function writeWithPeer(
  path: string,
  schema: avsc.Schema,
  values: readonly unknown[],
  codec: CodecName = 'null',
  blockBytes = 64 * 1024,
): Promise<void> {
  const { compress } = await loadCodec(codec, path);
  const codecs = {
    [codec]: (bytes: Buffer, done: (error: Error | null, data?: Buffer) => void) => {
      done(null, compress(bytes));
    },
  };
  const encoder = new avsc.streams.BlockEncoder(avsc.Type.forSchema(schema), {
    codec,
    codecs,
    blockSize: blockBytes,
    writeHeader: true,
    syncMarker: Buffer.from('0123456789abcdef'),
  });
  const file = encoder.pipe(createWriteStream(path));
  for (const value of values) encoder.write(value);
  encoder.end();
  await once(file, 'finish');
}

/** Small alerts, a second apart, twenty in a visit. */
export function someAlerts(count: number): readonly SmallAlert[] {
  return Array.from({ length: count }, (_, index) => ({
    id: 1000 + index,
    mjd: 60_000 + index / 86_400,
    visit: 500 + Math.floor(index / 20),
    history: index % 4,
  }));
}
