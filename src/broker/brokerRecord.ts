import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { isAlive, type ProcessIdentity } from './processIdentity.js';

const portSchema = z.number().int();
const jmxSchema = z.union([portSchema, z.literal('none')]);

const nodeSchema = z.object({
  kind: z.enum(['broker', 'zookeeper']),
  id: z.number().int(),
  pid: z.number().int().positive(),
  processStart: z.string().min(1),
  folder: z.string(),
  ports: z.array(portSchema),
  plainPort: portSchema,
  jmxPort: jmxSchema,
});

const recordSchema = z.object({
  pid: z.number().int().positive(),
  processStart: z.string().min(1),
  version: z.string(),
  bootstrap: z.string(),
  ports: z.array(portSchema),
  plainPort: portSchema,
  jmxPort: jmxSchema,
  startedAt: z.string(),
  // A record that an earlier version of this program left knows one broker only.
  nodes: z.array(nodeSchema).nonempty().optional(),
});

/** One process of a cluster. */
export interface NodeRecord extends ProcessIdentity {
  /** What it is. */
  readonly kind: 'broker' | 'zookeeper';
  /** Its number, from 1. */
  readonly id: number;
  /** The folder of its files. */
  readonly folder: string;
  /** The ports that clients connect to. */
  readonly ports: readonly number[];
  /** A port that answers without security. */
  readonly plainPort: number;
  /** The port of JMX, or `'none'`. */
  readonly jmxPort: number | 'none';
}

/** What is written down about a broker's or a cluster's processes when they are started. */
export interface BrokerRecord {
  /** The process of the first broker. */
  readonly pid: number;
  /** When that process was started, to tell it from a later one of the same number. */
  readonly processStart: string;
  /** The Kafka version. */
  readonly version: string;
  /** The address of the first listener, of each broker with commas between: `localhost:9092`. */
  readonly bootstrap: string;
  /** The ports of the first broker's client listeners. */
  readonly ports: readonly number[];
  /** A port of the first broker that answers without security. */
  readonly plainPort: number;
  /** The first broker's port of JMX, or `'none'`. */
  readonly jmxPort: number | 'none';
  /** When the broker was started, in ISO 8601. */
  readonly startedAt: string;
  /** All processes: ZooKeeper first, where there is one, then the brokers that were started so far. */
  readonly nodes: readonly NodeRecord[];
}

/** What a state folder tells about its broker. */
export type Presence =
  | { readonly kind: 'absent' }
  /** No process lives; the record is undefined where it cannot be read. */
  | { readonly kind: 'stale'; readonly reason: string; readonly record: BrokerRecord | undefined }
  /** At least one process lives; those that do not are named. */
  | { readonly kind: 'running'; readonly record: BrokerRecord; readonly dead: readonly NodeRecord[] };

/**
 * Looks whether the broker of a state folder lives.
 *
 * @param file - the record's file
 * @returns the record of a broker or cluster that lives, at least in part; why the record means nothing, where it does
 */
export async function findBroker(file: string): Promise<Presence> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    throw thrown;
  }
  const record = parseRecord(text, dirname(file));
  if (record === undefined) return { kind: 'stale', reason: `${file} is damaged`, record };
  const dead = await deadNodes(record);
  if (dead.length < record.nodes.length) return { kind: 'running', record, dead };
  const pids = record.nodes.map(({ pid }) => pid);
  return {
    kind: 'stale',
    record,
    reason:
      pids.length === 1
        ? `the broker with pid ${record.pid} is no longer running`
        : `the brokers with pids ${pids.join(', ')} are no longer running`,
  };
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

/**
 * The processes of a cluster that have ended.
 *
 * @param record - the cluster
 */
export async function deadNodes({ nodes }: BrokerRecord): Promise<readonly NodeRecord[]> {
  const alive = await Promise.all(nodes.map(isAlive));
  return nodes.filter((_, index) => alive[index] !== true);
}

function parseRecord(text: string, folder: string): BrokerRecord | undefined {
  try {
    const { nodes, ...record } = recordSchema.parse(JSON.parse(text));
    const { pid, processStart, ports, plainPort, jmxPort } = record;
    const single: NodeRecord = {
      ...{ kind: 'broker', id: 1, folder },
      ...{ pid, processStart, ports, plainPort, jmxPort },
    };
    return { ...record, nodes: nodes ?? [single] };
  } catch {
    return undefined;
  }
}
