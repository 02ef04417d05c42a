import { AlertSimError } from '../errors.js';
import { encodeHeaders, producedRow, type RowMemory } from '../kafka/rows.js';
import type { StoredMessage } from '../kafka/topicReader.js';

/** What is kept of a message; its partition for those that are to be sent into the same. */
type KeptMessage = Pick<StoredMessage, 'value' | 'key' | 'headers'> &
  Partial<Pick<StoredMessage, 'partition'>>;

const entryFields = 7;
const maxHeaderBytes = 64 * 1024;

/**
 * Alerts in one block of memory, ready to be sent as rows: what is kept is sent from there, without a copy.
 * Beside it is room for one alert more, through which others can pass one by one: of these, librdkafka makes
 * a copy.
 */
export class AlertMemory implements RowMemory {
  /** Rows point into it. */
  readonly bytes: Buffer;
  readonly #capacityBytes: number;
  readonly #entries: number[] = [];
  #usedBytes = 0;

  /**
   * @param capacityBytes - capacity for the alerts that are kept
   * @param largestMessageBytes - the largest message that passes through
   */
  constructor(capacityBytes: number, largestMessageBytes: number) {
    this.#capacityBytes = capacityBytes;
    // Memory of its own, not from Node's pool; pages that are never written cost nothing.
    this.bytes = Buffer.from(new SharedArrayBuffer(capacityBytes + largestMessageBytes + maxHeaderBytes));
  }

  /** The part of the block whose alerts stay. */
  get lastingBytes(): number {
    return this.#capacityBytes;
  }

  /** Number of alerts that are kept. */
  get count(): number {
    return this.#entries.length / entryFields;
  }

  /** Of the alerts that are kept: values, keys and headers. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Keeps an alert; false when there is no room for it. Value, key and headers are copied. */
  keep({ value, key, headers, partition = -1 }: KeptMessage): boolean {
    const encoded = encodeHeaders(headers);
    const needed = (value?.length ?? 0) + (key?.length ?? 0) + encoded.length;
    if (this.#usedBytes + needed > this.#capacityBytes) return false;
    const entry = this.#write(this.#usedBytes, value, key, encoded);
    this.#entries.push(partition, ...entry);
    this.#usedBytes += needed;
    return true;
  }

  /** A view of the value that was kept last; null for a message without a value. */
  newestValue({ value }: Pick<StoredMessage, 'value'>): Buffer | null {
    const at = this.#entries.at(1 - entryFields) ?? 0;
    return value === null ? null : this.bytes.subarray(at, at + value.length);
  }

  /**
   * Points a row at an alert that is kept, and returns the size of its value.
   *
   * @param index - from 0
   */
  point(index: number, rows: Float64Array, row: number): number {
    const from = index * entryFields;
    const to = row * producedRow.fields + producedRow.partition;
    const entries = this.#entries;
    for (let field = 0; field < entryFields; field += 1) rows[to + field] = entries[from + field] ?? 0;
    return Math.max(0, entries[from + producedRow.valueBytes] ?? 0);
  }

  /**
   * Copies an alert into the room for one, points a row at it, and returns the size of its value. It must be
   * sent before the next one passes.
   *
   * @throws `BAD_INPUT_FILE` for an alert that is larger than the room
   */
  pass({ value, key, headers, partition = -1 }: KeptMessage, rows: Float64Array, row: number): number {
    const entry = this.#write(this.#capacityBytes, value, key, encodeHeaders(headers));
    rows[row * producedRow.fields + producedRow.partition] = partition;
    const to = row * producedRow.fields + producedRow.valueAt;
    for (let field = 0; field < entry.length; field += 1) rows[to + field] = entry[field] ?? 0;
    return value?.length ?? 0;
  }

  /** The six numbers of a row from `valueAt` on. */
  #write(at: number, value: Buffer | null, key: Buffer | null, headers: Buffer): number[] {
    const valueBytes = value?.length ?? 0;
    const keyBytes = key?.length ?? 0;
    const needed = valueBytes + keyBytes + headers.length;
    // A copy would be cut off silently.
    if (at + needed > this.bytes.length) {
      throw new AlertSimError(
        'BAD_INPUT_FILE',
        `an alert of the reservoir takes ${needed} bytes with its key and headers, but at most ${this.bytes.length - at} can be sent`,
      );
    }
    value?.copy(this.bytes, at);
    key?.copy(this.bytes, at + valueBytes);
    headers.copy(this.bytes, at + valueBytes + keyBytes);
    return [
      at,
      value === null ? -1 : valueBytes,
      at + valueBytes,
      key === null ? -1 : keyBytes,
      at + valueBytes + keyBytes,
      headers.length,
    ];
  }
}
