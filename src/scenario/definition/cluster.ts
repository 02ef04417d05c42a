import { z } from 'zod';
import { checkedText, type Report, ruled } from '../fields.js';
import { isMap, valueAt } from '../source.js';

const kafkaVersionField = checkedText('3.9.1', (version) =>
  /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(version)
    ? undefined
    : `must be a version of three numbers such as 3.9.1, but is "${version}"`,
).meta({ description: 'The Kafka version, any from Maven Central.' });

const jvmOptionField = checkedText('-XX:+UseZGC', (option) =>
  /^-\S/.test(option) ? undefined : `must be an option of the JVM such as -Xmx2g, but is "${option}"`,
);

/** Keys of a local cluster; a variant has the same. */
export const clusterFields = {
  kafkaVersion: kafkaVersionField.optional(),
  brokers: z
    .literal([1, 3])
    .optional()
    .meta({ description: 'How many brokers: 1, or 3 with every partition on all of them.' }),
  zookeeper: z
    .boolean()
    .optional()
    .meta({ description: 'Keeps the metadata in ZooKeeper, as Kafka 3 can, instead of KRaft.' }),
  jvm: z.array(jvmOptionField).optional().meta({ description: "Options of each broker's JVM, e.g. -Xmx2g." }),
};

/** The local cluster that the scenario is run on. */
export const clusterSection = ruled(z.strictObject(clusterFields), checkZookeeper)
  .prefault({})
  .meta({ description: 'What the local cluster of a comparison is made of.' });

/** Reports topics with more replicas than the cluster has brokers. */
export function checkReplication(scenario: Readonly<Record<string, unknown>>, report: Report): void {
  const brokers = valueAt(scenario, ['cluster', 'brokers']);
  if (typeof brokers !== 'number') return;
  for (const topic of ['reservoir', 'stream']) {
    const replication = valueAt(scenario, [topic, 'replication']);
    if (typeof replication !== 'number' || replication <= brokers) continue;
    const number = brokers === 1 ? 'one broker' : `${brokers} brokers`;
    report([topic, 'replication'], `is ${replication}, but the cluster has ${number}`);
  }
}

function checkZookeeper(cluster: Readonly<Record<string, unknown>>, report: Report): void {
  if (!isMap(cluster) || cluster.zookeeper !== true) return;
  const { kafkaVersion } = cluster;
  const hint = 'give kafkaVersion: 3.9.1, or leave zookeeper out';
  if (kafkaVersion === undefined) report(['zookeeper'], 'needs a Kafka version before 4', hint);
  const major = typeof kafkaVersion === 'string' ? /^(\d+)\./.exec(kafkaVersion)?.[1] : undefined;
  if (Number(major ?? 0) >= 4) report(['zookeeper'], `is nothing that Kafka ${major ?? ''} has`, hint);
}
