import type { PhaseEstimate, PlanEstimate } from '../scenario/estimate.js';
import type { Plan } from '../scenario/plan.js';
import { tableText } from './table.js';
import { formatBytes, formatCount, formatSeconds } from './units.js';

/**
 * What a scenario would do, for a person to read: topics, messages, bytes, peak rate, time, memory and disk.
 *
 * @param plan - the scenario
 * @param estimate - what it comes to
 * @returns several lines
 */
export function planText(plan: Plan, estimate: PlanEstimate): string {
  const { reservoir, stream, replay, consumers } = plan;
  const rows = estimate.phases.map((phase) => [
    phase.name,
    messagesText(phase),
    phase.bytes === undefined ? '' : formatBytes(phase.bytes),
    timeText(phase),
    phase.peakPerSecond === undefined
      ? ''
      : `${formatCount(phase.peakPerSecond)}/s, ${gigabits(phase.peakBitsPerSecond)}`,
  ]);
  const atLeast = estimate.isLowerBound ? 'at least ' : '';
  const readers = consumers.groups.map(({ name, members }) => `${name} (${members})`).join(', ');
  return [
    `scenario   ${plan.name}${plan.variant === undefined ? '' : `, variant ${plan.variant}`}`,
    `cluster    ${plan.kafka.bootstrap}`,
    `reservoir  ${reservoir.topic}: ${formatCount(estimate.preloadMessages)} alerts, ${formatBytes(estimate.preloadBytes)}, ` +
      `${reservoir.partitions} partition(s), ${reservoir.workers} worker(s)`,
    `stream     ${stream.topic}: ${stream.partitions} partition(s), replication ${stream.replication}; it is made anew`,
    `lanes      ${replay.workers} worker(s) with ${replay.producersPerWorker} producer(s) each`,
    `consumers  ${readers === '' ? 'none' : readers}`,
    tableText(['phase', 'messages', 'bytes', 'time', 'peak'], rows),
    `in all     ${atLeast}${formatCount(estimate.messages)} messages, ${atLeast}${formatBytes(estimate.bytes)}, ` +
      `${formatSeconds(estimate.replayNs / 1e9)}, peak ${gigabits(estimate.peakBitsPerSecond)}`,
    `needs      ${formatBytes(estimate.memoryBytes)} of memory, ${atLeast}${formatBytes(estimate.diskBytes)} of disk`,
  ].join('\n');
}

function messagesText({ count, probes }: PhaseEstimate): string {
  if (probes !== undefined) return `a search: about ${probes.usual} probes, at most ${probes.most}`;
  return count === undefined ? 'as many as it can' : formatCount(count);
}

function timeText({ durationNs, probes }: PhaseEstimate): string {
  const longest = formatSeconds(durationNs / 1e9);
  if (probes === undefined) return longest;
  return `about ${formatSeconds((durationNs / 1e9) * (probes.usual / probes.most))}, at most ${longest}`;
}

function gigabits(bitsPerSecond: number | undefined): string {
  return bitsPerSecond === undefined ? 'without limit' : `${(bitsPerSecond / 1e9).toFixed(3)} Gb/s`;
}
