import { join } from 'node:path';
import { readdir, stat } from 'node:fs/promises';
import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { Plan, Settings } from '../scenario/plan.js';
import type { BrokerRecord } from './brokerRecord.js';
import { cacheFolder, defaultStateFolder } from './cacheFolder.js';
import { ownBroker, type OwnBroker } from './ownBroker.js';
import { freePorts } from './ports.js';
import { applySettings, checkSettings } from './settings/applySettings.js';
import { readBackSettings } from './settings/readBackSettings.js';
import { startBroker } from './startBroker.js';
import { stopBroker } from './stop.js';

/**
 * Where the variants of a comparison get their brokers. Chosen once, for all variants together, so that all
 * of them run under the same conditions.
 */
export type BrokerChoice =
  /** No variant changes the broker: each runs on the scenario's own cluster, which is left alone. */
  | { readonly kind: 'as it is' }
  /** A local broker of the comparison's own, restarted with the settings of each variant. */
  | { readonly kind: 'dedicated' }
  /** The scenario's cluster is not ours: its dynamic settings are changed, and reset. */
  | { readonly kind: 'altered' };

export interface VariantBrokerOptions {
  /** For everything that the comparison's own broker writes, and the journal of changed settings. */
  readonly stateFolder: string;
  /** Of the user's own local broker; that of `broker up` without `--data` by default. */
  readonly localStateFolder?: string | undefined;
  /** Per request to the cluster. */
  readonly timeoutMs: number;
  /** Ends the preparation and undoes what was begun. It never ends a `restore`. */
  readonly signal?: AbortSignal | undefined;
  readonly log?: Logger | undefined;
  readonly progress?: ProgressFactory | undefined;
}

/** The broker that one variant runs on. */
export interface VariantBroker {
  readonly kind: BrokerChoice['kind'];
  /** Where clients connect; replaces `plan.kafka.bootstrap`. */
  readonly bootstrap: string;
  /** On 127.0.0.1, one per broker; none where they are not known. */
  readonly jmxPorts: readonly number[];
  /** The brokers' processes on this machine, for their CPU time; none where they are not known. */
  readonly pids: readonly number[];
  /** Undefined where it is not known. */
  readonly kafkaVersion: string | undefined;
  /** The settings that the variant names, as each broker read them back, by the broker's id. */
  readonly settings: Readonly<Record<string, Settings>>;
  /**
   * Undoes everything: stops the comparison's own broker and deletes what it wrote, or resets the settings of
   * a changed cluster. Safe to call twice.
   *
   * @returns what could not be reset, a sentence each
   */
  readonly restore: () => Promise<readonly string[]>;
}

/**
 * Chooses where the variants of a comparison get their brokers, before anything is started or changed.
 *
 * @param plans - of all variants
 * @throws `BAD_SCENARIO` when a variant needs what only a local broker can have on a cluster that is not
 * ours, with the variant, the setting and the fix; `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function chooseBroker(
  plans: readonly Plan[],
  options: VariantBrokerOptions,
): Promise<BrokerChoice> {
  if (!plans.some((plan) => asksOfCluster(plan) !== undefined || Object.keys(plan.broker).length > 0)) {
    return { kind: 'as it is' };
  }
  const owners = await Promise.all(plans.map((plan) => ownerOf(plan, options)));
  if (owners.every(({ kind }) => kind !== 'foreign')) return { kind: 'dedicated' };
  for (const plan of plans) {
    const key = asksOfCluster(plan);
    if (key === undefined) continue;
    throw new AlertSimError(
      'BAD_SCENARIO',
      `the variant ${plan.variant ?? plan.name} asks for ${key}, which only a local broker can have, but ` +
        `${plan.kafka.bootstrap} is not the local broker of rubin-alert-sim: leave ${key} out, or let ` +
        'kafka.bootstrap be the local broker (`rubin-alert-sim broker up`)',
    );
  }
  for (const plan of plans) {
    await checkSettings(wantedOf(plan), { connection: connectionOf(plan), timeoutMs: options.timeoutMs });
  }
  return { kind: 'altered' };
}

/**
 * Prepares the broker of one variant: when this resolves it serves clients with the variant's settings. End
 * it with `restore` before the next one is prepared, even after a failure.
 *
 * @param choice - for all variants
 * @throws `BAD_SCENARIO` or `BAD_USAGE` for a setting that the broker rejects, `BROKER_UNREACHABLE`,
 * `BROKER_REFUSED`, `SERVICE_UNAVAILABLE`, `INTERRUPTED`; then everything has been undone
 */
export async function prepareBroker(
  plan: Plan,
  choice: BrokerChoice,
  options: VariantBrokerOptions,
): Promise<VariantBroker> {
  switch (choice.kind) {
    case 'dedicated':
      return dedicatedBroker(plan, options);
    case 'altered':
      return alteredBroker(plan, options);
    case 'as it is':
      return brokerAsItIs(plan, await ownerOf(plan, options));
  }
}

async function dedicatedBroker(plan: Plan, options: VariantBrokerOptions): Promise<VariantBroker> {
  const { signal, log, progress, timeoutMs } = options;
  const stateFolder = join(options.stateFolder, 'broker');
  const stop = async (): Promise<readonly string[]> => {
    await stopBroker({ stateFolder, graceMs: stopGraceMs });
    return [];
  };
  // One that an earlier comparison left when it was killed.
  await stop();
  const { kafkaVersion, brokers, zookeeper, jvm } = plan.cluster;
  const [port = 0, jmxPort = 0] = await freePorts(2);
  try {
    const { record } = await startBroker(
      {
        ...{ stateFolder, brokers, zookeeper, jmxPort },
        version: kafkaVersion,
        jvmOptions: jvm,
        listeners: [{ port }],
        serverProperties: textsOf(plan.broker),
      },
      { signal, log, progress },
    );
    const connection = { bootstrap: record.bootstrap, properties: plan.kafka.client };
    const settings = await readBackSettings(connection, Object.keys(plan.broker), record.version, timeoutMs);
    return { kind: 'dedicated', ...placesOf(record), settings, restore: stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function alteredBroker(plan: Plan, options: VariantBrokerOptions): Promise<VariantBroker> {
  const { signal, log, timeoutMs } = options;
  const { held, restore } = await applySettings(wantedOf(plan), {
    connection: connectionOf(plan),
    journalFile: journalFile(options.stateFolder),
    ...{ signal, log, timeoutMs },
  });
  return {
    kind: 'altered',
    bootstrap: plan.kafka.bootstrap,
    ...{ jmxPorts: [], pids: [], kafkaVersion: undefined },
    settings: Object.fromEntries(
      Object.entries(held).map(([owner, values]) => [owner.replace(/^broker /, ''), values]),
    ),
    restore: async () => (await restore()).notRestored,
  };
}

function brokerAsItIs({ kafka }: Plan, owner: OwnBroker): VariantBroker {
  const places =
    owner.kind === 'running' ? placesOf(owner.record) : { jmxPorts: [], pids: [], kafkaVersion: undefined };
  const restore = (): Promise<readonly string[]> => Promise.resolve([]);
  return { kind: 'as it is', ...places, bootstrap: kafka.bootstrap, settings: {}, restore };
}

/** The file that records which settings of a cluster are changed. */
export function journalFile(stateFolder: string): string {
  return join(stateFolder, 'settings-journal.json');
}

const stopGraceMs = 5000;

function ownerOf({ kafka }: Plan, { localStateFolder }: VariantBrokerOptions): Promise<OwnBroker> {
  return ownBroker(kafka.bootstrap, localStateFolder ?? defaultStateFolder(cacheFolder()));
}

/** The plan's key that only a local cluster can satisfy. */
function asksOfCluster({ cluster }: Plan): string | undefined {
  return (['kafkaVersion', 'brokers', 'zookeeper', 'jvm'] as const).find((key) => cluster[key] !== undefined);
}

function placesOf({ bootstrap, version, nodes }: BrokerRecord) {
  const brokers = nodes.filter(({ kind }) => kind === 'broker');
  return {
    bootstrap,
    jmxPorts: brokers.flatMap(({ jmxPort }) => (jmxPort === 'none' ? [] : [jmxPort])),
    pids: brokers.map(({ pid }) => pid),
    kafkaVersion: version,
  };
}

function wantedOf({ broker }: Plan) {
  return { brokers: textsOf(broker), topics: {} };
}

function connectionOf({ kafka }: Plan): ConnectionOptions {
  return { bootstrap: kafka.bootstrap, properties: kafka.client };
}

function textsOf(settings: Settings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
}

/**
 * The paths of journals of comparisons that were killed, oldest first; none where the folder does not exist.
 * The settings of a cluster that they changed are still changed, and a further comparison would take them for
 * the original ones.
 */
export async function leftJournals(runsFolder: string): Promise<string[]> {
  const names = await readdir(runsFolder).catch(() => []);
  const files = names.sort().map((name) => journalFile(join(runsFolder, name, 'broker')));
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (entry) => entry.isFile(),
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => found[index]);
}
