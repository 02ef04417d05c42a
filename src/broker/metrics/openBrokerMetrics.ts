import { readFileSync } from 'node:fs';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../outputs/log.js';
import type { ProgressFactory } from '../../outputs/progress.js';
import { cacheFolder, defaultStateFolder, jarsFolder } from '../cacheFolder.js';
import { defaultKafkaVersion, readDistribution } from '../distribution.js';
import { ensureDistribution } from '../download.js';
import { pause } from '../interruption.js';
import { findJava } from '../java.js';
import type { KafkaPrograms } from '../kafkaProcess.js';
import { portFault, startJmxReader, type JmxReader } from './jmxReader.js';
import { ReadHistory } from './readHistory.js';
import { findJmxSources, type JmxSource } from './sources.js';
import type { BrokerMetrics } from '../../results/values.js';
import type { BrokerMetricSource } from '../../results/runFolder.js';

export interface BrokerMetricsOptions {
  /** The scenario's `kafka`. */
  readonly kafka: { readonly bootstrap: string; readonly jmx: string };
  /** For warnings about missing metrics. */
  readonly log: Logger;
  /** For a download of Kafka's tools, where they are missing. */
  readonly progress: ProgressFactory;
  /** Ends the wait for the first read. */
  readonly signal: AbortSignal;
  /** For Java and the cache folder. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The folder of the broker that `broker up` starts by default. */
  readonly stateFolder?: string | undefined;
}

/** The brokers' metrics, as long as they are read. */
export interface OpenBrokerMetrics {
  /** Metrics of a span of time since 1970; null where there are none. */
  readonly metrics: (fromMs: number, toMs: number) => BrokerMetrics | null;
  /** Null where no broker is read. */
  readonly source: BrokerMetricSource | null;
  /** The processes that read. */
  readonly pids: readonly number[];
  /** Resolves when every process has ended. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts to read the metrics of a scenario's brokers once a second; resolves when the first were read or will
 * not come. No failure here ends a run: what is missing is in a warning, and the metrics of that broker are
 * left out.
 */
export async function openBrokerMetrics(options: BrokerMetricsOptions): Promise<OpenBrokerMetrics> {
  const { kafka, log, signal, env = process.env } = options;
  const stateFolder = options.stateFolder ?? defaultStateFolder(cacheFolder(env));
  const warn = (address: string, reason: string): void => {
    log.warning('broker-metrics', `no metrics of the broker at ${address}: ${reason}`);
  };
  const { sources, faults } = await findJmxSources({ ...kafka, stateFolder }).catch((thrown: unknown) => ({
    sources: [],
    faults: [messageOf(thrown)],
  }));
  for (const fault of faults) log.warning('broker-metrics', `no metrics of the broker: ${fault}`);
  if (sources.length === 0) return nothing;
  let programs: KafkaPrograms;
  try {
    programs = await programsFor(env, options);
  } catch (thrown) {
    // With Ctrl-C the run ends by itself.
    if (!signal.aborted) for (const { address } of sources) warn(address, messageOf(thrown));
    return nothing;
  }
  const opened = await Promise.all(
    sources.map(async (source) => {
      const one = await openOne(source, programs, options);
      if ('history' in one) return one;
      if (!signal.aborted) warn(source.address, one.fault);
      return undefined;
    }),
  );
  const readers = opened.filter((one) => one !== undefined);
  if (readers.length === 0) return nothing;
  return {
    metrics: (fromMs, toMs) => together(readers, fromMs, toMs),
    source: {
      how: 'JMX, by org.apache.kafka.tools.JmxTool',
      addresses: readers.map(({ address }) => address),
      intervalSeconds: intervalMs / 1000,
    },
    pids: readers.flatMap(({ reader }) => reader.pid ?? []),
    stop: async () => {
      await Promise.all(readers.map(({ reader }) => reader.stop()));
    },
  };
}

const nothing: OpenBrokerMetrics = {
  metrics: () => null,
  source: null,
  pids: [],
  stop: () => Promise.resolve(),
};

/** A little less than a second, so that hardly an interval of the run is without a read. */
const intervalMs = 800;
const connectMs = 3000;
/** A JVM on a busy machine; Kafka's tool itself gives up a broker after 10 s. */
const firstReadMs = 15_000;

interface OpenReader {
  readonly address: string;
  readonly history: ReadHistory;
  readonly reader: JmxReader;
}

async function programsFor(
  env: NodeJS.ProcessEnv,
  { progress, signal }: BrokerMetricsOptions,
): Promise<KafkaPrograms> {
  const distribution = readDistribution(defaultKafkaVersion);
  const java = (await findJava(distribution.java, env)).command;
  const folder = jarsFolder(cacheFolder(env));
  return { java, jars: await ensureDistribution(distribution, { folder, progress, signal }) };
}

async function openOne(
  { address, pid }: JmxSource,
  programs: KafkaPrograms,
  { log, signal }: BrokerMetricsOptions,
): Promise<OpenReader | { readonly fault: string }> {
  const refused = await portFault(address, connectMs);
  if (refused !== undefined) return { fault: `its JMX port does not answer: ${refused}` };
  const history = new ReadHistory(intervalMs);
  let isOpen = false;
  const reader = startJmxReader({
    address,
    intervalMs,
    programs,
    rssBytes: () => (pid === undefined ? undefined : residentBytes(pid)),
    onRead: (read) => {
      history.add(read);
    },
    onEnd: (reason) => {
      if (isOpen) log.warning('broker-metrics', `no more metrics of the broker at ${address}: ${reason}`);
    },
  });
  const inTime = new AbortController();
  const giveUp = (): void => {
    inTime.abort();
  };
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const fault = await Promise.race([
    reader.started,
    pause(firstReadMs, inTime.signal).then(() => `it did not answer within ${firstReadMs / 1000} s`),
  ]);
  signal.removeEventListener('abort', giveUp);
  giveUp();
  if (fault !== undefined) {
    await reader.stop();
    return { fault };
  }
  isOpen = true;
  return { address, history, reader };
}

/** By broker id; by the address where a broker does not report its id. */
function together(readers: readonly OpenReader[], fromMs: number, toMs: number): BrokerMetrics | null {
  const entries = readers.flatMap(({ address, history }) => {
    const one = history.metrics(fromMs, toMs);
    return one === undefined ? [] : [[one.brokerId ?? address, one.metrics] as const];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/**
 * The resident memory of a process in bytes; undefined where the system does not report it (only Linux does),
 * or for an ended process.
 */
function residentBytes(pid: number): number | undefined {
  try {
    // A file of the kernel's: reading it waits for no disk.
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
