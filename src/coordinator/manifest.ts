import { execFile } from 'node:child_process';
import { arch, cpus, hostname, loadavg, platform, release } from 'node:os';
import { promisify } from 'node:util';
import { cores, memory } from '../machine.js';
import type { TopicAdmin } from '../kafka/topics.js';
import { clientVersion } from '../kafka/version.js';
import type { Plan, VariantPlan } from '../scenario/plan.js';
import { installationFolder, version } from '../version.js';
import type { BrokerFigureSource } from '../results/schema.js';

/** The part of an experiment that a run is. */
export interface ExperimentNote {
  readonly id: string;
  /** Changes of its variant. */
  readonly variant: VariantPlan;
  /** From 0: runs of one block are compared with each other. */
  readonly block: number;
  /** From 0. */
  readonly position: number;
  /** The first variant once more at the end, which shows drift and is not a repeat. */
  readonly control: boolean;
}

/** `manifest.json` of a run folder: settings and machine of the run. No secrets. */
export interface Manifest {
  /** Raised when a member changes its meaning. */
  readonly schemaVersion: 1;
  readonly id: string;
  /** Identifies this run's messages. */
  readonly run: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** As resolved, without secrets. */
  readonly scenario: Plan;
  /** Undefined for a run of its own. */
  readonly experiment?: ExperimentNote | undefined;
  readonly versions: Readonly<Record<'rubinAlertSim' | 'node' | 'librdkafka', string>> & {
    /** The commit of this program's clone; null where it is not a clone. */
    readonly commit: string | null;
  };
  /** The load generator's machine. */
  readonly host: Readonly<Record<string, string | number | readonly number[]>>;
  /** Settings as the cluster reports them, if they differ from its defaults. */
  readonly cluster: {
    /** Of the stream's topic. */
    readonly stream: Readonly<Record<string, string | null>>;
    /** Of the reservoir's topic. */
    readonly reservoir: Readonly<Record<string, string | null>>;
    /** By broker id. */
    readonly brokers: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
    /** What could not be read back, and why. */
    readonly unread: readonly string[];
  };
  /**
   * Always true: acknowledgements come in batches, with librdkafka's own latency. Earlier versions had
   * another way.
   */
  readonly batchedAcknowledgements: true;
  /**
   * Source of the brokers' metrics; null where there were none, undefined in runs from before they were read.
   */
  readonly brokerFigures?: BrokerFigureSource | null | undefined;
}

/**
 * The manifest of a run, with the settings of broker and topics read back; what the cluster does not report
 * is listed in it.
 *
 * @param scenario - without secrets
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
