import { findBroker, type BrokerRecord } from './brokerRecord.js';
import { acceptsConnections } from './probe.js';
import { statePaths } from './statePaths.js';

/** Whose broker an address is. */
export type OwnBroker =
  /** The local broker that this program started. */
  | { readonly kind: 'running'; readonly record: BrokerRecord }
  /** Nothing listens on an address of this machine: a local broker could. */
  | { readonly kind: 'nobody' }
  /** Someone else's. */
  | { readonly kind: 'foreign' };

/**
 * Finds out whether an address is that of the local broker.
 *
 * @param bootstrap - `host:port`, or several with commas between
 */
export async function ownBroker(bootstrap: string, stateFolder: string): Promise<OwnBroker> {
  const ports = localPorts(bootstrap);
  if (ports === undefined) return { kind: 'foreign' };
  const presence = await findBroker(statePaths(stateFolder).record);
  if (presence.kind === 'running') {
    const own = presence.record.nodes.flatMap((node) => (node.kind === 'broker' ? node.ports : []));
    if (ports.every((port) => own.includes(port))) return { kind: 'running', record: presence.record };
  }
  const listening = await Promise.all(
    ports.map((port) =>
      acceptsConnections(port).then(
        () => true,
        () => false,
      ),
    ),
  );
  return { kind: listening.includes(true) ? 'foreign' : 'nobody' };
}

/**
 * The ports of addresses that are on this machine; undefined where any is elsewhere.
 *
 * @param bootstrap - `host:port`, or several with commas between
 */
export function localPorts(bootstrap: string): readonly number[] | undefined {
  const ports = bootstrap.split(',').map((address) => {
    const [, port] =
      /^\s*(?:\w+:\/\/)?(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d+))?\s*$/i.exec(address) ?? [];
    // librdkafka uses 9092 where no port is given.
    return port === undefined && !/^\s*(localhost|127\.0\.0\.1)\s*$/i.test(address)
      ? NaN
      : Number(port ?? 9092);
  });
  return ports.some(Number.isNaN) ? undefined : ports;
}
