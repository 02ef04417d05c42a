import type rdkafka from 'node-rdkafka';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { isKafkaError, kafkaErrors, requestError } from './errors.js';
import { clientSettings, type ConnectionOptions } from './settings.js';

/** What settings belong to: a topic by its name, or a broker by its id. */
export interface SettingsOwner {
  /** A topic or a broker. */
  readonly kind: 'topic' | 'broker';
  /** The topic's name, or the broker's id as text. */
  readonly name: string;
}

/** A setting as its owner has it. */
export interface SettingEntry {
  /** Its name, in Kafka's spelling. */
  readonly name: string;
  /** Its value; null for one that is secret or unset. */
  readonly value: string | null;
  /** Where the value comes from: `DYNAMIC_BROKER_CONFIG`, `STATIC_BROKER_CONFIG`, `DEFAULT_CONFIG`, … */
  readonly source: string;
  /** Whether it can only be changed by starting the broker anew. */
  readonly readOnly: boolean;
  /** Whether its value is never told. */
  readonly sensitive: boolean;
}

/** A setting and its new value; null takes its override away, so that the value underneath counts again. */
export type SettingUpdate = readonly [name: string, value: string | null];

/** Reads and changes settings, and touches none that is not named. */
export interface SettingCalls {
  /** All settings of a topic or a broker. */
  readonly describe: (owner: SettingsOwner) => Promise<readonly SettingEntry[]>;
  /**
   * Changes some settings (KIP-339, incremental), and leaves the others as they are.
   *
   * @returns why the cluster refuses the values, undefined where it took them
   */
  readonly alter: (owner: SettingsOwner, updates: readonly SettingUpdate[]) => Promise<string | undefined>;
}

/** Settings of a cluster, by a connection of their own. */
export interface ClusterSettings extends SettingCalls {
  /** The ids of the brokers, as text, in ascending order. */
  readonly brokerIds: () => Promise<readonly string[]>;
  /** Ends the connections. */
  readonly close: () => Promise<void>;
}

/** What Kafka's admin protocol calls them. */
const resourceTypes = { topic: 2, broker: 4 } as const;

/** Kafka answers so to a value that is illegal, or a setting that cannot be changed while the broker runs. */
const invalidRequest = 42;

/**
 * Connects to a cluster to look at its settings and change them.
 *
 * @param options - how to reach the cluster
 * @param timeoutMs - how long each request may take, in milliseconds
 * @returns the settings; close them
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`; so do its requests
 */
export async function openClusterSettings(
  options: ConnectionOptions,
  timeoutMs: number,
): Promise<ClusterSettings> {
  const settings = clientSettings(options);
  const client = makeClient(() => new (kafkaLibrary().Producer)(settings));
  await connect(client, options.bootstrap, timeoutMs);
  const admin = kafkaLibrary().AdminClient.create(settings);
  return {
    brokerIds: () =>
      new Promise((resolve, reject) => {
        client.getMetadata({ topic: '', timeout: timeoutMs }, (error, metadata) => {
          // node-rdkafka types the error as always there.
          if ((error as unknown) !== null && (error as unknown) !== undefined) {
            reject(requestError('look up the brokers', error));
            return;
          }
          const ids = metadata.brokers.map(({ id }) => id).sort((a, b) => a - b);
          resolve(ids.map(String));
        });
      }),
    ...settingCalls(admin, timeoutMs),
    close: async () => {
      admin.disconnect();
      await disconnect(client);
    },
  };
}

/**
 * The requests about settings of a connected admin client.
 *
 * @param admin - the client
 * @param timeoutMs - how long each request may take, in milliseconds
 * @returns the requests
 */
export function settingCalls(admin: rdkafka.IAdminClient, timeoutMs: number): SettingCalls {
  return {
    describe: ({ kind, name }) =>
      new Promise((resolve, reject) => {
        admin.describeConfigs(resourceTypes[kind], name, timeoutMs, (error, entries) => {
          if (error === null) resolve(entries);
          else reject(requestError(`read the settings of the ${kind} ${name}`, error));
        });
      }),
    alter: ({ kind, name }, updates) =>
      new Promise((resolve, reject) => {
        const pairs = updates.map(([setting, value]): [string, string | null] => [setting, value]);
        admin.alterConfigs(resourceTypes[kind], name, pairs, timeoutMs, (error) => {
          if (error === null) resolve(undefined);
          else if (isRefusal(error)) resolve(error.message);
          else reject(requestError(`change settings of the ${kind} ${name}`, error));
        });
      }),
  };
}

function isRefusal(error: unknown): boolean {
  const ofTheValue: readonly number[] = [
    kafkaErrors.invalidConfig,
    kafkaErrors.policyViolation,
    kafkaErrors.invalidArgument,
    invalidRequest,
  ];
  return isKafkaError(error) && ofTheValue.includes(error.code);
}
