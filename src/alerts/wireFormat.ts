import { AlertSimError } from '../errors.js';

/** Bytes before an alert's Avro record on the wire: `0x00`, then the schema id. */
export const frameHeadBytes = 5;

/** The largest that four bytes hold. */
export const maxSchemaId = 0xffff_ffff;

export interface UnframedAlert {
  /** Id of the writer's schema in its registry. */
  readonly schemaId: number;
  /** A view of the value's bytes, not a copy. */
  readonly avro: Buffer;
}

/**
 * Puts an alert into the wire format: `0x00`, the schema id in four bytes, big-endian, then the Avro record.
 *
 * @remarks Source: Confluent's wire format, which Rubin's alert distribution uses (DMTN-093).
 * @param schemaId - 0 to 4,294,967,295
 * @param into - at least five bytes larger than the record; undefined: a new one
 * @returns the message's value, a view of `into` where that was given
 * @throws `BAD_USAGE` when the schema id does not fit into four bytes
 */
export function frameAlert(schemaId: number, avro: Uint8Array, into?: Buffer): Buffer {
  if (!Number.isInteger(schemaId) || schemaId < 0 || schemaId > maxSchemaId) {
    throw new AlertSimError(
      'BAD_USAGE',
      `the schema id ${schemaId} does not fit into the wire format: give a whole number from 0 to ${maxSchemaId}`,
    );
  }
  const framedBytes = frameHeadBytes + avro.length;
  const value = into === undefined ? Buffer.allocUnsafe(framedBytes) : into.subarray(0, framedBytes);
  value[0] = 0;
  value.writeUInt32BE(schemaId, 1);
  value.set(avro, frameHeadBytes);
  return value;
}

/** Takes an alert from the wire format; undefined when the value is not in it. */
export function unframeAlert(value: Buffer): UnframedAlert | undefined {
  if (value.length < frameHeadBytes || value[0] !== 0) return undefined;
  return { schemaId: value.readUInt32BE(1), avro: value.subarray(frameHeadBytes) };
}
