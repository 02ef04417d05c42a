import type { GroupSummary, RunSummary } from '../measure/summary.js';
import { formatMicroseconds } from '../report/format.js';

/** The name of a group in the scenario; its id in runs of version 0.1.0. */
export function groupName({ name, group }: GroupSummary): string {
  return name ?? group;
}

/**
 * How long it took until consumers read, as `12.3 ms`; with several groups that of each, as `fast 12.3 ms,
 * slow 4.20 s`, because a slow one would hide the others. Undefined where nothing was read.
 *
 * @param phase - undefined for all measured ones
 */
export function endToEndText(
  { groups, latency, phases }: RunSummary,
  phase: string | undefined,
  statistic: 'p50' | 'p99',
): string | undefined {
  const texts = groups.flatMap((group) => {
    const own =
      phase === undefined ? group.latency : group.phases?.find(({ name }) => name === phase)?.latency;
    const value = own?.endToEnd[statistic] ?? null;
    return value === null ? [] : [`${groupName(group)} ${formatMicroseconds(value)}`];
  });
  if (groups.length > 1 && texts.length > 0) return texts.join(', ');
  const all = phase === undefined ? latency : phases.find(({ name }) => name === phase)?.latency;
  const value = all?.endToEnd[statistic] ?? null;
  return value === null ? undefined : formatMicroseconds(value);
}
