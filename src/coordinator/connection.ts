import type { ConnectionOptions } from '../kafka/settings.js';
import type { Plan } from '../scenario/plan.js';

/**
 * How a scenario's clients reach the cluster.
 *
 * @param plan - the scenario
 * @returns the connection
 */
export function clusterOf({ kafka }: Plan): ConnectionOptions {
  return { bootstrap: kafka.bootstrap, properties: kafka.client };
}
