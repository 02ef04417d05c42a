import { execFile } from 'node:child_process';
import { arch, cpus, hostname, loadavg, platform, release } from 'node:os';
import { promisify } from 'node:util';
import { cores, memory } from '../machine.js';
import type { TopicAdmin } from '../kafka/topics.js';
import { clientVersion } from '../kafka/version.js';
import type { BrokerFigureSource } from '../measure/brokerFigureSource.js';
import type { Plan, VariantPlan } from '../scenario/plan.js';
import { installationFolder, version } from '../version.js';

/** Which part of an experiment a run is. */
export interface ExperimentNote {
  /** The experiment's id. */
  readonly id: string;
  /** What its variant changes. */
  readonly variant: VariantPlan;
  /** Which repeat it is, from 0: runs of one block are compared with each other. */
  readonly block: number;
  /** Which run of the experiment it is, from 0. */
  readonly position: number;
  /** True for the first variant once more at the end, which shows drift and is no repeat. */
  readonly control: boolean;
}

/** `manifest.json` of a run folder: on what a run ran. No secrets. */
export interface Manifest {
  /** Raised when a member changes its meaning. */
  readonly schemaVersion: 1;
  /** The run's id. */
  readonly id: string;
  /** The number by which this run's messages are known. */
  readonly run: number;
  /** When it started, ISO 8601. */
  readonly startedAt: string;
  /** The scenario as it was resolved, without secrets. */
  readonly scenario: Plan;
  /** Which part of an experiment it is; absent for a run of its own. */
  readonly experiment?: ExperimentNote | undefined;
  /** What did the work. */
  readonly versions: Readonly<Record<'rubinAlertSim' | 'node' | 'librdkafka', string>> & {
    /** The commit of this program's clone; null where it is none. */
    readonly commit: string | null;
  };
  /** Where the harness ran. */
  readonly host: Readonly<Record<string, string | number | readonly number[]>>;
  /** Settings as the cluster tells them, those that differ from its defaults. */
  readonly cluster: {
    /** The stream's topic. */
    readonly stream: Readonly<Record<string, string | null>>;
    /** The reservoir's topic. */
    readonly reservoir: Readonly<Record<string, string | null>>;
    /** Each broker, by its id. */
    readonly brokers: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
    /** What could not be read back, and why. */
    readonly unread: readonly string[];
  };
  /** Always true: acknowledgements come in batches, with librdkafka's own latency. Earlier versions had another way. */
  readonly batchedAcknowledgements: true;
  /** How the brokers' own figures were got; null where they were not, undefined in runs from before they were. */
  readonly brokerFigures?: BrokerFigureSource | null | undefined;
}

/**
 * Writes down on what a run runs, with the settings of broker and topics read back.
 *
 * @param scenario - the scenario, without secrets
 * @param id - the run's id
 * @param startedAt - when it started
 * @param run - the number by which its messages are known
 * @param admin - the cluster
 * @returns the manifest; what the cluster does not tell is named in it
 */
export async function manifestOf(
  scenario: Plan,
  id: string,
  startedAt: Date,
  run: number,
  admin: TopicAdmin,
): Promise<Manifest> {
  return {
    schemaVersion: 1,
    id,
    run,
    startedAt: startedAt.toISOString(),
    scenario,
    versions: {
      rubinAlertSim: version,
      node: process.versions.node,
      librdkafka: clientVersion(),
      commit: await commitOf(installationFolder),
    },
    host: {
      name: hostname(),
      system: `${platform()} ${release()} ${arch()}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cores(),
      memoryBytes: memory().totalBytes,
      loadBefore: loadavg(),
    },
    cluster: await clusterSettings(scenario, admin),
    batchedAcknowledgements: true,
  };
}

async function clusterSettings(plan: Plan, admin: TopicAdmin): Promise<Manifest['cluster']> {
  const unread: string[] = [];
  const read = async (
    what: string,
    settings: () => Promise<Readonly<Record<string, string | null>>>,
  ): Promise<Readonly<Record<string, string | null>>> =>
    settings().catch((thrown: unknown) => {
      unread.push(`${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return {};
    });
  const brokers: Record<string, Readonly<Record<string, string | null>>> = {};
  for (const id of await admin.brokerIds()) {
    brokers[id] = await read(`broker ${id}`, () => admin.settings('broker', id));
  }
  return {
    stream: await read(`topic ${plan.stream.topic}`, () => admin.settings('topic', plan.stream.topic)),
    reservoir: await read(`topic ${plan.reservoir.topic}`, () =>
      admin.settings('topic', plan.reservoir.topic),
    ),
    brokers,
    unread,
  };
}

async function commitOf(folder: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: folder });
    return stdout.trim();
  } catch {
    // Not a clone, or no git.
    return null;
  }
}
