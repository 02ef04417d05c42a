import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../replaceFile.js';
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
  // A record of an earlier version of this program has only one broker.
  nodes: z.array(nodeSchema).nonempty().optional(),
});

export interface NodeRecord extends ProcessIdentity {
  readonly kind: 'broker' | 'zookeeper';
  /** From 1. */
  readonly id: number;
  /** The folder of its files. */
  readonly folder: string;
  /** Ports that clients connect to. */
  readonly ports: readonly number[];
  /** A port that answers without security. */
  readonly plainPort: number;
  readonly jmxPort: number | 'none';
}

/** A broker's or a cluster's processes, recorded when they are started. */
export interface BrokerRecord {
  /** Of the first broker. */
  readonly pid: number;
  /** Start of that process, which distinguishes it from a later one of the same number. */
  readonly processStart: string;
  readonly version: string;
  /** Address of the first listener of each broker, with commas between: `localhost:9092`. */
  readonly bootstrap: string;
  /** Client listeners of the first broker. */
  readonly ports: readonly number[];
  /** A port of the first broker that answers without security. */
  readonly plainPort: number;
  /** Of the first broker. */
  readonly jmxPort: number | 'none';
  /** ISO 8601. */
  readonly startedAt: string;
  /** ZooKeeper first, where there is one, then the brokers that were started so far. */
  readonly nodes: readonly NodeRecord[];
}

/** The broker of a state folder. */
export type Presence =
  | { readonly kind: 'absent' }
  /** No process lives; the record is undefined where it cannot be read. */
  | { readonly kind: 'stale'; readonly reason: string; readonly record: BrokerRecord | undefined }
  /** At least one process lives; the others are in `dead`. */
  | { readonly kind: 'running'; readonly record: BrokerRecord; readonly dead: readonly NodeRecord[] };

/** Checks whether the broker or cluster of a state folder lives, at least in part. */
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

/** Writes a record atomically. */
export async function writeRecord(file: string, record: BrokerRecord): Promise<void> {
  await replaceFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** The processes of a cluster that have ended. */
async function deadNodes({ nodes }: BrokerRecord): Promise<readonly NodeRecord[]> {
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
