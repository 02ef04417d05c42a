import type { HarnessFinding, LatenessReason } from '../results/findings.js';
import type { ExpectationResult, LatencySummary } from '../results/values.js';
import { holds } from './checkCondition.js';

/** One sending worker in one phase, for the self-check. */
export interface ProducerHealth {
  readonly worker: string;
  /** 99th percentile of its event loop's delay in the worst second. */
  readonly eventLoopDelayP99Us: number;
  /** Share of the phase in which librdkafka's queue was full, 0 to 1: the broker pushed back. */
  readonly queueFullShare: number;
  /** The same as a time: no message can be later than that because of the broker. */
  readonly queueFullSeconds: number;
  /** Share of the phase in which an alert was due, and not made or read yet, 0 to 1. */
  readonly awaitedShare?: number | undefined;
  /** 0 to 1. */
  readonly eventLoopUtilization: number;
}

/** One phase, for the self-check. */
export interface PhaseHealth {
  readonly phase: string;
  /** Without values where there is no schedule, or nothing was sent. */
  readonly scheduleLag: LatencySummary;
  readonly response: LatencySummary;
  /** Messages that were handed over later than the limit for the schedule lag. */
  readonly late: number;
  readonly scheduled: number;
  readonly sent: number;
  /** Share of the phase in which the broker acknowledged nothing, or had not recovered from that, 0 to 1. */
  readonly outageShare: number;
  /**
   * Whether the load ended before its schedule: by a signal, a deadline, or a worker's or the broker's
   * failure.
   */
  readonly endedEarly: boolean;
  readonly producers: readonly ProducerHealth[];
}

/** Beyond these the load generator was the limit. */
export interface SelfCheckLimits {
  /** Inclusive limit of the 99th percentile of the schedule lag. */
  readonly scheduleLagP99Us: number;
  /** Inclusive limit of the 99th percentile of each event loop's delay. */
  readonly eventLoopDelayP99Us: number;
}

/** With librdkafka's queue full for a larger share of a phase, the broker pushed back. */
const pushedBackShare = 0.01;

/** Alerts that are waited for during a larger share of a phase are worth a word. */
const awaitedLimit = 0.01;

/** Fewer late messages say nothing of a 99th percentile, unless they are half of all. */
const enoughLate = 10;

/**
 * A lag up to this part of the response time at the same percentile changes no conclusion about the broker.
 */
const materialShare = 0.1;

/** A 99th percentile allows this share of messages to be late. */
const allowedLateShare = 0.01;

/** Percentiles at which lag and response are compared. */
const comparedPercentiles = ['p50', 'p90', 'p99'] as const;

/** Whether the load generator itself was the limit. See ADR 0013 for the rules and their reasons. */
export function selfCheck(phases: readonly PhaseHealth[], limits: SelfCheckLimits): HarnessFinding[] {
  return phases.flatMap((health) => [
    ...queueFindings(health),
    ...awaitedFindings(health),
    ...unsentFindings(health),
    ...latenessFindings(health, limits),
  ]);
}

/** Why messages were handed over late; undefined where the limit was kept. */
export function latenessOf(
  { scheduleLag, response, late, outageShare, producers }: Omit<PhaseHealth, 'phase' | 'endedEarly'>,
  limitUs: number,
): LatenessReason | undefined {
  const { count } = scheduleLag;
  if (scheduleLag.p99 === null || scheduleLag.p99 <= limitUs) return undefined;
  const pushedBackUs = 1e6 * Math.max(0, ...producers.map(({ queueFullSeconds }) => queueFullSeconds));
  if (pushedBack(producers) > pushedBackShare && scheduleLag.p99 <= limitUs + pushedBackUs)
    return 'pushedBack';
  if (late < enoughLate && late < count / 2) return 'fewMessages';
  if (outageShare > 0 && late <= (allowedLateShare + outageShare) * count) return 'outage';
  const isMaterial = comparedPercentiles.some((percentile) => {
    const lagUs = scheduleLag[percentile] ?? 0;
    return lagUs > limitUs && lagUs > materialShare * (response[percentile] ?? 0);
  });
  return isMaterial ? 'harness' : 'immaterial';
}

/**
 * The self-check of a run that is about consumers: a late load generator makes it inconclusive only where it
 * may be why something did not hold that the scenario asks for. Consumers' times are measured from due times,
 * so whatever holds, holds all the more for a load generator in time.
 *
 * @param missed - expectations that did not hold
 * @param longestLagUs - the longest schedule lag of a phase
 */
export function selfCheckForConsumers(
  findings: readonly HarnessFinding[],
  missed: readonly ExpectationResult[],
  longestLagUs: (phase: string) => number,
): HarnessFinding[] {
  return findings.map((finding) => {
    if (finding.kind !== 'lateHarness' && finding.kind !== 'blockedEventLoop') return finding;
    const { phase } = finding;
    if (!finding.invalidates || missed.some((one) => mayBeLateness(one, phase, longestLagUs(phase))))
      return finding;
    return {
      ...finding,
      invalidates: false,
      ...(finding.kind === 'lateHarness' ? { because: 'irrelevant' } : {}),
    };
  });
}

/** A share of alerts is one within this time. */
const withinUs = 60e6;

/** Whether an expectation might have held if no message of a phase had been late. */
function mayBeLateness(
  { scope, metric, operator, limit, unit, actual }: ExpectationResult,
  phase: string,
  lagUs: number,
): boolean {
  if (actual === null || (scope.kind === 'phase' && scope.name !== phase)) return false;
  switch (unit) {
    case 'microseconds':
      return holds(actual - lagUs, operator, limit);
    case 'perSecond':
    case 'bytesPerSecond':
      return true;
    case 'fraction':
      return metric === 'achievedRate' || lagUs > materialShare * withinUs;
    case 'count':
      return metric === 'unsent';
    case 'cores':
      return false;
  }
}

function queueFindings({ phase, producers }: PhaseHealth): HarnessFinding[] {
  const share = pushedBack(producers);
  return share > pushedBackShare ? [{ kind: 'clientQueueFull', phase, invalidates: false, share }] : [];
}

function awaitedFindings({ phase, producers }: PhaseHealth): HarnessFinding[] {
  const share = Math.max(0, ...producers.map(({ awaitedShare = 0 }) => awaitedShare));
  return share > awaitedLimit ? [{ kind: 'alertsAwaited', phase, invalidates: false, share }] : [];
}

/** A phase that sent nothing of what was due has no lag, and is the worst of all. */
function unsentFindings({ phase, sent, scheduled, endedEarly, producers }: PhaseHealth): HarnessFinding[] {
  if (sent >= scheduled || endedEarly || pushedBack(producers) > pushedBackShare) return [];
  return [{ kind: 'unsentMessages', phase, invalidates: true, unsent: scheduled - sent, scheduled }];
}

function latenessFindings(health: PhaseHealth, limits: SelfCheckLimits): HarnessFinding[] {
  const { phase, scheduleLag, response, late, producers } = health;
  if (scheduleLag.p99 === null) return [];
  const because = latenessOf(health, limits.scheduleLagP99Us);
  // A blocked loop that made no message late did no harm.
  const invalidates = because === 'harness';
  const blocked = producers
    .filter(({ eventLoopDelayP99Us }) => eventLoopDelayP99Us > limits.eventLoopDelayP99Us)
    .map(({ worker, eventLoopDelayP99Us: delayP99Us }): HarnessFinding => {
      const limitUs = limits.eventLoopDelayP99Us;
      return { kind: 'blockedEventLoop', phase, invalidates, worker, delayP99Us, limitUs };
    });
  if (because === undefined) return blocked;
  return [
    {
      kind: 'lateHarness',
      ...{ phase, invalidates, because, late },
      lagP99Us: scheduleLag.p99,
      limitUs: limits.scheduleLagP99Us,
      responseP99Us: response.p99,
      messages: scheduleLag.count,
    },
    ...blocked,
  ];
}

function pushedBack(producers: readonly ProducerHealth[]): number {
  return Math.max(0, ...producers.map(({ queueFullShare }) => queueFullShare));
}
