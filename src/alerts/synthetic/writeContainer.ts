import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { CodecName } from '../codecs.js';
import { createContainerWriter } from '../containerWriter.js';
import type { AlertMaker } from './alertMaker.js';
import type { SyntheticOptions } from './options.js';
import { syntheticSchemaText } from './schemaText.js';

/** Goes up whenever the same options give other bytes. */
export const generatorVersion = 5;

export interface SyntheticContainer {
  readonly alerts: number;
  readonly fileBytes: number;
  /** Before compression. */
  readonly recordBytes: number;
  /** From the first alert to the last. */
  readonly spanSeconds: number;
}

export interface WriteOptions {
  readonly codec: CodecName;
  readonly existing: 'refuse' | 'replace';
  /** Called after each alert with the totals so far. */
  readonly onAlert?: (alerts: number, recordBytes: number) => void;
  /** Stops the writing; no file is left then. */
  readonly signal?: AbortSignal;
}

const markerBytes = 16;
const containerMagic = 'Obj\u0001';
/** Alerts between two turns of the event loop, so that Ctrl-C is noticed. */
const alertsPerTurn = 32;

/**
 * Writes all alerts of a maker to an Avro object container file, which appears when it is complete. Its
 * metadata entry `alertsim.synthetic` holds the options.
 *
 * @returns undefined where the signal stopped it; there is no file then
 * @throws `DISK_FULL`, or `BAD_USAGE` where the file exists or cannot be written
 */
export async function writeSyntheticContainer(
  path: string,
  maker: AlertMaker,
  how: WriteOptions,
): Promise<SyntheticContainer | undefined> {
  const { codec, existing, onAlert, signal } = how;
  const writer = await createContainerWriter(path, {
    schemaText: syntheticSchemaText(maker.options.schema),
    codec,
    existing,
    sync: containerStamp(maker.options),
    metadata: { 'alertsim.synthetic': describe(maker.options) },
  });
  let recordBytes = 0;
  try {
    for (let index = 0; index < maker.count; index += 1) {
      if (index % alertsPerTurn === 0) await nextTurn();
      if (signal?.aborted === true) {
        await writer.abort();
        return undefined;
      }
      const { bytes } = maker.alertAt(index);
      await writer.append(bytes);
      recordBytes += bytes.length;
      onAlert?.(index + 1, recordBytes);
    }
    const { bytes: fileBytes } = await writer.close();
    const { visits, cadenceSeconds } = maker.options;
    return { alerts: maker.count, fileBytes, recordBytes, spanSeconds: (visits - 1) * cadenceSeconds };
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
}

/**
 * The 16 bytes that follow each block of a container, made from the generator's version and the options: they
 * identify the file, and keep its bytes the same each time.
 */
export function containerStamp(options: SyntheticOptions): Buffer {
  return createHash('sha256').update(describe(options)).digest().subarray(0, markerBytes);
}

/**
 * Whether a file is the complete container that these options give with this version of the generator; false
 * where there is no such file.
 */
export async function isCurrentContainer(path: string, options: SyntheticOptions): Promise<boolean> {
  let file;
  try {
    file = await open(path, 'r');
  } catch {
    return false;
  }
  try {
    const found = await file.stat();
    const { size } = found;
    if (!found.isFile() || size < containerMagic.length + markerBytes) return false;
    const head = Buffer.alloc(containerMagic.length);
    const tail = Buffer.alloc(markerBytes);
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, size - tail.length);
    return head.toString('latin1') === containerMagic && tail.equals(containerStamp(options));
  } finally {
    await file.close();
  }
}

function describe(options: SyntheticOptions): string {
  const entries = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ generatorVersion, ...Object.fromEntries(entries) });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
