import { z } from 'zod';
import { type Report, ruled, settingField, topicField, wholeField } from '../fields.js';
import type { ReservoirPlan, Settings, StreamPlan } from '../plan.js';

export const partitionsField = wholeField(1, 10_000).meta({ description: 'Partitions of the topic.' });

export const replicationField = wholeField(1, 32).meta({
  description: "Replicas of each partition; no more than there are brokers. Default: the cluster's own.",
});

/** Kafka's own number for its default. */
const clusterReplication = -1;

/** Texts, because brokers take them as such. */
export const topicConfigField = z
  .record(z.string(), settingField)
  .transform(textsOf)
  .meta({ description: "Topic settings in Kafka's spelling, e.g. retention.ms." });

/** The topic of preloaded alerts. */
export const reservoirSection = z
  .strictObject({
    topic: topicField()
      .prefault('alerts-reservoir')
      .meta({ description: 'The topic that keeps the alerts.' }),
    partitions: partitionsField.prefault(1),
    replication: replicationField.optional(),
    config: topicConfigField
      .prefault({})
      .meta({ description: "Topic settings in Kafka's spelling; they win over infinite retention." }),
    workers: wholeField(1, 64).prefault(1).meta({ description: 'Worker threads that fill it.' }),
    schemaId: wholeField(0, 2_147_483_647).optional().meta({
      description: "The schema id that stands before each alert; by default each alert's own.",
    }),
    reuse: z
      .boolean()
      .prefault(false)
      .meta({ description: 'Whether a reservoir that holds these alerts already is used as it is.' }),
  })
  .transform(({ replication = clusterReplication, schemaId, ...others }): ReservoirPlan => ({
    ...others,
    replication,
    schemaId,
  }))
  .prefault({})
  .meta({ description: 'Where alerts are preloaded.' });

const streamShape = z.strictObject({
  topic: topicField()
    .prefault('alerts-stream')
    .meta({ description: 'The topic that is written to and read.' }),
  existing: z
    .boolean()
    .prefault(false)
    .meta({ description: 'Whether the topic is used as it is, and nothing of it is deleted or changed.' }),
  partitions: partitionsField.optional().meta({ description: 'Partitions of the topic. Default: 1.' }),
  replication: replicationField.optional(),
  config: topicConfigField.optional(),
  producerTimestamp: z.boolean().prefault(false).meta({
    description: "Whether each alert gets the header producer_timestamp, as Rubin's producer gives it.",
  }),
});

/** The topic that is written to and read. */
export const streamSection = ruled(streamShape, checkExisting)
  .transform(({ partitions = 1, replication = clusterReplication, config = {}, ...others }): StreamPlan => ({
    ...others,
    partitions,
    replication,
    config,
  }))
  .prefault({})
  .meta({ description: 'The topic that is written to and read.' });

function checkExisting(stream: Readonly<Record<string, unknown>>, report: Report): void {
  if (stream.existing !== true) return;
  for (const key of ['partitions', 'replication', 'config']) {
    if (stream[key] === undefined) continue;
    report(
      [key],
      'goes with a topic that the run makes, but existing is true',
      'remove it: the topic is used as it is',
      'key',
    );
  }
}

function textsOf(settings: Settings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
}
