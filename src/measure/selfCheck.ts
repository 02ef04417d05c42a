import type { SelfCheckFinding } from './summary.js';

/** What is known of one lane in one phase, for the self-check. */
export interface LaneHealth {
  /** The worker. */
  readonly worker: string;
  /** 99th percentile of its event loop's delay, the worst second, microseconds. */
  readonly eventLoopDelayP99Us: number;
  /** Share of the phase in which librdkafka's queue was full, 0 to 1: the broker pushed back. */
  readonly queueFullShare: number;
  /** Share of the time in which its event loop was busy, 0 to 1. */
  readonly eventLoopUtilization: number;
}

/** What is known of one phase, for the self-check. */
export interface PhaseHealth {
  /** The phase. */
  readonly phase: string;
  /** 99th percentile of the schedule lag, microseconds; null without a schedule, or where nothing was sent. */
  readonly scheduleLagP99Us: number | null;
  /** Messages that were due. */
  readonly scheduled: number;
  /** Messages that were sent. */
  readonly sent: number;
  /** The lanes. */
  readonly lanes: readonly LaneHealth[];
}

/** From where on the harness was the limit. */
export interface SelfCheckLimits {
  /** The 99th percentile of the schedule lag must stay at or below this, microseconds. */
  readonly scheduleLagP99Us: number;
  /** The 99th percentile of each event loop's delay must stay at or below this, microseconds. */
  readonly eventLoopDelayP99Us: number;
}

/** With librdkafka's queue full for more than this share of a phase, lateness is the broker's. */
const pushedBackShare = 0.01;

/**
 * Was the harness itself the limit?
 *
 * Lateness alone does not tell: when librdkafka's queue is full, it is the broker that does not keep up, and the lag
 * is a true figure. Lateness without a full queue is the harness's own, and the run proves nothing about the broker.
 *
 * @param phases - what is known of the measured phases
 * @param limits - from where on
 * @returns what was found, a sentence each
 */
export function selfCheck(phases: readonly PhaseHealth[], limits: SelfCheckLimits): SelfCheckFinding[] {
  const findings: SelfCheckFinding[] = [];
  for (const { phase, scheduleLagP99Us, scheduled, sent, lanes } of phases) {
    const pushedBack = Math.max(0, ...lanes.map(({ queueFullShare }) => queueFullShare));
    const brokerWasLimit = pushedBack > pushedBackShare;
    if (brokerWasLimit) {
      findings.push({
        invalidates: false,
        text: `phase ${phase}: the client's queue was full for ${percent(pushedBack)} of the time: the broker did not keep up`,
      });
    }
    // A phase that sent nothing of what was due has no lag, and is the worst of all.
    if (sent < scheduled && !brokerWasLimit) {
      findings.push({
        invalidates: true,
        text: `phase ${phase}: ${scheduled - sent} of ${scheduled} messages were not sent in time, and the broker was not the reason`,
      });
    }
    if (scheduleLagP99Us === null) continue;
    if (scheduleLagP99Us > limits.scheduleLagP99Us) {
      findings.push({
        invalidates: !brokerWasLimit,
        text: `phase ${phase}: 1 % of the messages were handed over ${ms(scheduleLagP99Us)} or more after they were due (limit ${ms(limits.scheduleLagP99Us)})`,
      });
    }
    for (const { worker, eventLoopDelayP99Us } of lanes) {
      if (eventLoopDelayP99Us <= limits.eventLoopDelayP99Us) continue;
      findings.push({
        // A blocked loop that made no message late did no harm.
        invalidates: scheduleLagP99Us > limits.scheduleLagP99Us && !brokerWasLimit,
        text: `phase ${phase}: the event loop of ${worker} was blocked for ${ms(eventLoopDelayP99Us)} at times (limit ${ms(limits.eventLoopDelayP99Us)})`,
      });
    }
  }
  return findings;
}

function ms(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(1)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
