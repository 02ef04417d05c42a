import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findBroker, type BrokerRecord } from '../brokerRecord.js';
import { statePaths } from '../statePaths.js';
import { listenerOf } from './listener.js';

/** A broker whose figures can be read. */
export interface JmxSource {
  /** The address of its JMX: `localhost:9292`. */
  readonly address: string;
  /** Its process, where it is one of this machine. */
  readonly pid: number | undefined;
}

/** Which brokers are read, and a sentence for each that should be and cannot. */
export interface JmxSources {
  /** The brokers. */
  readonly sources: readonly JmxSource[];
  /** What is missing. */
  readonly faults: readonly string[];
}

/** Where to look for brokers. */
export interface SourceQuestion {
  /** The scenario's `kafka.jmx`: `auto`, `none`, or addresses with commas between. */
  readonly jmx: string;
  /** The scenario's `kafka.bootstrap`. */
  readonly bootstrap: string;
  /** The folder of the broker that `broker up` starts when no other is named. */
  readonly stateFolder: string;
}

/**
 * Finds the JMX of the brokers that a scenario uses. Without addresses only brokers of this machine are found that
 * `broker up` started: those of others may ask for a password, or be far away.
 *
 * @param question - where to look
 * @returns the brokers
 */
export async function findJmxSources({ jmx, bootstrap, stateFolder }: SourceQuestion): Promise<JmxSources> {
  if (jmx === 'none') return { sources: [], faults: [] };
  if (jmx !== 'auto') {
    const sources = listed(jmx).map(async (address) => ({ address, pid: await pidOf(address) }));
    return { sources: await Promise.all(sources), faults: [] };
  }
  const sources: JmxSource[] = [];
  const faults: string[] = [];
  for (const address of listed(bootstrap)) {
    const record = await localBroker(address, stateFolder);
    if (record === undefined) continue;
    if (record.jmxPort === 'none') {
      faults.push(
        `the broker at ${address} was started without JMX; \`broker down --keep-data\`, then \`broker up --jmx-port PORT\` changes that`,
      );
    } else sources.push({ address: `127.0.0.1:${record.jmxPort}`, pid: record.pid });
  }
  return { sources, faults };
}

/** The local broker that listens at an address, from the record that it was started with. */
async function localBroker(address: string, stateFolder: string): Promise<BrokerRecord | undefined> {
  const port = localPort(address);
  if (port === undefined) return undefined;
  const usual = await findBroker(statePaths(stateFolder).record);
  if (usual.kind === 'running' && usual.record.ports.includes(port)) return usual.record;
  // One with a folder of its own (`broker up --data`): the folder is in the words that it was started with.
  const pid = await listenerOf(port);
  if (pid === undefined) return undefined;
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  const argumentFile = words.find((word) => /^@.*\/jvm\.args$/.test(word))?.slice(1);
  if (argumentFile === undefined) return undefined;
  const other = await findBroker(statePaths(dirname(argumentFile)).record);
  return other.kind === 'running' && other.record.pid === pid ? other.record : undefined;
}

async function pidOf(address: string): Promise<number | undefined> {
  const port = localPort(address);
  return port === undefined ? undefined : listenerOf(port);
}

function localPort(address: string): number | undefined {
  const port = /^(?:localhost|127\.0\.0\.1|\[::1\]):(\d+)$/.exec(address)?.[1];
  return port === undefined ? undefined : Number(port);
}

function listed(addresses: string): string[] {
  return addresses.split(',').map((address) => address.trim());
}
