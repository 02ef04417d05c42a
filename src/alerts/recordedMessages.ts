import { canonicalSchema, parseAvroSchema } from './avroSchema.js';
import type { AvroType } from './avroType.js';
import { lengthEnd, noBranch, readLength, RecordFault, within } from './recordBytes.js';
import { decodeLong } from './varint.js';

/** One object per header, in their order; null for a header without a value. */
export type RecordedHeaders = readonly Readonly<Record<string, string | Buffer | null>>[];

/** A message of a topic, as a recording keeps it. */
export interface RecordedMessage {
  readonly partition: number;
  /** In the topic that was recorded. */
  readonly offset: number;
  /** Since 1970; -1 for none. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordedHeaders;
}

const bytesOrNull = ['null', 'bytes'];

/** The schema of recordings. Its name and fields are how a recording is recognised. */
export const recordedSchemaText = JSON.stringify({
  type: 'record',
  name: 'RecordedMessage',
  namespace: 'rubin_alert_sim',
  doc: 'A message of a Kafka topic, as `rubin-alert-sim record` copied it.',
  fields: [
    { name: 'partition', type: 'int' },
    { name: 'offset', type: 'long', doc: 'In the topic that was recorded.' },
    { name: 'timestamp', type: 'long', doc: 'Milliseconds since 1970; -1 for none.' },
    { name: 'key', type: bytesOrNull },
    { name: 'value', type: bytesOrNull },
    {
      name: 'headers',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'RecordedHeader',
          fields: [
            { name: 'key', type: 'string' },
            { name: 'value', type: bytesOrNull },
          ],
        },
      },
    },
  ],
});

const recordedSchema = canonicalSchema(parseAvroSchema(recordedSchemaText, 'the schema of recordings'));

/** Whether a container's records are recorded messages. */
export function isRecordedSchema(schema: AvroType): boolean {
  return (
    schema.kind === 'record' &&
    schema.name.endsWith('RecordedMessage') &&
    canonicalSchema(schema) === recordedSchema
  );
}

/** Names in a recording's metadata. */
export const recordingMetadata = {
  topic: 'rubin-alert-sim.topic',
  partitions: 'rubin-alert-sim.partitions',
} as const;

/** Most bytes of a number: a zigzag long. */
const mostLongBytes = 10;

/** At least as many bytes as a message takes in a recording. */
export function recordedBytesAtMost({ key, value, headers }: RecordedMessage): number {
  let bytes = 8 * mostLongBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers)
    for (const name in header) {
      const content = header[name] ?? null;
      bytes +=
        3 * mostLongBytes + Buffer.byteLength(name) + (content === null ? 0 : Buffer.byteLength(content));
    }
  return bytes;
}

/**
 * Writes a message and returns the position after it.
 *
 * @param into - with room for {@link recordedBytesAtMost}
 */
export function writeRecorded(message: RecordedMessage, into: Buffer, start: number): number {
  const { key, value, headers } = message;
  let at = writeLong(message.partition, into, start);
  at = writeLong(message.offset, into, at);
  at = writeLong(message.timestampMs, into, at);
  at = writeOptional(key, into, at);
  at = writeOptional(value, into, at);
  if (headers.length > 0) at = writeLong(headers.length, into, at);
  for (const header of headers)
    for (const name in header) {
      at = writePrefixed(name, into, at);
      at = writeOptional(header[name] ?? null, into, at);
    }
  return writeLong(0, into, at);
}

function writeLong(value: number, into: Buffer, start: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let at = start;
  for (; rest > 0x7f; at += 1) {
    into[at] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  into[at] = rest;
  return at + 1;
}

function writeOptional(content: string | Buffer | null, into: Buffer, at: number): number {
  if (content === null) return writeLong(0, into, at);
  return writePrefixed(content, into, writeLong(1, into, at));
}

function writePrefixed(content: string | Buffer, into: Buffer, at: number): number {
  const from = writeLong(Buffer.byteLength(content), into, at);
  return from + (typeof content === 'string' ? into.write(content, from) : content.copy(into, from));
}

/** A message, and its record as it is in the file. */
export interface StoredRecord extends RecordedMessage {
  readonly avro: Buffer;
}

/**
 * The messages of a block.
 *
 * @param bytes - its records, decompressed; keys, values and headers are views of them
 * @throws RecordFault where the bytes do not match
 */
export function recordedMessages(bytes: Buffer, count: number): readonly StoredRecord[] {
  const cursor = new Cursor(bytes);
  const messages: StoredRecord[] = [];
  // A damaged count must not take all memory: every message has at least six bytes.
  if (count > bytes.length) throw new RecordFault(`says that it has ${count} messages`);
  for (let index = 0; index < count; index += 1) messages.push(cursor.record());
  if (cursor.at !== bytes.length) throw new RecordFault('has more bytes than its messages');
  return messages;
}

class Cursor {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  record(): StoredRecord {
    const start = this.at;
    const partition = this.#long();
    const offset = this.#long();
    const timestampMs = this.#long();
    const key = this.#optional();
    const value = this.#optional();
    const headers = this.#headers();
    const avro = this.#bytes.subarray(start, this.at);
    return { partition, offset, timestampMs, key, value, headers, avro };
  }

  #headers(): RecordedHeaders {
    const headers: Record<string, Buffer | null>[] = [];
    for (let count = this.#long(); count !== 0; count = this.#long()) {
      // A negative count is followed by the size in bytes of these items.
      if (count < 0) this.#long();
      for (let left = Math.abs(count); left > 0; left -= 1) {
        const name = this.#prefixed().toString();
        headers.push({ [name]: this.#optional() });
      }
    }
    return headers;
  }

  #long(): number {
    const end = lengthEnd(this.#bytes, this.at);
    const value = decodeLong(this.#bytes, this.at, end);
    this.at = end;
    return value;
  }

  #optional(): Buffer | null {
    const branch = this.#long();
    if (branch !== 0 && branch !== 1) throw noBranch(this.#bytes, this.at);
    return branch === 0 ? null : this.#prefixed();
  }

  #prefixed(): Buffer {
    const length = readLength(this.#bytes, this.at);
    const from = lengthEnd(this.#bytes, this.at);
    if (length < 0) throw new RecordFault('has a length below zero');
    this.at = within(this.#bytes, from + length);
    return this.#bytes.subarray(from, this.at);
  }
}
