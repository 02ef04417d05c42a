import { readFile } from 'node:fs/promises';
import { AlertSimError } from '../errors.js';
import type { BrokerRecord, NodeRecord } from './brokerRecord.js';
import { nodeName } from './clusterLayout.js';
import { pause, withLinkedAbort } from './interruption.js';
import { tellingLines } from './logging.js';
import { acceptsConnections } from './probe.js';
import { isAlive } from './processIdentity.js';
import { waitUntilReady, type Readiness } from './readiness.js';
import { nodePaths } from './statePaths.js';

/** The end of a wait for a server that does not serve. */
export type NotReady = Exclude<Readiness, { kind: 'ready' }>;

/** The first server of a cluster that does not serve, and why. */
export interface Straggler {
  readonly node: NodeRecord;
  readonly readiness: NotReady;
}

/**
 * Waits until every broker of a cluster serves clients and knows all the others; the first broker that does
 * not, undefined when all do.
 */
export async function waitForBrokers(
  record: BrokerRecord,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Straggler | undefined> {
  const brokers = record.nodes.filter(({ kind }) => kind === 'broker');
  const found: Straggler[] = [];
  await withLinkedAbort(signal, (controller) =>
    Promise.all(
      brokers.map(async (node) => {
        const readiness = await waitUntilReady({
          plainPort: node.plainPort,
          ports: node.ports,
          brokers: brokers.length,
          isAlive: () => isAlive(node),
          deadlineMs,
          signal: controller.signal,
        });
        if (readiness.kind === 'ready') return;
        found.push({ node, readiness });
        // When one cannot start, the others wait in vain.
        controller.abort();
      }),
    ),
  );
  return found[0];
}

/** Waits until ZooKeeper takes connections; why it does not, undefined when it does. */
export async function waitForZookeeper(
  node: NodeRecord,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Straggler | undefined> {
  const readiness = await waitUntilReady(
    { plainPort: node.plainPort, ports: [], isAlive: () => isAlive(node), deadlineMs, signal },
    { check: (port) => acceptsConnections(port), nowMs: () => performance.now(), pause },
  );
  return readiness.kind === 'ready' ? undefined : { node, readiness };
}

/**
 * The error of a server that does not serve, with what it logged: `INTERRUPTED`; `BAD_USAGE` for settings
 * that Kafka rejects; `SERVICE_UNAVAILABLE`.
 *
 * @param deadlineMs - how long it was waited for
 */
export async function stragglerError(
  { node, readiness }: Straggler,
  servers: number,
  deadlineMs: number,
): Promise<AlertSimError> {
  if (readiness.kind === 'interrupted') return new AlertSimError('INTERRUPTED', `interrupted: ${notStarted}`);
  const paths = nodePaths(node.folder);
  const [output, log] = await Promise.all(
    [paths.output, paths.log].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  // The JVM itself prints something only when it cannot continue.
  const lines = [
    ...(output ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-3),
    ...tellingLines(log ?? '', 4),
  ];
  const said = lines.length === 0 ? 'It logged nothing.' : `It logged:\n  ${lines.join('\n  ')}`;
  // The user can fix what Kafka rejects; everything else is the service's fault.
  const code = lines.some((line) => line.includes('ConfigException')) ? 'BAD_USAGE' : 'SERVICE_UNAVAILABLE';
  const who = node.kind === 'broker' && servers === 1 ? 'Kafka' : nodeName(node, servers);
  const what =
    readiness.kind === 'ended'
      ? `${who} ended while it was starting`
      : `${who} did not serve clients within ${deadlineMs / 1000} s (${readiness.reason})`;
  return new AlertSimError(code, `${what}; its log is ${paths.log}. ${said}`);
}

/** What Ctrl-C left undone. */
export const notStarted = 'the broker was not started';
