import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AlertSimError } from '../errors.js';
import { loadCodec, type Codec, type CodecName } from './codecs.js';
import { writeError } from './containerErrors.js';
import { containerHead, syncMarkerBytes } from './containerHeader.js';
import { encodeLong } from './varint.js';

export interface ContainerWriterOptions {
  /** The records' schema, as JSON; written to the file as given. */
  readonly schemaText: string;
  readonly codec: CodecName;
  /** A block is closed when its records have this many bytes before compression. Default 256 KiB. */
  readonly blockBytes?: number;
  /** The 16 bytes between blocks; with the same value the same records give the same file. Default random. */
  readonly sync?: Uint8Array;
  /** More entries for the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default `replace`. */
  readonly existing?: 'refuse' | 'replace';
}

export interface WrittenContainer {
  readonly records: number;
  readonly bytes: number;
}

const defaultBlockBytes = 256 * 1024;

/**
 * Starts a container. It grows in a temporary file beside its path and is renamed when it is complete, so
 * that no one mistakes an incomplete file for a whole one.
 *
 * @returns the writer; end it with `close` or `abort`
 * @throws `BAD_USAGE` when the file exists or cannot be written there, `BAD_INPUT_FILE` for an unknown codec,
 * `DISK_FULL`
 */
export async function createContainerWriter(
  path: string,
  options: ContainerWriterOptions,
): Promise<ContainerWriter> {
  const sync = Buffer.from(options.sync ?? randomBytes(syncMarkerBytes));
  if (sync.length !== syncMarkerBytes) throw new RangeError(`a sync marker has ${syncMarkerBytes} bytes`);
  const codec = await loadCodec(options.codec, path);
  await refuseTaken(path, options.existing ?? 'replace');
  const partialPath = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.partial`);
  const file = await open(partialPath, 'wx').catch((thrown: unknown) => {
    throw writeError(thrown, path, 0);
  });
  return new ContainerWriter(path, partialPath, file, codec, sync, options);
}

/** Writes records into a container, one after the other. */
export class ContainerWriter {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #file: FileHandle;
  readonly #codec: Codec;
  readonly #sync: Buffer;
  readonly #blockBytes: number;
  #pending: Buffer;
  #pendingBytes = 0;
  #pendingRecords = 0;
  #records = 0;
  #bytes = 0;
  #writing: Promise<void>;
  #failure: unknown;
  #ended = false;

  /** Use {@link createContainerWriter}. */
  constructor(
    path: string,
    partialPath: string,
    file: FileHandle,
    codec: Codec,
    sync: Buffer,
    options: ContainerWriterOptions,
  ) {
    this.#path = path;
    this.#partialPath = partialPath;
    this.#file = file;
    this.#codec = codec;
    this.#sync = sync;
    this.#blockBytes = options.blockBytes ?? defaultBlockBytes;
    this.#pending = Buffer.allocUnsafe(this.#blockBytes);
    this.#writing = Promise.resolve();
    this.#enqueue([headerOf(options, codec.name), sync]);
  }

  get records(): number {
    return this.#records;
  }

  get codecName(): CodecName {
    return this.#codec.name;
  }

  /**
   * Adds a record. Its bytes are copied: the buffer may be reused at once.
   *
   * @returns a promise to wait for before the next record, when a block went to the disk
   * @throws `DISK_FULL` and other errors of an earlier block, through the promise
   */
  append(record: Uint8Array): Promise<void> | undefined {
    this.#makeRoom(record.length);
    this.#pending.set(record, this.#pendingBytes);
    this.#pendingBytes += record.length;
    this.#pendingRecords += 1;
    this.#records += 1;
    return this.#pendingBytes >= this.#blockBytes ? this.#flush() : undefined;
  }

  /**
   * Adds a block that is already compressed with this container's codec.
   *
   * @throws `DISK_FULL` and other errors of writing
   */
  async appendStoredBlock(recordCount: number, stored: Buffer): Promise<void> {
    await this.#flush();
    this.#records += recordCount;
    await this.#writeBlock(recordCount, stored);
  }

  /**
   * Finishes the container and renames it.
   *
   * @throws `DISK_FULL` and other errors of writing; nothing is left of the file then
   */
  async close(): Promise<WrittenContainer> {
    try {
      await this.#flush();
      await this.#writing;
      this.#throwFailure();
      await this.#file.datasync();
      await this.#file.close();
      await rename(this.#partialPath, this.#path);
      this.#ended = true;
    } catch (thrown) {
      await this.abort();
      throw writeError(thrown, this.#path, this.#bytes);
    }
    return { records: this.#records, bytes: this.#bytes };
  }

  /** Removes what was written. Does nothing after `close`. */
  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#writing;
    await this.#file.close().catch(() => undefined);
    await rm(this.#partialPath, { force: true });
  }

  #makeRoom(bytes: number): void {
    const needed = this.#pendingBytes + bytes;
    if (needed <= this.#pending.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#pending.length));
    larger.set(this.#pending.subarray(0, this.#pendingBytes));
    this.#pending = larger;
  }

  async #flush(): Promise<void> {
    if (this.#pendingRecords === 0) return;
    const records = this.#pending.subarray(0, this.#pendingBytes);
    const stored = this.#codec.compress(records);
    const recordCount = this.#pendingRecords;
    // Without compression the disk still reads from this buffer while the next records come.
    if (stored === records) this.#pending = Buffer.allocUnsafe(this.#pending.length);
    this.#pendingBytes = 0;
    this.#pendingRecords = 0;
    await this.#writeBlock(recordCount, stored);
  }

  /** Waits only for the block before this one: the caller makes records while the disk writes. */
  async #writeBlock(recordCount: number, stored: Buffer): Promise<void> {
    const before = this.#writing;
    this.#enqueue([encodeLong(recordCount), encodeLong(stored.length), stored, this.#sync]);
    await before;
    this.#throwFailure();
  }

  #enqueue(parts: readonly Buffer[]): void {
    const bytes = Buffer.concat(parts);
    this.#writing = this.#writing
      .then(() => (this.#failure === undefined ? this.#write(bytes) : undefined))
      .catch((thrown: unknown) => {
        this.#failure = writeError(thrown, this.#path, this.#bytes);
      });
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done);
      done += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
  }
}

/** The head of the file without its sync marker. */
function headerOf({ metadata, schemaText }: ContainerWriterOptions, codec: CodecName): Buffer {
  return containerHead({ ...metadata, 'avro.codec': codec, 'avro.schema': schemaText });
}

async function refuseTaken(path: string, existing: 'refuse' | 'replace'): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isFile()) {
    const what = found.isDirectory() ? 'a folder, not a file' : 'not a file that can be replaced';
    throw new AlertSimError('BAD_USAGE', `cannot write ${path}: it is ${what}; choose another name`);
  }
  if (existing === 'refuse') {
    throw new AlertSimError(
      'BAD_USAGE',
      `${path} exists already: choose another name, or overwrite it with --force`,
    );
  }
}
