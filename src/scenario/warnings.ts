import type { Fault } from './faults.js';
import type { Plan } from './plan.js';
import type { Path, Source } from './source.js';

/** What is legal in a plan and probably not intended. */
export function warningsOf(plan: Plan, source: Source): Fault[] {
  const warnings: Fault[] = [];
  const warn = (path: Path, message: string): void => {
    warnings.push({ ...source.places.ofValue(path), message });
  };
  plan.replay.phases.forEach(({ name, pacing }, index) => {
    if (pacing.kind !== 'recorded' || !pacing.rewrite || pacing.passes > 1) return;
    warn(['replay', 'phases', index, 'rewrite'], `the phase ${name} has one pass only: nothing is rewritten`);
  });
  for (const group of plan.consumers.groups) {
    if (!plan.stream.existing && group.members > plan.stream.partitions) {
      warn(
        ['consumers'],
        `the group ${group.name} has ${group.members} members for ${plan.stream.partitions} partitions: the others idle`,
      );
    }
  }
  const { deadlineNs } = plan.limits;
  const plannedNs = plan.replay.phases.reduce(
    (sum, { pacing }) => sum + ('durationNs' in pacing ? pacing.durationNs : 0),
    plan.replay.warmupNs,
  );
  if (deadlineNs !== undefined && deadlineNs < plannedNs) {
    warn(['limits', 'deadline'], 'the deadline is shorter than the phases take: the run will be cut off');
  }
  return warnings;
}
