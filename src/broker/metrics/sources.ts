import { findLocalBroker } from '../localBroker.js';
import { localPorts } from '../ownBroker.js';
import { listenerOf } from './listener.js';

/** A broker whose metrics can be read. */
export interface JmxSource {
  /** Of its JMX: `localhost:9292`. */
  readonly address: string;
  /** Its process, where it is one of this machine. */
  readonly pid: number | undefined;
}

/** The brokers that are read, and a sentence for each that cannot be. */
export interface JmxSources {
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
  /** The folder of the broker that `broker up` starts by default. */
  readonly stateFolder: string;
}

/**
 * Finds the JMX of the brokers that a scenario uses. Without addresses it finds only brokers of this machine
 * that `broker up` started: those of others may ask for a password, or be far away.
 */
export async function findJmxSources({ jmx, bootstrap, stateFolder }: SourceQuestion): Promise<JmxSources> {
  if (jmx === 'none') return { sources: [], faults: [] };
  if (jmx !== 'auto') {
    const sources = listed(jmx).map(async (address) => ({ address, pid: await pidOf(address) }));
    return { sources: await Promise.all(sources), faults: [] };
  }
  const found = await Promise.all(listed(bootstrap).map((address) => findLocalBroker(address, stateFolder)));
  // Every broker of a cluster carries the load, whichever of them the scenario names.
  const nodes = new Map(
    found.flatMap((broker) => broker?.record.nodes ?? []).map((node) => [`${node.kind} ${node.pid}`, node]),
  );
  const sources: JmxSource[] = [];
  const faults: string[] = [];
  for (const { kind, pid, jmxPort, ports } of nodes.values()) {
    if (kind !== 'broker') continue;
    if (jmxPort !== 'none') sources.push({ address: `127.0.0.1:${jmxPort}`, pid });
    else {
      faults.push(
        `the broker at localhost:${ports[0] ?? ''} was started without JMX; ` +
          '`broker down --keep-data`, then `broker up --jmx-port PORT` changes that',
      );
    }
  }
  return { sources, faults };
}

async function pidOf(address: string): Promise<number | undefined> {
  const [port] = localPorts(address) ?? [];
  return port === undefined ? undefined : listenerOf(port);
}

function listed(addresses: string): string[] {
  return addresses.split(',').map((address) => address.trim());
}
