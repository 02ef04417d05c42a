import { z } from 'zod';
import { settingField, topicField, wholeField } from '../fields.js';
import type { Settings } from '../plan.js';

/** Partitions of a topic. */
export const partitionsField = wholeField(1, 10_000).meta({ description: 'Partitions of the topic.' });

/** Replicas of each partition. */
export const replicationField = wholeField(1, 32).meta({
  description: 'Replicas of each partition; no more than there are brokers.',
});

/** Topic settings, as texts: that is how brokers take them. */
export const topicConfigField = z
  .record(z.string(), settingField)
  .transform(textsOf)
  .meta({ description: "Topic settings in Kafka's spelling, e.g. retention.ms." });

/** Where alerts are preloaded. */
export const reservoirSection = z
  .strictObject({
    topic: topicField()
      .prefault('alerts-reservoir')
      .meta({ description: 'The topic that keeps the alerts.' }),
    partitions: partitionsField.prefault(1),
    replication: replicationField.prefault(1),
    workers: wholeField(1, 64).prefault(1).meta({ description: 'Worker threads that fill it.' }),
    schemaId: wholeField(0, 2_147_483_647)
      .prefault(1)
      .meta({ description: 'The schema id that stands before each alert.' }),
    reuse: z
      .boolean()
      .prefault(false)
      .meta({ description: 'Whether a reservoir that holds these alerts already is used as it is.' }),
  })
  .prefault({})
  .meta({ description: 'Where alerts are preloaded.' });

/** The topic that is written to and read. */
export const streamSection = z
  .strictObject({
    topic: topicField()
      .prefault('alerts-stream')
      .meta({ description: 'The topic that is written to and read.' }),
    partitions: partitionsField.prefault(1),
    replication: replicationField.prefault(1),
    config: topicConfigField.prefault({}),
  })
  .prefault({})
  .meta({ description: 'The topic that is written to and read.' });

function textsOf(settings: Settings): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
}
