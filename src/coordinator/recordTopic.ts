import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Piscina } from 'piscina';
import type { CodecName } from '../alerts/codecs.js';
import { RecordingWriter, type Compress, type Resumed } from '../alerts/recordingWriter.js';
import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import {
  isWithin,
  messagesForBytes,
  openTopicReader,
  silentTopic,
  type PartitionStart,
  type StoredMessage,
  type TimeRange,
  type TopicReader,
} from '../kafka/topicReader.js';
import { openTopicAdmin, type TopicAdmin, type Watermarks } from '../kafka/topics.js';
import { installationFolder } from '../version.js';
import { boundsOf, rangeText } from './topicRange.js';

export interface RecordOptions {
  readonly connection: ConnectionOptions;
  readonly topic: string;
  /** The file. */
  readonly path: string;
  readonly codec: CodecName;
  readonly existing: 'reject' | 'replace' | 'resume';
  /** What is recorded; without an end, what is still to come too. */
  readonly range: TimeRange;
  /** For how long; undefined without a limit. */
  readonly forMs: number | undefined;
  /** How many messages, at most. */
  readonly count: number | undefined;
  /** How long anything may go on without progress, where messages are known to be there. */
  readonly timeoutMs: number;
  /** Ends the recording; what was read until then is written. */
  readonly signal: AbortSignal;
  /** Called once it is known where the recording begins and how many messages it may have at most. */
  readonly onStart: (start: RecordStart) => void;
  readonly onProgress: (messages: number, bytes: number) => void;
  /** Called once, if what is still to come will not fit onto the disk, as it seems. */
  readonly onScarce: (neededBytes: number, freeBytes: number) => void;
}

export interface RecordStart {
  /** An upper bound; undefined where there is no end. */
  readonly most: number | undefined;
  readonly resumed: Resumed | undefined;
}

export interface Recorded {
  readonly messages: number;
  /** Of keys, values and headers, as they were read. */
  readonly bytes: number;
  readonly fileBytes: number;
  readonly seconds: number;
  /** Of these, how many have no value. */
  readonly tombstones: number;
  readonly interrupted: boolean;
}

/** About how much is fetched ahead. */
const fetchedBytes = 128 * 1024 * 1024;
/** About how much is taken over at once. */
const bytesPerRead = 4 * 1024 * 1024;
const mostPerRead = 5000;
/** How often what was recorded of a topic that gives little is written. */
const flushMs = 1000;
/** How much is written until the disk is looked at again. */
const checkedBytes = 64 * 1024 * 1024;
/** What is left free: the smaller of both. */
const spared = { bytes: 1e9, share: 0.02 };

/**
 * Copies a topic, or what is still to come of it, into a file. It reads by itself, without a group, and changes
 * nothing on the cluster.
 *
 * @throws `BAD_INPUT_FILE` for a topic that does not exist, `BAD_USAGE` for a file in the way, `DISK_FULL`,
 * `BROKER_UNREACHABLE`, `BROKER_REFUSED`; what was recorded until then stays in the file
 */
export async function recordTopic(options: RecordOptions): Promise<Recorded> {
  const { connection, topic, path, timeoutMs } = options;
  const admin = await openTopicAdmin(connection, timeoutMs);
  try {
    const watermarks = await existing(admin, topic);
    await checkSpace(path, 0);
    const reader = await openTopicReader(fetching(connection), topic, [], fetchedBytes, timeoutMs);
    const compression = compressionPool();
    try {
      const { starts, ends } = await boundsFor(reader, watermarks, options);
      // Before the file is made: an empty one would be in the way of the next try.
      if (ends !== undefined && options.existing !== 'resume' && isEmpty(starts, ends))
        throw nothingIn(topic, options.range);
      const { codec, existing: rule } = options;
      const writer = await RecordingWriter.open(
        path,
        { topic, partitions: watermarks.length },
        { codec, existing: rule, compress: compression.compress, parallel: compression.threads },
      );
      const recording = new Recording(options, admin, reader, writer);
      return await recording.run(resumedStarts(starts, watermarks, writer.resumed, topic), ends);
    } finally {
      await reader.close();
      await compression.close();
    }
  } finally {
    await admin.close();
  }
}

async function existing(admin: TopicAdmin, topic: string): Promise<readonly Watermarks[]> {
  const watermarks = await admin.watermarks(topic);
  if (watermarks.length > 0) return watermarks;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `the topic ${topic} does not exist, or this user may not see it: name another with --src-topic`,
  );
}

/** Full queues are read on at once, and each request brings much. */
function fetching({ properties, ...connection }: ConnectionOptions): ConnectionOptions {
  return {
    ...connection,
    properties: {
      'fetch.message.max.bytes': 8 * 1024 * 1024,
      'fetch.queue.backoff.ms': 5,
      ...properties,
    },
  };
}

/** Where each partition begins, and ends where the end is not still to come. */
async function boundsFor(
  reader: TopicReader,
  watermarks: readonly Watermarks[],
  { topic, range, forMs, timeoutMs }: RecordOptions,
): Promise<{ readonly starts: readonly number[]; readonly ends: readonly number[] | undefined }> {
  const { fromMs, toMs } = range;
  const isOver = toMs !== undefined && toMs <= Date.now();
  const known = { fromMs, toMs: isOver ? toMs : undefined };
  const bounds = await boundsOf(reader, topic, watermarks, known, timeoutMs);
  const isNew = fromMs === undefined && forMs !== undefined;
  return {
    starts: bounds.map(({ low, high }) => (isNew ? high : low)),
    ends: isOver ? bounds.map(({ high }) => high) : undefined,
  };
}

function isEmpty(starts: readonly number[], ends: readonly number[]): boolean {
  return starts.every((start, partition) => start >= (ends[partition] ?? 0));
}

function nothingIn(topic: string, range: TimeRange): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `the topic ${topic} has no messages${rangeText(range)}: choose other times, or another topic`,
  );
}

/** Behind what the file has already. */
function resumedStarts(
  starts: readonly number[],
  watermarks: readonly Watermarks[],
  resumed: Resumed | undefined,
  topic: string,
): readonly number[] {
  return starts.map((start, partition) => {
    const next = resumed?.nextOffsets.get(partition);
    if (next === undefined) return start;
    const { low, high } = watermarks[partition] ?? { low: 0, high: 0 };
    if (next > high)
      throw new AlertSimError(
        'BAD_USAGE',
        `the recording goes to offset ${next - 1} of partition ${partition}, but the topic ${topic} ends before ${high}: ` +
          'it was made anew; record it into another file',
      );
    return Math.max(low, next);
  });
}

interface CompressionPool {
  readonly compress: Compress;
  readonly threads: number;
  readonly close: () => Promise<void>;
}

function compressionPool(): CompressionPool {
  const threads = Math.max(1, Math.min(8, availableParallelism()));
  const pool = new Piscina({
    filename: join(installationFolder, 'dist', 'src', 'workers', 'compressBlock.js'),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 1000,
  });
  return {
    threads,
    compress: async (records, codec) =>
      (await pool.run({ records, codec }, { transferList: [records.buffer] })) as Uint8Array,
    close: () => pool.destroy(),
  };
}

/** @throws `DISK_FULL` where less would be left than is spared */
async function checkSpace(path: string, recorded: number): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(dirname(path)).catch(() => ({
    ...{ bavail: Infinity, blocks: 0, bsize: 1 },
  }));
  const freeBytes = bavail * bsize;
  if (freeBytes > Math.min(spared.bytes, spared.share * blocks * bsize)) return freeBytes;
  const kept = recorded === 0 ? '' : `; the file is whole, with ${recorded} messages of this recording`;
  const fix = recorded === 0 ? 'make room, or choose another place' : 'make room, and go on with --resume';
  throw new AlertSimError(
    'DISK_FULL',
    `cannot record into ${path}: only ${Math.floor(freeBytes / 1e6)} MB are free there${kept}: ${fix}`,
  );
}

interface ReadMessages {
  readonly asked: number;
  readonly messages: readonly StoredMessage[];
  readonly ends: readonly PartitionStart[];
}

class Recording {
  readonly #options: RecordOptions;
  readonly #admin: TopicAdmin;
  readonly #reader: TopicReader;
  readonly #writer: RecordingWriter;
  /** Where each partition goes on. */
  readonly #next: number[] = [];
  readonly #open = new Set<number>();
  #ends: readonly number[] | undefined;
  #messages = 0;
  #bytes = 0;
  #tombstones = 0;
  #flushedMs = performance.now();
  #checkedAtBytes = 0;
  #most: number | undefined;
  #hasWarned = false;

  constructor(options: RecordOptions, admin: TopicAdmin, reader: TopicReader, writer: RecordingWriter) {
    this.#options = options;
    this.#admin = admin;
    this.#reader = reader;
    this.#writer = writer;
  }

  async run(starts: readonly number[], ends: readonly number[] | undefined): Promise<Recorded> {
    const { signal, onStart, count } = this.#options;
    const startMs = performance.now();
    this.#next.push(...starts);
    this.#ends = ends;
    starts.forEach((start, partition) => {
      if (start < (ends?.[partition] ?? Infinity)) this.#open.add(partition);
    });
    this.#reader.assign([...this.#open].map((partition) => ({ partition, offset: starts[partition] ?? 0 })));
    const left = ends?.reduce((sum, end, partition) => sum + Math.max(0, end - (starts[partition] ?? 0)), 0);
    this.#most = left === undefined ? count : Math.min(left, count ?? Infinity);
    onStart({ most: this.#most, resumed: this.#writer.resumed });
    try {
      await this.#copy(startMs);
    } catch (thrown) {
      await this.#writer.abandon();
      throw thrown;
    }
    await this.#writer.close();
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      fileBytes: this.#writer.bytes,
      seconds: (performance.now() - startMs) / 1000,
      tombstones: this.#tombstones,
      interrupted: signal.aborted,
    };
  }

  async #copy(startMs: number): Promise<void> {
    const { signal, timeoutMs, onProgress, topic } = this.#options;
    let heardMs = performance.now();
    /** Fetched while the messages before are written. */
    let next = this.#read(1);
    while (!signal.aborted && !this.#isDone() && !(await this.#isOver(startMs))) {
      const { asked, messages, ends } = await next;
      next = this.#read(messagesForBytes(messages, bytesPerRead, mostPerRead));
      if (messages.length > 0) heardMs = performance.now();
      await this.#take(messages);
      for (const { partition, offset } of ends) this.#endAt(partition, offset);
      onProgress(this.#messages, this.#bytes);
      const isWaiting = messages.length < asked;
      if (isWaiting && performance.now() - this.#flushedMs > flushMs) await this.#flush();
      if (this.#ends !== undefined && performance.now() - heardMs > timeoutMs)
        throw silentTopic(topic, timeoutMs, ' What was recorded is in the file; go on with --resume');
    }
  }

  /** The next messages, and the ends that were reached with them. */
  #read(asked: number): Promise<ReadMessages> {
    const reading = this.#reader
      .read(asked)
      .then((messages) => ({ asked, messages, ends: this.#reader.ends() }));
    // Its failure is taken up when its turn comes.
    reading.catch(() => undefined);
    return reading;
  }

  async #take(messages: readonly StoredMessage[]): Promise<void> {
    let bytes = 0;
    for (const message of messages) {
      if (this.#isDone()) break;
      const { partition, offset, value, key } = message;
      const end = this.#ends?.[partition] ?? Infinity;
      if (!this.#open.has(partition) || offset < (this.#next[partition] ?? 0)) continue;
      if (offset < end && isWithin(this.#options.range, message)) {
        const behind = this.#writer.add(message);
        if (behind !== undefined) await behind;
        this.#messages += 1;
        if (value === null) this.#tombstones += 1;
        bytes += (value?.length ?? 0) + (key?.length ?? 0);
      }
      this.#next[partition] = offset + 1;
      this.#endAt(partition, offset + 1);
    }
    this.#bytes += bytes;
    await this.#checkSpace();
  }

  #isDone(): boolean {
    return this.#open.size === 0 || this.#messages >= (this.#options.count ?? Infinity);
  }

  /** Whether its time is over; an end that lay ahead is the topic's end once it has come. */
  async #isOver(startMs: number): Promise<boolean> {
    const { forMs, range, topic } = this.#options;
    if (forMs !== undefined && performance.now() - startMs >= forMs) return true;
    const { toMs } = range;
    if (this.#ends !== undefined || toMs === undefined || Date.now() < toMs) return false;
    const watermarks = await this.#admin.watermarks(topic);
    this.#ends = watermarks.map(({ high }) => high);
    for (const partition of [...this.#open]) this.#endAt(partition, this.#next[partition] ?? 0);
    return this.#open.size === 0;
  }

  /** A partition whose end is reached is not fetched any more. */
  #endAt(partition: number, offset: number): void {
    if (this.#ends === undefined || offset < (this.#ends[partition] ?? 0)) return;
    if (this.#open.delete(partition)) this.#reader.pause([partition]);
  }

  async #flush(): Promise<void> {
    this.#flushedMs = performance.now();
    await this.#writer.flush();
  }

  async #checkSpace(): Promise<void> {
    const { path, onScarce } = this.#options;
    const { bytes } = this.#writer;
    if (bytes - this.#checkedAtBytes < checkedBytes) return;
    this.#checkedAtBytes = bytes;
    const freeBytes = await checkSpace(path, this.#writer.messages);
    if (this.#most === undefined || this.#hasWarned || this.#messages === 0) return;
    const written = bytes - (this.#writer.resumed?.bytes ?? 0);
    const neededBytes = (written / this.#messages) * (this.#most - this.#messages);
    if (neededBytes < freeBytes) return;
    this.#hasWarned = true;
    onScarce(neededBytes, freeBytes);
  }
}
