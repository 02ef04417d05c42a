import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { isAlive } from './processIdentity.js';

const recordSchema = z.object({
  pid: z.number().int().positive(),
  processStart: z.string().min(1),
  version: z.string(),
  bootstrap: z.string(),
  ports: z.array(z.number().int()),
  plainPort: z.number().int(),
  jmxPort: z.union([z.number().int(), z.literal('none')]),
  startedAt: z.string(),
});

/** What is written down about a broker's process when it is started. */
export interface BrokerRecord {
  /** The process. */
  readonly pid: number;
  /** When that process was started, to tell it from a later one of the same number. */
  readonly processStart: string;
  /** The Kafka version. */
  readonly version: string;
  /** The address of the first listener: `localhost:9092`. */
  readonly bootstrap: string;
  /** The ports of all client listeners. */
  readonly ports: readonly number[];
  /** A port that answers without security. */
  readonly plainPort: number;
  /** The port of JMX, or `'none'`. */
  readonly jmxPort: number | 'none';
  /** When the broker was started, in ISO 8601. */
  readonly startedAt: string;
}

/** What a state folder tells about its broker. */
export type Presence =
  | { readonly kind: 'absent' }
  | { readonly kind: 'stale'; readonly reason: string }
  | { readonly kind: 'running'; readonly record: BrokerRecord };

/**
 * Looks whether the broker of a state folder lives.
 *
 * @param file - the record's file
 * @returns the record of a living broker; why the record means nothing, where it does
 */
export async function findBroker(file: string): Promise<Presence> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    throw thrown;
  }
  const record = parseRecord(text);
  if (record === undefined) return { kind: 'stale', reason: `${file} cannot be read` };
  if (!(await isAlive(record))) {
    return { kind: 'stale', reason: `the broker with pid ${record.pid} is no longer running` };
  }
  return { kind: 'running', record };
}

/**
 * Writes a record down, whole or not at all.
 *
 * @param file - the record's file
 * @param record - what to write
 */
export async function writeRecord(file: string, record: BrokerRecord): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await rename(draft, file);
}

function parseRecord(text: string): BrokerRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
