import avro from 'avsc';
import { syntheticSchemaText, type SchemaVersion } from '../../../src/alerts/synthetic/schemaText.js';

export interface DecodedForced {
  diaForcedSourceId: bigint;
  diaObjectId: bigint;
  midpointMjdTai: number;
  psfFlux: number;
  band: string;
}

export interface DecodedSource {
  diaSourceId: bigint;
  visit: bigint;
  detector: number;
  diaObjectId: bigint | null;
  ssObjectId: bigint | null;
  midpointMjdTai: number;
  ra: number;
  dec: number;
  psfFlux: number;
  psfFluxErr: number;
  templateFlux: number;
  snr: number;
  isNegative: boolean;
  band: string;
  bboxSize: number;
}

export interface DecodedAlert {
  diaSourceId: bigint;
  diaSource: DecodedSource;
  prvDiaSources: DecodedSource[] | null;
  prvDiaForcedSources: DecodedForced[] | null;
  diaObject: (Record<string, number | bigint | null> & { diaObjectId: bigint; nDiaSources: number }) | null;
  ssSource: Record<string, number> | null;
  mpc_orbits: Record<string, number | string> | null;
  cutoutDifference: Buffer | null;
  cutoutScience: Buffer | null;
  cutoutTemplate: Buffer | null;
}

/** Longs of 64 bits, as bigints. */
export const long = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** The schema of a version in a plain avsc reader, with longs of 64 bits. */
export function alertTypeOf(version?: SchemaVersion): avro.Type {
  return avro.Type.forSchema(JSON.parse(syntheticSchemaText(version)) as avro.Schema, { registry: { long } });
}

/** The committed schema, 11.0. */
export const alertType = alertTypeOf();

/** Decodes a record by the committed schema. */
export function decode(bytes: Buffer): DecodedAlert {
  return alertType.fromBuffer(bytes) as DecodedAlert;
}
