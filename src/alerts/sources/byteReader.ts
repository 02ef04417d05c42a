/**
 * Reads a stream of chunks as bytes, with a look ahead; holds what was looked at and not yet taken. Views that
 * it gives stay valid.
 */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #position = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes that were taken. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes, without taking them; fewer at the end of the stream. */
  async peek(bytes: number): Promise<Buffer> {
    if (this.#heldBytes < bytes && !this.#ended) await this.#fill(bytes);
    const [first] = this.#held;
    if (first === undefined) return Buffer.alloc(0);
    if (first.length >= bytes || this.#held.length === 1) return first.subarray(0, bytes);
    const joined = Buffer.concat(this.#held);
    this.#held = [joined];
    return joined.subarray(0, bytes);
  }

  /** Takes the next bytes; fewer at the end of the stream. */
  async take(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes);
    this.#drop(taken.length);
    return taken;
  }

  /** All bytes that are left, where these are at most so many; undefined, with nothing taken, for more. */
  async whole(mostBytes: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(mostBytes + 1);
    if (bytes.length > mostBytes) return undefined;
    this.#drop(bytes.length);
    return bytes;
  }

  /** Takes all that is left, chunk by chunk. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const held = this.#held.shift();
      if (held === undefined) {
        if (this.#ended) return;
        await this.#fill(1);
        continue;
      }
      this.#heldBytes -= held.length;
      this.#position += held.length;
      if (held.length > 0) yield held;
    }
  }

  /** Takes all that is left, and drops it. */
  async skipRest(): Promise<void> {
    this.#drop(this.#heldBytes);
    while (!this.#ended) {
      await this.#fill(1);
      this.#drop(this.#heldBytes);
    }
  }

  /** Ends the stream, whatever is left of it. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#chunks.return?.();
  }

  async #fill(bytes: number): Promise<void> {
    while (this.#heldBytes < bytes && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#ended = true;
      else {
        this.#held.push(next.value);
        this.#heldBytes += next.value.length;
      }
    }
  }

  #drop(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#position += bytes;
    for (let left = bytes; left > 0;) {
      const first = this.#held[0];
      if (first === undefined) return;
      if (first.length > left) {
        this.#held[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#held.shift();
    }
  }
}

/** A stream of one buffer. */
export function readerOf(bytes: Buffer): ByteReader {
  return new ByteReader(
    // eslint-disable-next-line @typescript-eslint/require-await -- nothing to wait for in a buffer
    (async function* () {
      yield bytes;
    })(),
  );
}
