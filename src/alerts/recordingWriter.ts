import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { AlertSimError } from '../errors.js';
import { fileError, isWithoutRoom } from '../fileErrors.js';
import { parseAvroSchema } from './avroSchema.js';
import { codecNames, loadCodec, type CodecName } from './codecs.js';
import { checkSyncMarker, maxBlockHeadBytes, parseBlockHead } from './containerBlock.js';
import { readError } from './containerErrors.js';
import { containerHead, parseHeader, syncMarkerBytes } from './containerHeader.js';
import {
  isRecordedSchema,
  recordedBytesAtMost,
  recordedMessages,
  recordedSchemaText,
  recordingMetadata,
  writeRecorded,
  type RecordedMessage,
} from './recordedMessages.js';
import { encodeLong, longEnd } from './varint.js';

/** What a recording holds. */
export interface RecordingContent {
  readonly topic: string;
  /** Of the topic. */
  readonly partitions: number;
}

/** Compresses the records of a block; what was given may be unusable afterwards. */
export type Compress = (records: Uint8Array<ArrayBuffer>, codec: CodecName) => Promise<Uint8Array>;

export interface RecordingOptions {
  readonly codec: CodecName;
  readonly existing: 'reject' | 'replace' | 'resume';
  readonly compress: Compress;
  /** How many blocks may be compressed at the same time. */
  readonly parallel: number;
}

/** What is in a recording that is continued. */
export interface Resumed {
  readonly messages: number;
  readonly bytes: number;
  /** The offset after the last one of each partition. */
  readonly nextOffsets: ReadonlyMap<number, number>;
  /** Of a last block that was not written to its end: it was cut off. */
  readonly cutBytes: number;
}

/** Of records, before compression. */
const blockBytes = 1024 * 1024;

/**
 * Writes messages into a recording, block by block.
 *
 * A block is written synchronously, so that a signal finds the file with whole blocks: it can be read at any
 * time. Blocks are compressed in other threads, and written in their order.
 */
export class RecordingWriter {
  readonly codec: CodecName;
  readonly resumed: Resumed | undefined;
  readonly #path: string;
  readonly #file: number;
  readonly #sync: Buffer;
  readonly #compress: Compress;
  readonly #parallel: number;
  #block = new Block(blockBytes);
  #blocksUnderWay = 0;
  #written: Promise<void> = Promise.resolve();
  #failure: unknown;
  #bytes: number;
  #messages = 0;

  private constructor(path: string, opened: Opened, { compress, parallel }: RecordingOptions) {
    this.#path = path;
    this.#file = opened.file;
    this.#sync = opened.sync;
    this.#bytes = opened.bytes;
    this.codec = opened.codec;
    this.resumed = opened.resumed;
    this.#compress = compress;
    this.#parallel = parallel;
  }

  /**
   * Starts a recording, or goes on with one.
   *
   * @throws `BAD_USAGE` for a file that exists, or is the recording of something else; `DISK_FULL`
   */
  static async open(
    path: string,
    content: RecordingContent,
    options: RecordingOptions,
  ): Promise<RecordingWriter> {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      throw new AlertSimError('BAD_USAGE', `${path} is not a file that can be written: choose another name`);
    }
    const opened =
      (options.existing === 'resume' ? await reopen(path, content) : undefined) ??
      create(path, content, options);
    return new RecordingWriter(path, opened, options);
  }

  /** Size of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Messages in whole blocks of this file, without those that it was continued with. */
  get messages(): number {
    return this.#messages;
  }

  /**
   * Adds a message; its bytes are copied.
   *
   * @returns a promise to wait for where the disk, or compression, is behind
   * @throws `DISK_FULL` and other errors of an earlier block
   */
  add(message: RecordedMessage): Promise<void> | undefined {
    if (!this.#block.add(message)) {
      this.#send();
      this.#block = new Block(Math.max(blockBytes, recordedBytesAtMost(message)));
      this.#block.add(message);
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
    return this.#blocksUnderWay > 2 * this.#parallel ? this.#written : undefined;
  }

  /** Writes what was added until now. */
  async flush(): Promise<void> {
    this.#send();
    await this.#written;
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  /** Writes what was added until now, and closes the file. */
  async close(): Promise<void> {
    try {
      await this.flush();
      fdatasyncSync(this.#file);
    } catch (thrown) {
      throw this.#writeError(thrown);
    } finally {
      closeSync(this.#file);
    }
  }

  /** Closes the file after an error; one without messages, which was made for nothing, is removed. */
  async abandon(): Promise<void> {
    await this.close().catch(() => undefined);
    if (this.#messages === 0 && this.resumed === undefined) rmSync(this.#path, { force: true });
  }

  #send(): void {
    const { count, records } = this.#block;
    if (count === 0) return;
    this.#block = new Block(blockBytes);
    this.#blocksUnderWay += 1;
    const before = this.#written;
    const stored = this.codec === 'null' ? Promise.resolve(records) : this.#compress(records, this.codec);
    // Its failure is taken up when its turn comes.
    stored.catch(() => undefined);
    this.#written = before
      .then(async () => {
        const bytes = await stored;
        if (this.#failure === undefined) this.#write(count, bytes);
      })
      .catch((thrown: unknown) => {
        this.#failure ??= this.#writeError(thrown);
      })
      .finally(() => {
        this.#blocksUnderWay -= 1;
      });
  }

  #write(count: number, stored: Uint8Array): void {
    const head = Buffer.concat([encodeLong(count), encodeLong(stored.length)]);
    let at = this.#bytes;
    try {
      for (const part of [head, stored, this.#sync]) at = writeWhole(this.#file, part, at);
    } catch (thrown) {
      // What was written of the block is cut off: the blocks before it stay readable.
      ftruncateSync(this.#file, this.#bytes);
      throw thrown;
    }
    this.#bytes = at;
    this.#messages += count;
  }

  #writeError(thrown: unknown): unknown {
    const kept = `the file is whole, with ${this.#messages} messages of this recording`;
    const fix = isWithoutRoom(thrown)
      ? `${kept}: make room, and go on with --resume`
      : 'choose another place';
    return fileError(thrown, { task: `write ${this.#path}`, code: 'BAD_USAGE', fix });
  }
}

/** Messages that become a block. */
class Block {
  count = 0;
  readonly #memory: Buffer<ArrayBuffer>;
  #used = 0;

  constructor(capacity: number) {
    // Memory of its own: it is handed over to another thread.
    this.#memory = Buffer.from(new ArrayBuffer(capacity));
  }

  /** False where there is no room. */
  add(message: RecordedMessage): boolean {
    if (this.#used + recordedBytesAtMost(message) > this.#memory.length) return false;
    this.#used = writeRecorded(message, this.#memory, this.#used);
    this.count += 1;
    return true;
  }

  get records(): Buffer<ArrayBuffer> {
    return this.#memory.subarray(0, this.#used);
  }
}

interface Opened {
  readonly file: number;
  readonly sync: Buffer;
  readonly codec: CodecName;
  readonly bytes: number;
  readonly resumed: Resumed | undefined;
}

function create(path: string, content: RecordingContent, { codec, existing }: RecordingOptions): Opened {
  const sync = randomBytes(syncMarkerBytes);
  const head = Buffer.concat([
    containerHead({
      [recordingMetadata.topic]: content.topic,
      [recordingMetadata.partitions]: String(content.partitions),
      'avro.codec': codec,
      'avro.schema': recordedSchemaText,
    }),
    sync,
  ]);
  try {
    const file = openSync(path, existing === 'replace' ? 'w' : 'wx');
    writeWhole(file, head, 0);
    return { file, sync, codec, bytes: head.length, resumed: undefined };
  } catch (thrown) {
    const isThere = thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST';
    if (isThere) {
      throw new AlertSimError(
        'BAD_USAGE',
        `${path} exists already: go on behind its last messages with --resume, overwrite it with --force, or choose another name`,
      );
    }
    const missing = 'its folder does not exist';
    throw fileError(thrown, {
      task: `write ${path}`,
      code: 'BAD_USAGE',
      missing,
      fix: 'choose another place',
    });
  }
}

/** Returns the position after the bytes. */
function writeWhole(file: number, bytes: Uint8Array, at: number): number {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  return at + bytes.length;
}

/** Undefined where there is no such file yet. */
async function reopen(path: string, content: RecordingContent): Promise<Opened | undefined> {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', fix: 'choose another place' });
  }
  try {
    return await continued(file, path, content);
  } catch (thrown) {
    closeSync(file);
    throw readError(thrown, path);
  }
}

async function continued(file: number, path: string, content: RecordingContent): Promise<Opened> {
  const { size } = fstatSync(file);
  const start = readAt(file, 0, Math.min(size, 64 * 1024));
  const header = parseHeader(start, start.length, path);
  const schemaText = header?.metadata.get('avro.schema')?.toString() ?? '';
  if (header === undefined || !isRecordedSchema(parseAvroSchema(schemaText, path)))
    throw notResumable(path, 'it is a container of something else');
  const topic = header.metadata.get(recordingMetadata.topic)?.toString();
  if (topic !== content.topic)
    throw notResumable(
      path,
      `it is a recording of ${topic === undefined ? 'another topic' : `the topic ${topic}`}`,
    );
  const codecName = header.metadata.get('avro.codec')?.toString() ?? 'null';
  const codec = codecNames.find((name) => name === codecName);
  if (codec === undefined) throw notResumable(path, `its codec is ${codecName}`);
  const { decompress } = await loadCodec(codec, path);
  const nextOffsets = new Map<number, number>();
  let messages = 0;
  let at = header.headerBytes;
  for (;;) {
    const block = wholeBlock(file, at, size, header.syncMarker, path);
    if (block === undefined) break;
    for (const { partition, offset } of recordedMessages(decompress(block.stored), block.recordCount))
      nextOffsets.set(partition, Math.max(offset + 1, nextOffsets.get(partition) ?? 0));
    messages += block.recordCount;
    at += block.bytes;
  }
  ftruncateSync(file, at);
  const resumed = { messages, bytes: at, nextOffsets, cutBytes: size - at };
  return { file, sync: header.syncMarker, codec, bytes: at, resumed };
}

/** Undefined where the file ends before a whole block does. */
function wholeBlock(file: number, at: number, size: number, syncMarker: Buffer, path: string) {
  const start = readAt(file, at, Math.min(maxBlockHeadBytes, size - at));
  const countEnd = longEnd(start, 0);
  const isCut = start.length < maxBlockHeadBytes && (countEnd < 0 || longEnd(start, countEnd) < 0);
  if (isCut) return undefined;
  // Without an end, so that a block that is cut off is not an error.
  const { headBytes, storedBytes, recordCount } = parseBlockHead(start, at, Infinity, path);
  const bytes = headBytes + storedBytes + syncMarkerBytes;
  if (at + bytes > size) return undefined;
  const whole = readAt(file, at, bytes);
  checkSyncMarker(whole.subarray(-syncMarkerBytes), syncMarker, at + headBytes + storedBytes, path);
  return { stored: whole.subarray(headBytes, headBytes + storedBytes), recordCount, bytes };
}

function readAt(file: number, at: number, bytes: number): Buffer {
  const into = Buffer.alloc(bytes);
  let done = 0;
  while (done < bytes) {
    const read = readSync(file, into, done, bytes - done, at + done);
    if (read === 0) break;
    done += read;
  }
  return into.subarray(0, done);
}

function notResumable(path: string, why: string): AlertSimError {
  return new AlertSimError(
    'BAD_USAGE',
    `${path} cannot be continued: ${why}; choose another name, or overwrite it with --force`,
  );
}
