import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { findBroker, type BrokerRecord, type NodeRecord } from './brokerRecord.js';
import { checkService } from './readiness.js';
import { nodePaths, statePaths, type StatePaths } from './statePaths.js';

/** The broker of a state folder. */
export type BrokerStatus =
  /** No broker was started here, or it was stopped. */
  | { readonly kind: 'stopped'; readonly paths: StatePaths }
  /** All processes ended without having been stopped: a crash, a kill, or the machine was restarted. */
  | {
      readonly kind: 'died';
      readonly paths: StatePaths;
      /** Undefined where it cannot be read. */
      readonly record: BrokerRecord | undefined;
      readonly reason: string;
      readonly logs: readonly string[];
    }
  /** A part of a cluster's processes ended. */
  | {
      readonly kind: 'partly died';
      readonly paths: StatePaths;
      readonly record: BrokerRecord;
      readonly dead: readonly NodeRecord[];
      readonly logs: readonly string[];
    }
  /** The processes live, but do not serve clients. */
  | {
      readonly kind: 'not answering';
      readonly paths: StatePaths;
      readonly record: BrokerRecord;
      readonly reason: string;
      readonly logs: readonly string[];
    }
  | {
      readonly kind: 'running';
      readonly paths: StatePaths;
      readonly record: BrokerRecord;
      readonly dataBytes: number;
    };

/** The status of a local broker, after asking the broker itself. */
export async function brokerStatus(stateFolder: string): Promise<BrokerStatus> {
  const paths = statePaths(stateFolder);
  const presence = await findBroker(paths.record);
  if (presence.kind === 'absent') return { kind: 'stopped', paths };
  if (presence.kind === 'stale') {
    const { reason, record } = presence;
    return { kind: 'died', paths, record, reason, logs: logsOf(record?.nodes ?? [paths]) };
  }
  const { record, dead } = presence;
  if (dead.length > 0) return { kind: 'partly died', paths, record, dead, logs: logsOf(dead) };
  const brokers = record.nodes.filter(({ kind }) => kind === 'broker');
  try {
    for (const { plainPort, ports } of brokers) await checkService(plainPort, ports, brokers.length);
  } catch (thrown) {
    return { kind: 'not answering', paths, record, reason: messageOf(thrown), logs: logsOf(record.nodes) };
  }
  const bytes = await Promise.all(record.nodes.map(({ folder }) => usedBytes(nodePaths(folder).data)));
  return { kind: 'running', paths, record, dataBytes: bytes.reduce((sum, each) => sum + each, 0) };
}

/** Existing logs of some servers: Kafka's own, or else what the JVM printed. */
function logsOf(nodes: readonly { readonly folder: string }[]): readonly string[] {
  return nodes.flatMap(({ folder }) => {
    const { log, output } = nodePaths(folder);
    return [log, output].find((file) => existsSync(file)) ?? [];
  });
}

/**
 * Bytes that a folder takes on disk; 0 for a missing one. Kafka allocates its index files far beyond what
 * they hold, so their lengths would mislead.
 */
export async function usedBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    // Files come and go while a broker works.
    const stat = await lstat(join(folder, name)).catch(() => undefined);
    bytes += (stat?.blocks ?? 0) * blockBytes;
  }
  return bytes;
}

/** The unit of `stat.blocks` in POSIX. */
const blockBytes = 512;
