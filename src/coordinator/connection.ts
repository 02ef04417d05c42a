import { withoutProducerSettings, type ConnectionOptions } from '../kafka/settings.js';
import type { Plan } from '../scenario/plan.js';

/**
 * How a preload reaches the cluster: the scenario's client properties, without those that say how its stream is
 * produced. A reservoir is to be whole whatever `acks` or time-outs a scenario tries.
 *
 * @param plan - the scenario
 * @returns the connection
 */
export function preloadClusterOf({ kafka }: Plan): ConnectionOptions {
  return { bootstrap: kafka.bootstrap, properties: withoutProducerSettings(kafka.client) };
}

/**
 * How a scenario's clients reach the cluster.
 *
 * @param plan - the scenario
 * @returns the connection
 */
export function clusterOf({ kafka }: Plan): ConnectionOptions {
  return { bootstrap: kafka.bootstrap, properties: kafka.client };
}
