import { rm } from 'node:fs/promises';
import type { BrokerPlan } from './brokerConfig.js';
import type { NodeRecord } from './brokerRecord.js';
import { clientPorts, type NodeLayout } from './clusterLayout.js';
import { spawnServer, writeConfiguration, type KafkaPrograms } from './kafkaProcess.js';
import { identify, type ProcessIdentity } from './processIdentity.js';
import { serverProperties, zookeeperProperties } from './serverProperties.js';
import { nodePaths } from './statePaths.js';

/** Enough for the metadata of a few topics. */
const zookeeperHeap = '256m';

/** Writes the configuration of one server. */
export async function configureNode(
  plan: BrokerPlan,
  node: NodeLayout,
  programs: KafkaPrograms,
): Promise<void> {
  if (node.kind === 'zookeeper') {
    const jvm = { heap: zookeeperHeap, jmxPort: 'none', jvmOptions: [] } as const;
    await writeConfiguration(node.paths, programs, jvm, zookeeperProperties(node.port, node.paths.data));
    return;
  }
  const { heap, jvmOptions } = plan;
  const jvm = { heap, jvmOptions, jmxPort: node.jmxPort };
  await writeConfiguration(node.paths, programs, jvm, serverProperties(plan, node));
}

/** Starts the process of a server that is configured and, where necessary, formatted. */
export async function launchNode(node: NodeLayout, java: string): Promise<NodeRecord> {
  const { kind, id, paths } = node;
  const ports = node.kind === 'broker' ? clientPorts(node) : { ports: [node.port], plainPort: node.port };
  const jmxPort = node.kind === 'broker' ? node.jmxPort : 'none';
  const identity = await spawned(kind, paths.folder, java);
  return { ...identity, kind, id, folder: paths.folder, ...ports, jmxPort };
}

/** Restarts the process of a server, with its earlier configuration and ports. */
export async function relaunchNode(node: NodeRecord, java: string): Promise<NodeRecord> {
  return { ...node, ...(await spawned(node.kind, node.folder, java)) };
}

async function spawned(kind: NodeRecord['kind'], folder: string, java: string): Promise<ProcessIdentity> {
  const paths = nodePaths(folder);
  await rm(paths.log, { force: true });
  const child = spawnServer(kind, paths, java);
  const pid = await new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      resolve(child.pid);
    });
  });
  if (pid === undefined) throw new Error('a process that was spawned has no number');
  // One that ended already: no living process is ever taken for it.
  return (await identify(pid)) ?? { pid, processStart: 'ended at once' };
}
