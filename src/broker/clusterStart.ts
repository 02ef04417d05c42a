import { readFile, rm } from 'node:fs/promises';
import type { BrokerPlan } from './brokerConfig.js';
import { writeRecord, type BrokerRecord, type NodeRecord } from './brokerRecord.js';
import { nodeName, type NodeLayout } from './clusterLayout.js';
import { stragglerError, waitForBrokers, waitForZookeeper, type Straggler } from './clusterReadiness.js';
import { launchNode, relaunchNode } from './launch.js';
import { requireFreePort } from './ports.js';
import type { StartedBroker, StartOptions } from './startOptions.js';
import { nodePaths, type StatePaths } from './statePaths.js';
import { stopNodes } from './stop.js';

/**
 * Starts the processes of a cluster whose servers are configured and formatted: ZooKeeper first, where there
 * is one, then all brokers. When this resolves, the cluster serves clients.
 *
 * @throws `BAD_USAGE` for settings that Kafka rejects, `SERVICE_UNAVAILABLE`, `INTERRUPTED`; no process is
 * left
 */
export async function startProcesses(
  plan: BrokerPlan,
  nodes: readonly NodeLayout[],
  paths: StatePaths,
  java: string,
  options: StartOptions,
): Promise<StartedBroker> {
  const startMs = performance.now();
  const startedAt = new Date().toISOString();
  const launched: NodeRecord[] = [];
  const launch = async (kind: NodeLayout['kind']): Promise<BrokerRecord> => {
    for (const node of nodes) {
      if (node.kind !== kind) continue;
      launched.push(await launchNode(node, java));
      // Written before the broker is ready: if we are killed now, `broker down` finds the processes.
      await writeRecord(paths.record, recordOf(plan, launched, startedAt));
    }
    return recordOf(plan, launched, startedAt);
  };
  try {
    const [zookeeper] = plan.zookeeper ? (await launch('zookeeper')).nodes : [];
    if (zookeeper !== undefined) await requireZookeeper(zookeeper, options);
    const record = await launch('broker');
    return await served(record, paths, java, startMs, options);
  } catch (thrown) {
    await stopNodes({ nodes: launched }, stopGraceMs);
    await rm(paths.record, { force: true });
    throw thrown;
  }
}

/**
 * Joins a running cluster, and restarts those of its processes that have ended. When this resolves, the
 * cluster serves clients.
 *
 * @throws `BAD_USAGE` where a port was taken meanwhile, `SERVICE_UNAVAILABLE`, `INTERRUPTED`
 */
export async function joinCluster(
  record: BrokerRecord,
  dead: readonly NodeRecord[],
  paths: StatePaths,
  java: string,
  options: StartOptions,
): Promise<StartedBroker> {
  const startMs = performance.now();
  let current = record;
  for (const node of dead) {
    for (const port of node.ports) await requireFreePort(port, nodeName(node, 2), '--port');
    if (node.jmxPort !== 'none') await requireFreePort(node.jmxPort, 'JMX', '--jmx-port');
    options.log?.info('broker', `${nodeName(node, 2)} has ended: starting it again`);
    current = replaced(current, await relaunchNode(node, java));
    await writeRecord(paths.record, current);
    if (node.kind === 'zookeeper') await requireZookeeper(nodeOf(current, node), options);
  }
  const started = await served(current, paths, java, startMs, options);
  return { ...started, startedNow: false };
}

/** How long processes of a failed start may take to end by themselves. */
const stopGraceMs = 5000;
/** Three JVMs share the cores of one machine. */
const defaultDeadlineMs = 60_000;
const clusterDeadlineMs = 150_000;

async function requireZookeeper(node: NodeRecord, options: StartOptions): Promise<void> {
  const { deadlineMs = defaultDeadlineMs, signal } = options;
  const straggler = await waitForZookeeper(node, deadlineMs, signal);
  if (straggler !== undefined) throw await stragglerError(straggler, 1, deadlineMs);
}

async function served(
  started: BrokerRecord,
  paths: StatePaths,
  java: string,
  startMs: number,
  options: StartOptions,
): Promise<StartedBroker> {
  const several = started.nodes.length > 1;
  const { deadlineMs = several ? clusterDeadlineMs : defaultDeadlineMs, signal } = options;
  let record = started;
  for (;;) {
    const leftMs = Math.max(0, startMs + deadlineMs - performance.now());
    const straggler = await waitForBrokers(record, leftMs, signal);
    if (straggler === undefined) {
      return { record, paths, startedNow: true, readyMs: performance.now() - startMs };
    }
    if (leftMs === 0 || !(await isStillRegistered(straggler))) {
      throw await stragglerError(straggler, countBrokers(record), deadlineMs);
    }
    record = replaced(record, await relaunchNode(straggler.node, java));
    await writeRecord(paths.record, record);
  }
}

/**
 * Whether a broker ended because ZooKeeper still holds the session of its earlier process, which was killed:
 * that is over within 18 s (`zookeeper.session.timeout.ms`). A broker with KRaft waits for that by itself.
 */
async function isStillRegistered({ node, readiness }: Straggler): Promise<boolean> {
  if (readiness.kind !== 'ended') return false;
  const log = await readFile(nodePaths(node.folder).log, 'utf8').catch(() => '');
  return log.includes('NodeExistsException');
}

function recordOf(plan: BrokerPlan, nodes: readonly NodeRecord[], startedAt: string): BrokerRecord {
  const brokers = nodes.filter(({ kind }) => kind === 'broker');
  const [first] = brokers.length > 0 ? brokers : nodes;
  if (first === undefined) throw new Error('a cluster has at least one process');
  const { pid, processStart, ports, plainPort, jmxPort } = first;
  return {
    ...{ pid, processStart, version: plan.version },
    bootstrap: brokers.map((broker) => `localhost:${broker.ports[0] ?? 0}`).join(','),
    ...{ ports, plainPort, jmxPort, startedAt, nodes },
  };
}

function replaced(record: BrokerRecord, node: NodeRecord): BrokerRecord {
  const isOld = (other: NodeRecord): boolean => other.kind === node.kind && other.id === node.id;
  const nodes = record.nodes.map((other) => (isOld(other) ? node : other));
  const isFirst = node.kind === 'broker' && node.id === 1;
  return { ...record, ...(isFirst ? { pid: node.pid, processStart: node.processStart } : {}), nodes };
}

function nodeOf(record: BrokerRecord, { kind, id }: NodeRecord): NodeRecord {
  const found = record.nodes.find((node) => node.kind === kind && node.id === id);
  if (found === undefined) throw new Error(`the cluster has no ${kind} ${id}`);
  return found;
}

function countBrokers({ nodes }: BrokerRecord): number {
  return nodes.filter(({ kind }) => kind === 'broker').length;
}
