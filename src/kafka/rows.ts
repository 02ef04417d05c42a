/**
 * A message to be sent, as twelve numbers of a row: values, keys and headers lie in one block of memory, and no
 * object is made for a message. The native side is patches/node-rdkafka/0003-produce-rows.patch.
 */
export const producedRow = {
  /** Numbers in a row. */
  fields: 12,
  /** Partition; negative for the partitioner's choice. */
  partition: 0,
  /** Where the value begins in the memory, bytes. */
  valueAt: 1,
  /** Length of the value, bytes. */
  valueBytes: 2,
  /** Where the key begins in the memory, bytes. */
  keyAt: 3,
  /** Length of the key, bytes; negative for none. */
  keyBytes: 4,
  /** Where the encoded headers begin in the memory, bytes. */
  headersAt: 5,
  /** Length of the encoded headers, bytes; 0 for none. */
  headersBytes: 6,
  /** A number below 2^32 that comes back with the delivery report. */
  tag: 7,
  /** Stamp: number of the phase. */
  phase: 8,
  /** Stamp: number of the message among this producer's messages for this partition. */
  sequence: 9,
  /** Stamp: when the message is due, nanoseconds. */
  dueNs: 10,
  /** Out: 0 for a message that was accepted, else librdkafka's error code; -184 for a full queue. */
  error: 11,
} as const;

/** How a message ended, as six numbers of a row. The native side is patches/node-rdkafka/0001-batched-delivery-reports.patch. */
export const deliveredRow = {
  /** Numbers in a row. */
  fields: 6,
  /** 0 when the broker acknowledged it, else librdkafka's error code. */
  error: 0,
  /** Microseconds from the hand-over to librdkafka until the acknowledgement. */
  latencyUs: 1,
  /** The lower 32 bits of the message's opaque: of a row, of its sequence. */
  lower: 2,
  /** The upper 32 bits of the message's opaque: of a row, its tag. */
  upper: 3,
  /** The partition that it went to. */
  partition: 4,
  /** Its offset there; negative when it was not acknowledged. */
  offset: 5,
} as const;

/**
 * How many of the messages were not delivered.
 *
 * @param reports - a table, {@link deliveredRow}
 * @param count - how many rows of it
 * @returns those with an error
 */
export function failedOf(reports: Float64Array, count: number): number {
  let failed = 0;
  for (let row = 0; row < count; row += 1)
    if (reports[row * deliveredRow.fields + deliveredRow.error] !== 0) failed += 1;
  return failed;
}

/** Where the values, keys and headers of rows lie. */
export interface RowMemory {
  /** The block of memory. */
  readonly bytes: Uint8Array;
  /**
   * Values within this many bytes from its start are sent from there, without a copy: each stays as it is until its end
   * is reported, or the producer is closed.
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
  /** Partition. */
  partition: 0,
  /** Offset in the partition. */
  offset: 1,
  /** Length of the value, bytes. */
  valueBytes: 2,
  /** The record's timestamp, milliseconds since 1970. */
  timestampMs: 3,
  /** When it was taken, nanoseconds of the monotonic clock. */
  takenNs: 4,
  /** Stamp: the run; -1 for a message without a stamp. */
  run: 5,
  /** Stamp: the producer. */
  producer: 6,
  /** Stamp: the phase. */
  phase: 7,
  /** Stamp: the sequence of this producer's messages for this partition. */
  sequence: 8,
  /** Stamp: when the message was due, nanoseconds. */
  dueNs: 9,
} as const;

/** The header that carries the stamp: 24 bytes, little-endian: run u32, producer u16, phase u16, sequence u64, due f64. */
export const stampHeader = 'alertsim-stamp';

const noValue = 0xffff_ffff;

/** Headers as rows take them: one object a header, as they are consumed; null for a header without a value. */
export type RowHeaders = readonly Readonly<Record<string, string | Buffer | null>>[];

/**
 * Encodes headers for a row: name length (u32 little-endian), name, value length (the same), value; one after the
 * other.
 *
 * @param headers - the headers
 * @returns the bytes
 */
export function encodeHeaders(headers: RowHeaders): Buffer {
  const bytes = Buffer.allocUnsafe(headersLength(headers));
  writeHeaders(headers, bytes, 0);
  return bytes;
}

/**
 * How many bytes headers take, encoded.
 *
 * @param headers - the headers
 * @returns bytes
 */
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

/**
 * Writes headers where they are sent from, as {@link encodeHeaders} encodes them.
 *
 * @param headers - the headers
 * @param into - the bytes to write into, with room for all of {@link headersLength}
 * @param start - where to
 */
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
