import { AlertSimError } from '../../errors.js';
import { createAlertScanner, type OnInvalid, type ScannedAlert } from '../alertScanner.js';
import { canonicalSchema } from '../avroSchema.js';
import type { AvroType } from '../avroType.js';
import { isWritten, type CodecName } from '../codecs.js';
import { isContainerFile, openContainer, type Container } from '../container.js';
import type { ContainerBlock } from '../containerBlock.js';
import { createContainerWriter, type ContainerWriter } from '../containerWriter.js';
import { JoinedContainers } from '../containerErrors.js';
import { messagesOfBlock } from '../recording.js';
import { isRecordedSchema, recordingMetadata } from '../recordedMessages.js';
import { AlertReader } from '../sources/alertReader.js';
import { inputFiles, type StandardInput } from '../sources/inputs.js';
import { isPlainReading, readOptionsOf, type ReadingPlan } from '../sources/reading.js';
import { microsecondsOfMjd, unixEpochMjd } from '../timeOffset.js';

export interface CopyOptions {
  /** Containers and other files of alerts, in order; all of one schema. */
  readonly from: readonly string[];
  readonly reading: ReadingPlan;
  readonly stdin?: StandardInput;
  readonly to: string;
  /** Undefined: that of the first container; deflate, which all programs read, where that is not written. */
  readonly codec: CodecName | undefined;
  readonly existing: 'refuse' | 'replace';
  /** Undefined: all. */
  readonly keep?: (alert: ScannedAlert) => boolean;
  /** Undefined: all. */
  readonly limit?: number;
  /** Makes what changes the records of a schema; undefined where they are copied byte for byte. */
  readonly changing?: (schema: AvroType, place: string) => (avro: Buffer) => Buffer;
  /** Stops the copying; no file is left then. */
  readonly signal: AbortSignal;
  /** Gets the error of alerts that are left out, and their number; 0 where that is unknown. */
  readonly onInvalid: OnInvalid;
  /** Called after each block with the numbers read so far. */
  readonly onProgress: (alerts: number, bytes: number) => void;
}

export interface CopyResult {
  readonly read: number;
  readonly written: number;
  /** 0 when there is none. */
  readonly fileBytes: number;
  /** Whether a container was written: not without alerts, and not after an interruption. */
  readonly made: boolean;
}

/**
 * Copies alerts into a new container that appears only when it is complete. Their records are checked, and
 * copied byte for byte unless they are to be changed.
 *
 * @throws `BAD_INPUT_FILE` when a file is damaged or its schema is not that of the first; `BAD_USAGE` when the
 * new one cannot be written; `DISK_FULL`
 */
export async function copyAlerts(options: CopyOptions): Promise<CopyResult> {
  const { from, reading } = options;
  if (from.length === 0) throw new AlertSimError('BAD_USAGE', 'no container was named: name one or more');
  const isPlain = isPlainReading(reading) && (await Promise.all(from.map(isContainerFile))).every(Boolean);
  if (!isPlain) return copyFiles(options);
  try {
    return await copyContainers(options);
  } catch (thrown) {
    if (thrown instanceof JoinedContainers) return copyFiles(options);
    throw thrown;
  }
}

async function copyContainers(options: CopyOptions): Promise<CopyResult> {
  const containers: Container[] = [];
  try {
    for (const path of options.from) containers.push(await openContainer(path));
    const [first] = containers;
    if (first === undefined) throw new RangeError('nothing to copy');
    for (const other of containers)
      if (canonicalSchema(first.schema) !== canonicalSchema(other.schema)) throw otherSchema(first, other);
    const writer = await createContainerWriter(options.to, {
      schemaText: first.schemaText,
      codec: options.codec ?? (isWritten(first.codecName) ? first.codecName : 'deflate'),
      metadata: ownMetadata(first),
      existing: options.existing,
    });
    try {
      return await new Copy(writer, options).run(containers);
    } finally {
      // Does nothing after the writer was closed.
      await writer.abort();
    }
  } finally {
    await Promise.all(containers.map((container) => container.close()));
  }
}

/** Alerts that come one by one, of files of any kind. */
async function copyFiles(options: CopyOptions): Promise<CopyResult> {
  const { reading, signal, keep, limit = Infinity } = options;
  const files = await inputFiles(options.from, options.stdin);
  const reader = new AlertReader(await readOptionsOf(reading, options.onInvalid));
  let first: WithSchema | undefined;
  let writer: ContainerWriter | undefined;
  let change: ((avro: Buffer) => Buffer) | undefined;
  const same = new Set<string>();
  let read = 0;
  let bytes = 0;
  try {
    for await (const alert of reader.alertsIn(files)) {
      if (signal.aborted || (writer?.records ?? 0) >= limit) break;
      const { place: path, schemaText, scanner } = alert;
      first ??= { path, schema: scanner.schema };
      if (writer === undefined) change = options.changing?.(scanner.schema, path);
      if (!same.has(schemaText)) {
        if (canonicalSchema(first.schema) !== canonicalSchema(scanner.schema))
          throw otherSchema(first, { path, schema: scanner.schema });
        same.add(schemaText);
      }
      const { to, codec = 'deflate', existing } = options;
      writer ??= await createContainerWriter(to, { schemaText, codec, existing });
      read += 1;
      bytes += alert.avro.length;
      if (keep?.(alert) !== false) await writer.append(change?.(alert.avro) ?? alert.avro);
      options.onProgress(read, bytes);
    }
    const written = writer?.records ?? 0;
    const made = written > 0 && !signal.aborted;
    const fileBytes = made && writer !== undefined ? (await writer.close()).bytes : 0;
    return { read, written, fileBytes, made };
  } finally {
    await writer?.abort();
  }
}

class Copy {
  readonly #writer: ContainerWriter;
  readonly #options: CopyOptions;
  #read = 0;
  #bytes = 0;
  #change: ((avro: Buffer) => Buffer) | undefined;

  constructor(writer: ContainerWriter, options: CopyOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  async run(containers: readonly Container[]): Promise<CopyResult> {
    for (const container of containers) {
      const scanner = scannerOf(container);
      const whole = this.#takesWholeBlocks(container);
      this.#change = this.#options.changing?.(container.schema, container.path);
      for await (const block of container.blocks()) {
        if (this.#options.signal.aborted || this.#isFull()) break;
        await this.#copyBlock(block, scanner, whole);
      }
    }
    const { records: written } = this.#writer;
    const made = written > 0 && !this.#options.signal.aborted;
    const fileBytes = made ? (await this.#writer.close()).bytes : 0;
    return { read: this.#read, written, fileBytes, made };
  }

  /** Blocks need not be compressed again when nothing is left out and the codec stays. */
  #takesWholeBlocks({ codecName }: Container): boolean {
    const { keep, limit, changing } = this.#options;
    const isAll = keep === undefined && limit === undefined && changing === undefined;
    return isAll && codecName === this.#writer.codecName;
  }

  async #copyBlock(block: ContainerBlock, scanner: BlockScanner, whole: boolean): Promise<void> {
    // Also for a block that is copied as it is: a damaged one must not get into a new file.
    const alerts = scanner.alertsOf(block);
    if (whole) await this.#writer.appendStoredBlock(alerts.length, block.stored);
    for (const alert of alerts) {
      if (this.#isFull()) break;
      this.#read += 1;
      this.#bytes += alert.avro.length;
      if (!whole && this.#options.keep?.(alert) !== false)
        await this.#writer.append(this.#change?.(alert.avro) ?? alert.avro);
    }
    this.#options.onProgress(this.#read, this.#bytes);
  }

  #isFull(): boolean {
    return this.#writer.records >= (this.#options.limit ?? Infinity);
  }
}

/** Finds the records of a block. */
interface BlockScanner {
  readonly alertsOf: (block: ContainerBlock) => readonly ScannedAlert[];
}

function scannerOf({ schema, path }: Container): BlockScanner {
  return isRecordedSchema(schema) ? recordedScanner : createAlertScanner(schema, path);
}

/** The time of a recorded message is its timestamp. */
const recordedScanner: BlockScanner = {
  alertsOf: (block) =>
    messagesOfBlock(block).map(({ avro, timestampMs }) => ({
      ...{ avro, id: undefined, visit: undefined, historyLength: 0 },
      mjd: unixEpochMjd + timestampMs / 86_400_000,
    })),
};

/** What a recording says about its topic. */
function ownMetadata({ header: { metadata } }: Container): Record<string, string> {
  return Object.fromEntries(
    Object.values(recordingMetadata).flatMap((key) => {
      const value = metadata.get(key);
      return value === undefined ? [] : [[key, value.toString()]];
    }),
  );
}

interface WithSchema {
  readonly path: string;
  readonly schema: AvroType;
}

function otherSchema(first: WithSchema, other: WithSchema): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${other.path} has another schema (${nameOf(other)}) than ${first.path} (${nameOf(first)}): ` +
      'a container holds alerts of one schema only; to send both, name both for create-stream, ' +
      "which puts alerts of several schemas into one reservoir, each with its schema's id",
  );
}

function nameOf({ schema }: WithSchema): string {
  return 'name' in schema ? schema.name : schema.kind;
}

/** Which alerts to keep; all given conditions must hold. */
export interface FilterOptions {
  /** Equal to the microsecond: MJD, days. */
  readonly mjd?: number;
  readonly visit?: bigint;
  /** Inclusive, MJD, days. */
  readonly timeFrom?: number;
  /** Exclusive, MJD, days. */
  readonly timeTo?: number;
}

/**
 * Makes a test of alerts.
 *
 * @throws `BAD_USAGE` when no condition is given
 */
export function alertFilter(options: FilterOptions): (alert: ScannedAlert) => boolean {
  const { visit, timeFrom = -Infinity, timeTo = Infinity } = options;
  if (Object.values(options).every((value) => value === undefined)) {
    throw new AlertSimError(
      'BAD_USAGE',
      'nothing says which alerts to keep: give --visit, --mjd, --time-from or --time-to',
    );
  }
  const timeUs = options.mjd === undefined ? undefined : microsecondsOfMjd(options.mjd);
  return (alert) =>
    (visit === undefined || alert.visit === visit) &&
    (timeUs === undefined || microsecondsOfMjd(alert.mjd) === timeUs) &&
    alert.mjd >= timeFrom &&
    alert.mjd < timeTo;
}
