import { withoutProducerSettings, type ConnectionOptions } from '../kafka/settings.js';
import type { Plan } from '../scenario/plan.js';

/**
 * The connection of a preload: the scenario's client properties, without those of the stream's producers. A
 * reservoir must be complete whatever `acks` or time-outs a scenario tries.
 */
export function preloadClusterOf({ kafka }: Plan): ConnectionOptions {
  return { bootstrap: kafka.bootstrap, properties: withoutProducerSettings(kafka.client) };
}

/** The connection of a scenario's clients. */
export function clusterOf({ kafka }: Plan): ConnectionOptions {
  return { bootstrap: kafka.bootstrap, properties: kafka.client };
}
