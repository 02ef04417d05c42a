import type rdkafka from 'node-rdkafka';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { isKafkaError, kafkaErrors, requestError } from './kafkaErrors.js';
import { clientSettings, type ConnectionOptions } from './settings.js';

/** A topic by its name, or a broker by its id. */
export interface SettingsOwner {
  readonly kind: 'topic' | 'broker';
  /** The topic's name, or the broker's id as text. */
  readonly name: string;
}

export interface SettingEntry {
  /** In Kafka's spelling. */
  readonly name: string;
  /** Null for one that is secret or unset. */
  readonly value: string | null;
  /** Where the value comes from: `DYNAMIC_BROKER_CONFIG`, `STATIC_BROKER_CONFIG`, `DEFAULT_CONFIG`, … */
  readonly source: string;
  /** Whether only a restart of the broker can change it. */
  readonly readOnly: boolean;
  /** Whether its value is never returned. */
  readonly sensitive: boolean;
}

/** A setting and its new value; null removes its override, so that the value underneath counts again. */
export type SettingUpdate = readonly [name: string, value: string | null];

/** Reads and changes settings, and touches none that is not named. */
export interface SettingCalls {
  readonly describe: (owner: SettingsOwner) => Promise<readonly SettingEntry[]>;
  /**
   * Changes some settings (KIP-339, incremental), and leaves the others as they are.
   *
   * @returns why the cluster rejects the values; undefined where it took them
   */
  readonly alter: (owner: SettingsOwner, updates: readonly SettingUpdate[]) => Promise<string | undefined>;
}

/** Settings of a cluster, over a connection of their own. */
export interface ClusterSettings extends SettingCalls {
  /** In ascending order. */
  readonly brokerIds: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** From Kafka's admin protocol. */
const resourceTypes = { topic: 2, broker: 4 } as const;

/** Kafka's answer to an illegal value, or to a setting that cannot be changed while the broker runs. */
const invalidRequest = 42;

/**
 * Connects to a cluster to read and change its settings. Close them after use.
 *
 * @param timeoutMs - per request
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
          // node-rdkafka types the error as always present.
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
 * @param timeoutMs - per request
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
