import { mkdir, readFile, rm } from 'node:fs/promises';
import { AlertSimError } from '../errors.js';
import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import { planBroker, type BrokerConfig, type BrokerPlan } from './brokerConfig.js';
import { findBroker, writeRecord, type BrokerRecord } from './brokerRecord.js';
import { jarsFolder } from './cacheFolder.js';
import { prepareDataFolder } from './dataFolder.js';
import { diskError } from './diskErrors.js';
import { readDistribution, type KafkaDistribution } from './distribution.js';
import { ensureDistribution } from './download.js';
import { stopIfInterrupted } from './interruption.js';
import { findJava } from './java.js';
import { formatData, spawnBroker, writeConfiguration, type KafkaPrograms } from './kafkaProcess.js';
import { tellingLines } from './logging.js';
import { freePorts, requireFreePort } from './ports.js';
import { identify, isAlive } from './processIdentity.js';
import { withLock } from './processLock.js';
import { waitUntilReady, type Readiness } from './readiness.js';
import { plainPort, serverProperties, type InnerPorts } from './serverProperties.js';
import { removeEmptyFolder, removeState, statePaths, type StatePaths } from './statePaths.js';
import { stopProcess } from './stopProcess.js';

/** What a start is given besides the broker's description. */
export interface StartOptions {
  /** Shows how far a download is. */
  readonly progress?: ProgressFactory | undefined;
  /** Told what is done. */
  readonly log?: Logger | undefined;
  /** Ends the start and takes back what was begun. */
  readonly signal?: AbortSignal | undefined;
  /** How long the broker may take until it serves clients, in milliseconds; 60,000 by default. */
  readonly deadlineMs?: number | undefined;
}

/** A broker that serves clients. */
export interface StartedBroker {
  /** Its process and addresses. */
  readonly record: BrokerRecord;
  /** Its files. */
  readonly paths: StatePaths;
  /** False where it was running before. */
  readonly startedNow: boolean;
  /** How long it took from the start of its process until it served clients, in milliseconds. */
  readonly readyMs: number;
}

/**
 * Starts a local Kafka broker that outlives this process, or finds that it runs already. What is missing is
 * downloaded; a new data folder is formatted; when this resolves, the broker serves clients.
 *
 * @param config - the broker
 * @param options - how to show and end the work
 * @returns the running broker; end it with `stopBroker`
 * @throws `MISSING_PREREQUISITE` without Java, `BAD_USAGE` for settings that cannot be or ports in use,
 * `BAD_INPUT_FILE` for a damaged data folder, `DOWNLOAD_FAILED`, `DISK_FULL`, `SERVICE_UNAVAILABLE` when it does
 * not start, `INTERRUPTED`
 */
export async function startBroker(config: BrokerConfig, options: StartOptions = {}): Promise<StartedBroker> {
  const plan = planBroker(config);
  const distribution = readDistribution(plan.version);
  const paths = statePaths(plan.stateFolder);
  const { signal } = options;
  try {
    await mkdir(paths.folder, { recursive: true });
    return await withLock(paths.lock, { signal, purpose: 'starting or stopping this broker' }, () =>
      startAlone(plan, distribution, paths, options),
    );
  } catch (thrown) {
    await removeEmptyFolder(paths);
    throw diskError(thrown, paths.folder, freshBrokerBytes);
  }
}

/** What a new broker needs on disk for itself: its metadata log is allocated ahead. */
const freshBrokerBytes = 50_000_000;
const stopGraceMs = 5000;

async function startAlone(
  plan: BrokerPlan,
  distribution: KafkaDistribution,
  paths: StatePaths,
  options: StartOptions,
): Promise<StartedBroker> {
  const { log, signal } = options;
  const presence = await findBroker(paths.record);
  if (presence.kind === 'running') return joinRunning(presence.record, paths, options);
  if (presence.kind === 'stale') {
    log?.info('broker', `${presence.reason}: removing ${paths.record}`);
    await rm(paths.record);
  }
  for (const { port } of plan.listeners) await requireFreePort(port, 'the broker', '--port');
  if (plan.jmxPort !== 'none') await requireFreePort(plan.jmxPort, 'JMX', '--jmx-port');

  const java = (await findJava(distribution.java)).command;
  const folder = jarsFolder(plan.cache);
  const jars = await ensureDistribution(distribution, { folder, progress: options.progress, signal });
  const isNew = (await prepareDataFolder(paths.data)) === 'to be formatted';
  try {
    return await startProcess(plan, paths, { java, jars }, isNew, options);
  } catch (thrown) {
    // After Ctrl-C nothing of the attempt stays; after an error the log does, since the message points to it.
    if (thrown instanceof AlertSimError && thrown.code === 'INTERRUPTED') await removeState(paths, !isNew);
    throw thrown;
  }
}

async function startProcess(
  plan: BrokerPlan,
  paths: StatePaths,
  programs: KafkaPrograms,
  isNew: boolean,
  options: StartOptions,
): Promise<StartedBroker> {
  const { log, signal } = options;
  const [controller = 0, local = 0] = await freePorts(2);
  const ports: InnerPorts = { controller, local };
  await writeConfiguration(paths, programs, plan, serverProperties(plan, paths.data, ports));
  if (isNew) {
    log?.info('broker', `formatting ${paths.data}`);
    await formatData(paths, programs, plan.scramUsers, signal);
  }
  stopIfInterrupted(signal, notStarted);
  log?.info('broker', `starting Kafka ${plan.version}, log ${paths.log}`);
  const startMs = performance.now();
  await rm(paths.log, { force: true });
  const child = spawnBroker(paths, programs);
  const identity = await new Promise<number | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      resolve(child.pid);
    });
  }).then((pid) => (pid === undefined ? undefined : identify(pid)));
  if (identity === undefined) throw await notReady(paths, { kind: 'ended' }, options);
  const record: BrokerRecord = {
    ...identity,
    version: plan.version,
    bootstrap: `localhost:${plan.listeners[0].port}`,
    ports: plan.listeners.map(({ port }) => port),
    plainPort: plainPort(plan, ports),
    jmxPort: plan.jmxPort,
    startedAt: new Date().toISOString(),
  };
  // Written before the broker is ready: should we be killed now, `broker down` finds the process.
  await writeRecord(paths.record, record);
  const readiness = await ready(record, options);
  if (readiness.kind !== 'ready') {
    await stopProcess(identity, stopGraceMs);
    await rm(paths.record, { force: true });
    throw await notReady(paths, readiness, options);
  }
  return { record, paths, startedNow: true, readyMs: performance.now() - startMs };
}

async function joinRunning(
  record: BrokerRecord,
  paths: StatePaths,
  options: StartOptions,
): Promise<StartedBroker> {
  const startMs = performance.now();
  const readiness = await ready(record, options);
  if (readiness.kind !== 'ready') throw await notReady(paths, readiness, options);
  return { record, paths, startedNow: false, readyMs: performance.now() - startMs };
}

function ready(
  record: BrokerRecord,
  { signal, deadlineMs = defaultDeadlineMs }: StartOptions,
): Promise<Readiness> {
  return waitUntilReady({
    plainPort: record.plainPort,
    ports: record.ports,
    isAlive: () => isAlive(record),
    deadlineMs,
    signal,
  });
}

const defaultDeadlineMs = 60_000;
const notStarted = 'the broker was not started';

async function notReady(
  paths: StatePaths,
  readiness: Exclude<Readiness, { kind: 'ready' }>,
  { deadlineMs = defaultDeadlineMs }: StartOptions,
): Promise<AlertSimError> {
  if (readiness.kind === 'interrupted') return new AlertSimError('INTERRUPTED', `interrupted: ${notStarted}`);
  const [output, log] = await Promise.all(
    [paths.output, paths.log].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  // The JVM itself speaks only when it cannot go on.
  const lines = [
    ...(output ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-3),
    ...tellingLines(log ?? '', 4),
  ];
  const said = lines.length === 0 ? 'It logged nothing.' : `It logged:\n  ${lines.join('\n  ')}`;
  // What Kafka does not accept is the user's to mend; everything else is the service's.
  const code = lines.some((line) => line.includes('ConfigException')) ? 'BAD_USAGE' : 'SERVICE_UNAVAILABLE';
  const what =
    readiness.kind === 'ended'
      ? 'Kafka ended while it was starting'
      : `Kafka did not serve clients within ${deadlineMs / 1000} s (${readiness.reason})`;
  return new AlertSimError(code, `${what}; its log is ${paths.log}. ${said}`);
}
