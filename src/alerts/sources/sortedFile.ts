import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { readError, writeError } from '../containerErrors.js';
import { ReadAhead } from '../readAhead.js';
import { frameHeadBytes } from '../wireFormat.js';
import type { MessageBody } from './framing.js';
import type { Moved } from './timeIndex.js';

/** A message of a sorted file. */
export interface SortedMessage extends MessageBody {
  /** When its alert was recorded, since MJD 0. */
  readonly timeUs: number;
  /** Of the list of schemas; undefined where the bytes are not a record by itself. */
  readonly schema: number | undefined;
}

/** Before each message: size, schema id, number of its schema, time. */
const headBytes = 24;
const none = 0xffff_ffff;

/** The size of the file that {@link SortedFile} writes. */
export function sortedBytes(alerts: number, messageBytes: number): number {
  return messageBytes + alerts * headBytes;
}

/**
 * Writes messages in order of time, in whichever order they come: where each of them begins is known before,
 * so that nothing is sorted or merged. A temporary file, for reading once with {@link sortedMessages}.
 */
export class SortedFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #ranks: Uint32Array;
  readonly #offsets: Float64Array;
  #written = 0;

  private constructor(path: string, file: FileHandle, moved: Moved) {
    this.#path = path;
    this.#file = file;
    this.#ranks = moved.ranks;
    this.#offsets = moved.offsets();
  }

  /** @throws `DISK_FULL` and other errors of writing */
  static async create(path: string, moved: Moved): Promise<SortedFile> {
    const file = await open(path, 'wx').catch((thrown: unknown) => {
      throw writeError(thrown, path, 0);
    });
    return new SortedFile(path, file, moved);
  }

  /** Messages that were added. */
  get written(): number {
    return this.#written;
  }

  /**
   * Adds the next message in the order in which they are found.
   *
   * @returns false where it is one too many, or not of the size that it had: the files have changed
   */
  add({ bytes, schemaId, timeUs, schema }: SortedMessage): boolean {
    const rank = this.#ranks[this.#written] ?? -1;
    const start = this.#offsets[rank];
    const valueBytes = bytes.length + (schemaId === undefined ? 0 : frameHeadBytes);
    if (start === undefined || (this.#offsets[rank + 1] ?? 0) - start !== valueBytes) return false;
    const head = Buffer.alloc(headBytes);
    head.writeUInt32LE(bytes.length, 0);
    head.writeDoubleLE(schemaId ?? -1, 4);
    head.writeUInt32LE(schema ?? none, 12);
    head.writeDoubleLE(timeUs, 16);
    const entry = Buffer.concat([head, bytes]);
    try {
      // Small pieces go to the system's cache at once; a promise for each would take ten times as long.
      const at = start + rank * headBytes;
      for (let done = 0; done < entry.length;)
        done += writeSync(this.#file.fd, entry, done, entry.length - done, at + done);
    } catch (thrown) {
      throw writeError(thrown, this.#path, start);
    }
    this.#written += 1;
    return true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * The messages of a sorted file; each is valid until the next one is asked for.
 *
 * @throws `BAD_INPUT_FILE` where the file cannot be read any more
 */
export async function* sortedMessages(
  path: string,
  alerts: number,
): AsyncGenerator<SortedMessage, void, undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { size } = await file.stat();
    const reader = new ReadAhead(file, 0, size, { reuse: true });
    for (let index = 0; index < alerts; index += 1) {
      const head = await reader.take(headBytes);
      const bodyBytes = head.readUInt32LE(0);
      const id = head.readDoubleLE(4);
      const schema = head.readUInt32LE(12);
      const timeUs = head.readDoubleLE(16);
      const schemaId = id < 0 ? undefined : id;
      const bytes = await reader.take(bodyBytes);
      yield { bytes, schemaId, timeUs, schema: schema === none ? undefined : schema };
      // The slot has room for the frame.
      const restBytes = schemaId === undefined || index === alerts - 1 ? 0 : frameHeadBytes;
      await reader.take(restBytes);
    }
  } catch (thrown) {
    throw readError(thrown, path);
  } finally {
    await file?.close();
  }
}
