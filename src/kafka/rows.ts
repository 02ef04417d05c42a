/**
 * A message to be sent, as twelve numbers of a row: values, keys and headers lie in one block of memory, and
 * no object is made for a message. The native side is patches/node-rdkafka/0003-produce-rows.patch.
 */
export const producedRow = {
  /** Numbers in a row. */
  fields: 12,
  /** Negative for the partitioner's choice. */
  partition: 0,
  /** Offset in the memory. */
  valueAt: 1,
  /** Negative for a null value, a tombstone. */
  valueBytes: 2,
  /** Offset in the memory. */
  keyAt: 3,
  /** Negative for no key. */
  keyBytes: 4,
  /** Offset of the encoded headers in the memory. */
  headersAt: 5,
  /** 0 for none. */
  headersBytes: 6,
  /** A number below 2^32 that comes back with the delivery report. */
  tag: 7,
  /** Stamp: number of the phase. */
  phase: 8,
  /** Stamp: number of the message among this producer's messages for this partition. */
  sequence: 9,
  /** Stamp; without one, the timestamp in milliseconds where the producer is made for it. */
  dueNs: 10,
  /** Out: 0 for a message that was accepted, else librdkafka's error code; -184 for a full queue. */
  error: 11,
} as const;

/**
 * How a message ended, as six numbers of a row. The native side is
 * patches/node-rdkafka/0001-batched-delivery-reports.patch.
 */
export const deliveredRow = {
  /** Numbers in a row. */
  fields: 6,
  /** 0 when the broker acknowledged it, else librdkafka's error code. */
  error: 0,
  /** From the hand-over to librdkafka until the acknowledgement. */
  latencyUs: 1,
  /** The lower 32 bits of the message's opaque: of a row, of its sequence. */
  lower: 2,
  /** The upper 32 bits of the message's opaque: of a row, its tag. */
  upper: 3,
  partition: 4,
  /** Negative when it was not acknowledged. */
  offset: 5,
} as const;

/** The number of reports with an error. */
export function failedOf(reports: Float64Array, count: number): number {
  let failed = 0;
  for (let row = 0; row < count; row += 1)
    if (reports[row * deliveredRow.fields + deliveredRow.error] !== 0) failed += 1;
  return failed;
}

/** The memory of rows' values, keys and headers. */
export interface RowMemory {
  readonly bytes: Uint8Array;
  /**
   * Values within this many bytes from its start are sent from there, without a copy: each stays as it is
   * until its end is reported, or the producer is closed.
   */
  readonly lastingBytes: number;
}

/**
 * A message that was read, as ten numbers of a row. The native side is
 * patches/node-rdkafka/0004-consume-rows.patch.
 */
export const consumedRow = {
  /** Numbers in a row. */
  fields: 10,
  partition: 0,
  offset: 1,
  valueBytes: 2,
  /** The record's timestamp, since 1970. */
  timestampMs: 3,
  /** When it was taken, on the monotonic clock. */
  takenNs: 4,
  /** Stamp; -1 for a message without a stamp. */
  run: 5,
  /** Stamp. */
  producer: 6,
  /** Stamp. */
  phase: 7,
  /** Stamp: among this producer's messages for this partition. */
  sequence: 8,
  /** Stamp. */
  dueNs: 9,
} as const;

/**
 * The header with the stamp: 24 bytes, little-endian: run u32, producer u16, phase u16, sequence u64, due
 * f64.
 */
export const stampHeader = 'alertsim-stamp';

const noValue = 0xffff_ffff;

/**
 * Headers as rows take them: one object per header, as they are consumed; null for a header without a value.
 */
export type RowHeaders = readonly Readonly<Record<string, string | Buffer | null>>[];

/**
 * Encodes headers for a row: name length (u32 little-endian), name, value length (the same), value; one after
 * the other.
 */
export function encodeHeaders(headers: RowHeaders): Buffer {
  const bytes = Buffer.allocUnsafe(headersLength(headers));
  writeHeaders(headers, bytes, 0);
  return bytes;
}

/** Encoded size of headers, bytes. */
export function headersLength(headers: RowHeaders): number {
  let length = 0;
  for (const header of headers) {
    for (const name in header) {
      const value = header[name] ?? null;
      length += 8 + Buffer.byteLength(name) + (value === null ? 0 : Buffer.byteLength(value));
    }
  }
  return length;
}

/** Writes headers as {@link encodeHeaders} encodes them. */
export function writeHeaders(headers: RowHeaders, into: Buffer, start: number): void {
  let at = start;
  for (const header of headers) {
    for (const name in header) {
      const nameBytes = into.write(name, at + 4);
      into.writeUInt32LE(nameBytes, at);
      at += 4 + nameBytes;
      const value = header[name] ?? null;
      const valueBytes =
        value === null ? 0 : typeof value === 'string' ? into.write(value, at + 4) : value.copy(into, at + 4);
      into.writeUInt32LE(value === null ? noValue : valueBytes, at);
      at += 4 + valueBytes;
    }
  }
}
