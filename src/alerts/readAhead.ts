import type { FileHandle } from 'node:fs/promises';

const defaultChunkBytes = 2 * 1024 * 1024;

/** Space before each chunk for the end of the chunk before it: a block in both is put together there. */
const roomBytes = 512 * 1024;

export interface ReadAheadOptions {
  readonly chunkBytes?: number;
  /**
   * Reuses memory: what was taken is valid only until more is asked for. Saves allocating and clearing memory
   * for each chunk.
   */
  readonly reuse?: boolean;
}

/** Bytes of the file in memory, with free space before them. */
interface Chunk {
  readonly memory: Buffer;
  readonly bytes: number;
}

/**
 * Reads a stretch of a file in large chunks, one of them ahead. Holds two chunks at most, or a single request
 * that is larger.
 */
export class ReadAhead {
  readonly #file: FileHandle;
  readonly #endBytes: number;
  readonly #chunkBytes: number;
  readonly #reuse: boolean;
  #current: Buffer = Buffer.alloc(0);
  #at = 0;
  /** File position of the chunk after the current one. */
  #nextStart: number;
  #next: Promise<Chunk> | undefined;
  /** The memory of the current bytes, and a free one. */
  #currentMemory: Buffer | undefined;
  #spare: Buffer | undefined;

  constructor(file: FileHandle, startBytes: number, endBytes: number, options: ReadAheadOptions = {}) {
    this.#file = file;
    this.#endBytes = endBytes;
    this.#chunkBytes = options.chunkBytes ?? defaultChunkBytes;
    this.#reuse = options.reuse ?? false;
    this.#nextStart = startBytes;
  }

  /** File position of the next byte. */
  get position(): number {
    return this.#nextStart - (this.#current.length - this.#at);
  }

  /** Returns the next bytes, fewer at the end of the stretch, without taking them. */
  async peek(bytes: number): Promise<Buffer> {
    if (this.#current.length - this.#at < bytes) await this.#fill(bytes);
    return this.#current.subarray(this.#at, this.#at + bytes);
  }

  /** Takes the next bytes, fewer at the end of the stretch; they stay valid unless memory is reused. */
  async take(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes);
    this.#at += taken.length;
    return taken;
  }

  async #fill(bytes: number): Promise<void> {
    const rest = this.#current.subarray(this.#at);
    const chunks: Chunk[] = [];
    for (let missing = bytes - rest.length; missing > 0;) {
      const chunk = await (this.#next ?? this.#read(Math.max(this.#chunkBytes, missing)));
      this.#next = undefined;
      if (chunk.bytes === 0) break;
      this.#nextStart += chunk.bytes;
      chunks.push(chunk);
      missing -= chunk.bytes;
    }
    this.#join(rest, chunks);
    this.#at = 0;
    this.#next ??= this.#read(this.#chunkBytes);
    // Whoever asks for these bytes gets the error; maybe no one asks.
    this.#next.catch(() => undefined);
  }

  /** Joins what is left of the current bytes with what follows them. */
  #join(rest: Buffer, chunks: readonly Chunk[]): void {
    const [only] = chunks;
    if (only === undefined) {
      this.#current = rest;
      return;
    }
    const left = this.#currentMemory;
    if (chunks.length === 1 && rest.length <= roomBytes) {
      rest.copy(only.memory, roomBytes - rest.length);
      this.#current = only.memory.subarray(roomBytes - rest.length, roomBytes + only.bytes);
      this.#currentMemory = only.memory;
    } else {
      const parts = chunks.map(({ memory, bytes }) => memory.subarray(roomBytes, roomBytes + bytes));
      this.#current = Buffer.concat([rest, ...parts]);
      this.#currentMemory = undefined;
    }
    if (this.#reuse) this.#spare = left;
  }

  async #read(bytes: number): Promise<Chunk> {
    const start = this.#nextStart;
    const wanted = Math.max(0, Math.min(bytes, this.#endBytes - start));
    const memory = this.#memoryOf(roomBytes + wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await this.#file.read(memory, roomBytes + done, wanted - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return { memory, bytes: done };
  }

  #memoryOf(bytes: number): Buffer {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  }
}
