import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError } from '../errors.js';
import { makeFolders } from '../makeFolders.js';
import { planBroker, type BrokerConfig, type BrokerPlan } from './brokerConfig.js';
import { findBroker, type BrokerRecord } from './brokerRecord.js';
import { jarsFolder } from './cacheFolder.js';
import { layOutCluster, requireSameShape, type BrokerLayout, type NodeLayout } from './clusterLayout.js';
import { notStarted } from './clusterReadiness.js';
import { joinCluster, startProcesses } from './clusterStart.js';
import { prepareDataFolder } from './dataFolder.js';
import { diskError } from './diskErrors.js';
import { ensureDistribution } from './download.js';
import { findDistribution } from './findDistribution.js';
import { stopIfInterrupted } from './interruption.js';
import { findJava } from './java.js';
import { formatData, newClusterId, type KafkaPrograms } from './kafkaProcess.js';
import { configureNode } from './launch.js';
import { withLock } from './processLock.js';
import type { StartedBroker, StartOptions } from './startOptions.js';
import { removeEmptyFolder, removeState, statePaths, type StatePaths } from './statePaths.js';

/**
 * Starts a local Kafka broker, or a cluster of three, that outlives this process, or finds that it runs
 * already; of a cluster that runs in part, what has ended is restarted. What is missing is downloaded; a new
 * data folder is formatted; when this resolves, all brokers serve clients.
 *
 * @returns the running broker; end it with `stopBroker`
 * @throws `MISSING_PREREQUISITE` without Java, `BAD_USAGE` for invalid settings or ports in use,
 * `BAD_INPUT_FILE` for a damaged data folder, `DOWNLOAD_FAILED`, `DISK_FULL`, `SERVICE_UNAVAILABLE` when it
 * does not start, `INTERRUPTED`
 */
export async function startBroker(config: BrokerConfig, options: StartOptions = {}): Promise<StartedBroker> {
  const plan = planBroker(config);
  const paths = statePaths(plan.stateFolder);
  const { signal } = options;
  try {
    await makeFolders(paths.folder);
    return await withLock(paths.lock, { signal, purpose: 'starting or stopping this broker' }, () =>
      startAlone(plan, paths, options),
    );
  } catch (thrown) {
    // A folder that cannot be removed matters less than the error before it.
    await removeEmptyFolder(paths).catch(() => undefined);
    throw diskError(thrown, paths.folder, freshBrokerBytes * plan.brokers);
  }
}

/** Disk space of a new broker itself: its metadata log is allocated ahead. */
const freshBrokerBytes = 50_000_000;

async function startAlone(
  plan: BrokerPlan,
  paths: StatePaths,
  options: StartOptions,
): Promise<StartedBroker> {
  const { log, signal } = options;
  const presence = await findBroker(paths.record);
  if (presence.kind === 'running') {
    requireSameCluster(plan, presence.record, paths);
    const java = presence.dead.length === 0 ? '' : (await findJava(1)).command;
    return joinCluster(presence.record, presence.dead, paths, java, options);
  }
  if (presence.kind === 'stale') {
    log?.info('broker', `${presence.reason}: removing ${paths.record}`);
    await rm(paths.record);
  }
  await requireSameShape(plan, paths, await readdir(paths.folder));
  const nodes = await layOutCluster(plan, paths);

  const distribution = await findDistribution(plan.version, { cache: plan.cache, log, signal });
  const java = (await findJava(distribution.java)).command;
  const folder = jarsFolder(plan.cache);
  const jars = await ensureDistribution(distribution, { folder, progress: options.progress, signal });
  const isNew = await isUnused(nodes);
  try {
    await prepareNodes(plan, nodes, { java, jars }, options);
    stopIfInterrupted(signal, notStarted);
    log?.info('broker', `starting Kafka ${plan.version} in ${paths.folder}`);
    return await startProcesses(plan, nodes, paths, java, options);
  } catch (thrown) {
    // After Ctrl-C nothing of the attempt stays; after an error the log does, because the message points to
    // it.
    if (thrown instanceof AlertSimError && thrown.code === 'INTERRUPTED') await removeState(paths, !isNew);
    throw thrown;
  }
}

/** Writes the configuration of every server, and formats where necessary: all brokers at the same time. */
async function prepareNodes(
  plan: BrokerPlan,
  nodes: readonly NodeLayout[],
  programs: KafkaPrograms,
  { log, signal }: StartOptions,
): Promise<void> {
  for (const node of nodes) await makeFolders(node.paths.folder);
  const unformatted: BrokerLayout[] = [];
  for (const node of nodes) {
    // With ZooKeeper nothing is formatted: the first broker creates an id, and the others adopt it.
    if (node.kind === 'zookeeper' || plan.zookeeper) continue;
    if ((await prepareDataFolder(node.paths.data)) === 'to be formatted') unformatted.push(node);
  }
  for (const node of nodes) await configureNode(plan, node, programs);
  if (unformatted.length === 0) return;
  const clusterId = (await keptClusterId(nodes)) ?? newClusterId();
  log?.info('broker', `formatting ${unformatted.map(({ paths }) => paths.data).join(', ')}`);
  await Promise.all(
    unformatted.map(({ paths }) => formatData(paths, programs, clusterId, plan.scramUsers, signal)),
  );
}

/** Whether no server has any data yet. */
async function isUnused(nodes: readonly NodeLayout[]): Promise<boolean> {
  const names = await Promise.all(nodes.map(({ paths }) => readdir(paths.data).catch(() => [])));
  return names.every((list) => list.length === 0);
}

/** The id of a cluster that some of its brokers know. */
async function keptClusterId(nodes: readonly NodeLayout[]): Promise<string | undefined> {
  for (const { paths } of nodes) {
    const text = await readFile(join(paths.data, 'meta.properties'), 'utf8').catch(() => '');
    const id = /^cluster\.id=(\S+)$/m.exec(text)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** A cluster is joined as it is; one of another shape is not what was asked for. */
function requireSameCluster(plan: BrokerPlan, { nodes, version }: BrokerRecord, paths: StatePaths): void {
  const brokers = nodes.filter(({ kind }) => kind === 'broker').length;
  const zookeeper = nodes.length > brokers;
  // One broker is the default, too: without a number, those that run are meant.
  if ((plan.brokers === 1 || plan.brokers === brokers) && (!plan.zookeeper || zookeeper)) return;
  throw new AlertSimError(
    'BAD_USAGE',
    `Kafka ${version} runs in ${paths.folder} already, with ${brokers === 1 ? 'one broker' : `${brokers} brokers`} ` +
      `and ${zookeeper ? 'ZooKeeper' : 'KRaft'}: end it with \`rubin-alert-sim broker down\`, or choose another ` +
      'folder with --data',
  );
}
