import { z } from 'zod';
import { clientPropertyProblem } from '../clientProperties.js';
import { checkedText, quantityField, ruled, settingField } from '../fields.js';
import type { CoordinationPlan } from '../plan.js';
import { durationQuantity } from '../quantities.js';
import { isMap } from '../source.js';
import { bootstrapProblem } from './kafka.js';

const defaultPrefix = 'rubin-alert-sim-control-';

/** How the machines of a run with shards find each other; see docs/scale.md. */
export const coordinationSection = ruled(
  z.strictObject({
    bootstrap: checkedText('localhost:9092', bootstrapProblem)
      .optional()
      .meta({ description: 'Another Kafka to coordinate by. Default: the one that is under test.' }),
    client: z.record(z.string(), settingField).prefault({}).meta({
      description: 'librdkafka properties of the clients that coordinate, e.g. for SASL.',
    }),
    topicPrefix: checkedText(defaultPrefix, (prefix) =>
      /^[A-Za-z0-9._-]{1,140}$/.test(prefix)
        ? undefined
        : `must be made of letters, digits, ".", "_" and "-", but is "${prefix}"`,
    )
      .prefault(defaultPrefix)
      .meta({ description: "What the control topic's name starts with; the run's key follows." }),
    join: quantityField(durationQuantity, { above: '0s', most: '1d' })
      .prefault('2m')
      .meta({ description: 'How long shards wait for each other at the beginning.' }),
    silence: quantityField(durationQuantity, { least: '2s', most: '1h' })
      .prefault('10s')
      .meta({ description: 'How long a shard may be silent before it counts as dead.' }),
  }),
  ({ client }, report) => {
    if (!isMap(client)) return;
    for (const [name, value] of Object.entries(client)) {
      const problem = clientPropertyProblem(name, value);
      if (problem !== undefined) report(['client', name], problem.message, problem.hint, problem.atKey);
    }
  },
)
  .transform(({ bootstrap, client, topicPrefix, join, silence }): CoordinationPlan => ({
    bootstrap,
    client,
    topicPrefix,
    joinNs: join,
    silenceNs: silence,
  }))
  .prefault({})
  .meta({ description: 'How the machines of a run with shards find each other.' });
