import { execFile } from 'node:child_process';
import { arch, cpus, hostname, loadavg, platform, release } from 'node:os';
import { promisify } from 'node:util';
import { cores, memory } from '../machine.js';
import type { TopicAdmin } from '../kafka/topics.js';
import { clientVersion } from '../kafka/library.js';
import type { Plan } from '../scenario/plan.js';
import { installationFolder, version } from '../version.js';
import { schemaVersion, type Manifest } from '../results/runFolder.js';

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
    schemaVersion,
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
