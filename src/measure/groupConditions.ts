import type { ExpectationResult, LatencySummary } from '../results/values.js';
import { judged, type Condition } from './checkCondition.js';
import type { GroupFigures } from './groupFigures.js';

/** Checks a condition on a group. One that saw no sample fails. */
export function checkGroupCondition(
  condition: Condition,
  group: GroupFigures | undefined,
  name: string,
): ExpectationResult {
  const actual = group === undefined ? null : valueOf(condition.metric, condition.unit, group);
  return judged(condition, actual, { kind: 'group', name });
}

function valueOf(metric: string, unit: Condition['unit'], group: GroupFigures): number | null {
  if (metric === 'lag') return unit === 'count' ? group.lagMessages : group.lagUs;
  if (metric === 'drain.max') return group.drainUs;
  if (metric === 'committedWithin60s') return group.committedWithin60s ?? null;
  const [name, statistic] = metric.split('.');
  const summary = name === 'endToEnd' ? group.endToEnd : group.commitLatency;
  return summary?.[statistic as keyof LatencySummary] ?? null;
}
