import type { Plan } from '../scenario/plan.js';

/**
 * The id of a consumer group in a run: a new one for each run, so that it reads from the stream's beginning:
 * `rubin-alert-sim-group-1-3194201907`.
 *
 * @param name - the group's name in the scenario
 */
export function groupId({ consumers }: Pick<Plan, 'consumers'>, name: string, run: number): string {
  const prefix = /[-._]$/.test(consumers.groupPrefix) ? consumers.groupPrefix : `${consumers.groupPrefix}-`;
  return `${prefix}${name}-${run}`;
}
