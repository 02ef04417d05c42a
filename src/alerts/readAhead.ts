import type { FileHandle } from 'node:fs/promises';

const defaultChunkBytes = 4 * 1024 * 1024;

/**
 * Reads a stretch of a file from front to back in large chunks, one of them ahead of its user. It holds two chunks
 * at most, or what was asked for at once where that is more.
 */
export class ReadAhead {
  readonly #file: FileHandle;
  readonly #endBytes: number;
  readonly #chunkBytes: number;
  #current: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Where in the file the chunk after the current one begins. */
  #nextStart: number;
  #next: Promise<Buffer> | undefined;

  /**
   * @param file - the file, open for reading
   * @param startBytes - where the stretch begins, bytes from the file's start
   * @param endBytes - where it ends
   * @param chunkBytes - how much is read at once, bytes
   */
  constructor(
    file: FileHandle,
    startBytes: number,
    endBytes: number,
    chunkBytes: number = defaultChunkBytes,
  ) {
    this.#file = file;
    this.#endBytes = endBytes;
    this.#chunkBytes = chunkBytes;
    this.#nextStart = startBytes;
  }

  /** Where in the file the next byte stands. */
  get position(): number {
    return this.#nextStart - (this.#current.length - this.#at);
  }

  /**
   * Shows the next bytes without taking them.
   *
   * @param bytes - how many
   * @returns that many bytes, or fewer at the end of the stretch
   */
  async peek(bytes: number): Promise<Buffer> {
    if (this.#current.length - this.#at < bytes) await this.#fill(bytes);
    return this.#current.subarray(this.#at, this.#at + bytes);
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - how many
   * @returns that many bytes, or fewer at the end of the stretch; they stay as they are
   */
  async take(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes);
    this.#at += taken.length;
    return taken;
  }

  async #fill(bytes: number): Promise<void> {
    const parts = [this.#current.subarray(this.#at)];
    for (let missing = bytes - (parts[0]?.length ?? 0); missing > 0;) {
      const chunk = await (this.#next ?? this.#read(Math.max(this.#chunkBytes, missing)));
      this.#next = undefined;
      if (chunk.length === 0) break;
      this.#nextStart += chunk.length;
      parts.push(chunk);
      missing -= chunk.length;
    }
    this.#current =
      parts.length === 2 && parts[0]?.length === 0 ? (parts[1] ?? this.#current) : Buffer.concat(parts);
    this.#at = 0;
    this.#next ??= this.#read(this.#chunkBytes);
    // Whoever asks for these bytes gets the error; nobody may ask.
    this.#next.catch(() => undefined);
  }

  async #read(bytes: number): Promise<Buffer> {
    const start = this.#nextStart;
    const wanted = Math.min(bytes, this.#endBytes - start);
    // A chunk is not used twice: records that were sliced from it may still be in use.
    const chunk = Buffer.allocUnsafeSlow(Math.max(0, wanted));
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await this.#file.read(chunk, done, wanted - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return chunk.subarray(0, done);
  }
}
