import { z } from 'zod';
import { nameField, settingField } from '../fields.js';
import { clusterFields } from './cluster.js';
import { partitionsField, replicationField, topicConfigField } from './topicSections.js';

/** Broker settings that the local broker is started with. */
export const brokerSection = z
  .record(z.string(), settingField)
  .prefault({})
  .meta({ description: "Settings that the local broker is started with, in Kafka's spelling." });

/** One configuration that a scenario compares. */
export const variantField = z
  .strictObject({
    name: nameField('lz4').meta({ description: 'The name of the variant, unique in the scenario.' }),
    set: z
      .record(z.string(), z.unknown())
      .prefault({})
      .meta({ description: 'What differs: values by dotted path, e.g. kafka.client.compression.type: lz4.' }),
    topic: z
      .strictObject({
        partitions: partitionsField.optional(),
        replication: replicationField.optional(),
        config: topicConfigField.optional(),
      })
      .prefault({})
      .meta({ description: "What differs in the stream's topic." }),
    ...clusterFields,
    broker: brokerSection.meta({
      description: 'Broker settings that differ: the local broker restarts with them.',
    }),
  })
  .meta({ description: 'One configuration to compare.' });

/** Settings whose combinations are compared; replaced by variants before a scenario is validated. */
export const matrixSection = z.record(z.string(), z.array(z.unknown()).min(1)).optional().meta({
  description:
    'Values by dotted path; each combination is a variant, e.g. kafka.client.linger.ms: [0, 5, 50].',
});
