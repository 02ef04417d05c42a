import type { HarnessFinding, LatenessReason } from '../results/findings.js';
import type { LatencySummary } from '../results/values.js';

/** One sending worker in one phase, for the self-check. */
export interface ProducerHealth {
  readonly worker: string;
  /** 99th percentile of its event loop's delay in the worst second. */
  readonly eventLoopDelayP99Us: number;
  /** Share of the phase in which librdkafka's queue was full, 0 to 1: the broker pushed back. */
  readonly queueFullShare: number;
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

/** With librdkafka's queue full for a larger share of a phase, lateness is the broker's. */
const pushedBackShare = 0.01;

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
  if (pushedBack(producers) > pushedBackShare) return 'pushedBack';
  if (late < enoughLate && late < count / 2) return 'fewMessages';
  if (outageShare > 0 && late <= (allowedLateShare + outageShare) * count) return 'outage';
  const isMaterial = comparedPercentiles.some((percentile) => {
    const lagUs = scheduleLag[percentile] ?? 0;
    return lagUs > limitUs && lagUs > materialShare * (response[percentile] ?? 0);
  });
  return isMaterial ? 'harness' : 'immaterial';
}

function queueFindings({ phase, producers }: PhaseHealth): HarnessFinding[] {
  const share = pushedBack(producers);
  return share > pushedBackShare ? [{ kind: 'clientQueueFull', phase, invalidates: false, share }] : [];
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
