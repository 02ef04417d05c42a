import { join } from 'node:path';
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
import { startBroker } from './start.js';
import { stopBroker } from './stop.js';

/**
 * How the variants of a comparison come by their brokers. Chosen once, for all variants together, so that all of
 * them run under the same conditions.
 */
export type BrokerChoice =
  /** No variant asks anything of the broker: each runs on the scenario's own cluster, which is left alone. */
  | { readonly kind: 'as it is' }
  /** A local broker of the comparison's own, started anew with the settings of each variant. */
  | { readonly kind: 'dedicated' }
  /** The scenario's cluster is not ours: its dynamic settings are changed, and put back. */
  | { readonly kind: 'altered' };

/** What choosing and preparing brokers is given. */
export interface VariantBrokerOptions {
  /** The folder of everything that the comparison's own broker writes, and of the journal of changed settings. */
  readonly stateFolder: string;
  /** The state folder of the user's own local broker; that of `broker up` without `--data` by default. */
  readonly localStateFolder?: string | undefined;
  /** How long a request to the cluster may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the preparation and takes back what was begun. A `restore` is never ended by it. */
  readonly signal?: AbortSignal | undefined;
  /** Told what is done. */
  readonly log?: Logger | undefined;
  /** Shows how far a download is. */
  readonly progress?: ProgressFactory | undefined;
}

/** The broker that one variant runs on. */
export interface VariantBroker {
  /** How it was come by. */
  readonly kind: BrokerChoice['kind'];
  /** Where clients connect; it takes the place of `plan.kafka.bootstrap`. */
  readonly bootstrap: string;
  /** The ports of JMX on 127.0.0.1, one a broker; none where they are not known. */
  readonly jmxPorts: readonly number[];
  /** The brokers' processes on this machine, for their CPU time; none where they are not known. */
  readonly pids: readonly number[];
  /** The Kafka version; undefined where it is not known. */
  readonly kafkaVersion: string | undefined;
  /** The settings that the variant names, as each broker read them back once they held, by the broker's id. */
  readonly settings: Readonly<Record<string, Settings>>;
  /**
   * Puts everything back: stops the comparison's own broker and deletes what it wrote, or gives a changed cluster
   * its settings again. Safe to call twice.
   *
   * @returns what could not be put back, a sentence each; empty when everything is as it was
   */
  readonly restore: () => Promise<readonly string[]>;
}

/**
 * Chooses how the variants of a comparison come by their brokers, before anything is started or changed.
 *
 * @param plans - the plans of all variants
 * @param options - where its files go
 * @returns the choice, to be given to {@link prepareBroker}
 * @throws `BAD_SCENARIO` when a variant asks of a cluster that is not ours what only a local broker can have, with
 * the variant, the setting and the way out; `BROKER_UNREACHABLE`, `BROKER_REFUSED`
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
 * Makes the broker of one variant real: when this resolves it serves clients with the variant's settings. End it
 * with `restore` before the next one is prepared, also after a failure.
 *
 * @param plan - the plan of the variant
 * @param choice - what was chosen for all variants
 * @param options - where its files go
 * @returns the broker
 * @throws `BAD_SCENARIO` or `BAD_USAGE` for a setting that the broker refuses, `BROKER_UNREACHABLE`,
 * `BROKER_REFUSED`, `SERVICE_UNAVAILABLE`, `INTERRUPTED`; then everything has been put back
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

/**
 * Where it is written down which settings of a cluster are changed.
 *
 * @param stateFolder - the state folder of a comparison
 */
export function journalFile(stateFolder: string): string {
  return join(stateFolder, 'settings-journal.json');
}

const stopGraceMs = 5000;

function ownerOf({ kafka }: Plan, { localStateFolder }: VariantBrokerOptions): Promise<OwnBroker> {
  return ownBroker(kafka.bootstrap, localStateFolder ?? defaultStateFolder(cacheFolder()));
}

/** What a plan asks for that no cluster but a local one can have: its key. */
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
