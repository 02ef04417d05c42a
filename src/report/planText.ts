import type { Lack, LeftOut, PhaseEstimate, PlanEstimate, PlanWarning } from '../scenario/planEstimate.js';
import { aheadOf, type ConsumerGroupPlan, type Plan } from '../scenario/plan.js';
import { formatBytes, formatCount, formatSeconds, tableText } from './format.js';

/** What a scenario would do, in words: topics, messages, bytes, peak rate, time, memory and disk. */
export function planText(plan: Plan, estimate: PlanEstimate): string {
  const { reservoir, stream, replay, consumers } = plan;
  const rows = estimate.phases.map((phase) => [
    phase.name,
    messagesText(phase),
    phase.bytes === undefined ? '' : formatBytes(phase.bytes),
    timeText(phase),
    phase.peakPerSecond === undefined
      ? ''
      : `${rateText(phase.peakPerSecond)}${isRecorded(plan, phase) ? ' on average' : ''}, ${gigabits(phase.peakBitsPerSecond)}`,
  ]);
  const atLeast = estimate.isLowerBound ? 'at least ' : '';
  const readers = consumers.groups.map(groupText).join(', ');
  return [
    `scenario   ${plan.name}${plan.variant === undefined ? '' : `, variant ${plan.variant}`}`,
    `cluster    ${plan.kafka.bootstrap}`,
    aheadOf(plan.alerts) === undefined
      ? `reservoir  ${reservoir.topic}: ${formatCount(estimate.preloadMessages)} alerts, ${formatBytes(estimate.preloadBytes)}, ` +
        `${reservoir.partitions} partition(s), ${reservoir.workers} worker(s)`
      : 'reservoir  none: alerts are made while they are sent',
    `stream     ${stream.topic}: ${streamText(stream)}`,
    `producers  ${replay.workers} worker(s) with ${replay.producersPerWorker} producer(s) each`,
    `consumers  ${readers === '' ? 'none' : readers}`,
    tableText(['phase', 'messages', 'bytes', 'time', 'peak'], rows),
    `in all     ${atLeast}${formatCount(estimate.messages)} messages, ${atLeast}${formatBytes(estimate.bytes)}, ` +
      `${formatSeconds(estimate.replayNs / 1e9)}, peak ${gigabits(estimate.peakBitsPerSecond)}`,
    `takes      about ${formatSeconds(estimate.wholeNs / 1e9)} with preloading and all else`,
    `needs      ${formatBytes(estimate.memoryBytes)} of memory, ${atLeast}${formatBytes(estimate.diskBytes)} of disk`,
  ].join('\n');
}

/** A problem of a plan as a sentence, with the fix. */
export function planWarningText({ alerts }: Plan, warning: PlanWarning): string {
  const where =
    alerts.kind === 'file' ? alerts.files.join(', ') : alerts.kind === 'topic' ? alerts.topic : 'the alerts';
  switch (warning.kind) {
    case 'disorder':
      return `${where}: ${disorderText(warning, warning.of)}`;
    case 'leftOut':
      return leftOutLines(warning.leftOut).join('\n');
    case 'gap':
      return (
        `${where}: nothing is sent for ${formatSeconds(warning.us / 1e6 / warning.speed)} before alert ` +
        `${formatCount(warning.beforeIndex + 1)}, as it was recorded: raise speed, or leave out the alerts on one side`
      );
  }
}

/** What was left out of the alerts, in lines; none where that is nothing. */
export function leftOutLines(leftOut: LeftOut): readonly string[] {
  const { invalidAlerts, invalidStretches, firstInvalid, passedOver, firstPassedOver } = leftOut;
  const invalid = [
    ...(invalidAlerts === 0 ? [] : [counted(invalidAlerts, 'invalid alert')]),
    ...(invalidStretches === 0 ? [] : [counted(invalidStretches, 'damaged stretch', 'damaged stretches')]),
  ];
  const lines = (first: readonly string[], all: number): readonly string[] => [
    ...first.map((line) => `  ${line}`),
    ...(all > first.length ? [`  and ${formatCount(all - first.length)} more`] : []),
  ];
  return [
    ...(invalid.length === 0 ? [] : [`left out ${invalid.join(' and ')}:`, ...lines(firstInvalid, 0)]),
    ...(passedOver === 0
      ? []
      : [
          `passed over ${counted(passedOver, 'file')} that ${passedOver === 1 ? 'is' : 'are'} not alerts:`,
          ...lines(firstPassedOver, passedOver),
        ]),
  ];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/**
 * A sentence about alerts out of time order, with its effect and the fix.
 *
 * @param of - how many alerts there are in all
 */
export function disorderText(
  { alerts, firstIndex, firstBehindUs }: Omit<Extract<PlanWarning, { kind: 'disorder' }>, 'kind' | 'of'>,
  of: number,
): string {
  return (
    `${formatCount(alerts)} of ${formatCount(of)} alerts were recorded before one ahead of them in the file, first alert ` +
    `${formatCount(firstIndex + 1)}, by ${formatSeconds(firstBehindUs / 1e6)}: at the recorded pace they are late from the ` +
    'start and sent in one clump; leave out keepOrder (--keep-order), or send them at a rate'
  );
}

/** A rate below 100/s with a digit after the point. */
function rateText(perSecond: number): string {
  return `${perSecond < 100 ? Number(perSecond.toFixed(1)) : formatCount(perSecond)}/s`;
}

function isRecorded({ replay }: Plan, { name }: PhaseEstimate): boolean {
  return replay.phases.some((phase) => phase.name === name && phase.pacing.kind === 'recorded');
}

/** A sentence about a resource that the machine is short of, with the fix. */
export function lackText(lack: Lack): string {
  const needed = formatBytes(lack.neededBytes);
  const free = formatBytes(lack.freeBytes);
  if (lack.kind === 'memory') {
    return (
      `the workers may need ${needed} of memory, but ${free} are available; ` +
      'lower replay.workers, replay.prefetch or kafka.client.queue.buffering.max.kbytes'
    );
  }
  const { uses, path, isLowerBound } = lack;
  const what = uses.map((use) => (use === 'topics' ? 'the two topics' : 'the run folder')).join(' and ');
  const fix = uses.includes('topics')
    ? 'shorten the phases, lower the rates, send smaller alerts, or start the broker on another disk with ' +
      'broker up --data'
    : 'name a folder on another disk with --out';
  const verb = uses.includes('topics') ? 'need' : 'needs';
  return `${what} ${verb} ${isLowerBound ? 'at least ' : ''}${needed}, but the disk of ${path} has ${free} free; ${fix}`;
}

/** A group of consumers: `fast (2)`, `mine (lasair-test, external)`. */
export function groupText(group: ConsumerGroupPlan): string {
  switch (group.kind) {
    case 'external':
      return `${group.name} (${group.groupId}, external)`;
    case 'command':
      return `${group.name} (${group.members} × ${group.command})`;
    // Plans of version 0.1.0 have no kinds.
    default:
      return `${group.name} (${group.members})`;
  }
}

function streamText({ existing, partitions, replication }: Plan['stream']): string {
  if (existing) return 'it is used as it is';
  const replicas = replication < 1 ? "the cluster's own replication" : `replication ${replication}`;
  return `${partitions} partition(s), ${replicas}; it is made anew`;
}

function messagesText({ count, probes }: PhaseEstimate): string {
  if (probes !== undefined) return `a search: about ${probes.usual} probes, at most ${probes.most}`;
  return count === undefined ? 'unbounded' : formatCount(count);
}

function timeText({ durationNs, probes }: PhaseEstimate): string {
  const longest = formatSeconds(durationNs / 1e9);
  if (probes === undefined) return longest;
  return `about ${formatSeconds((durationNs / 1e9) * (probes.usual / probes.most))}, at most ${longest}`;
}

function gigabits(bitsPerSecond: number | undefined): string {
  return bitsPerSecond === undefined ? 'without limit' : `${(bitsPerSecond / 1e9).toFixed(3)} Gb/s`;
}
