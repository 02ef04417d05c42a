import { probesOf } from './limitSearch.js';
import type { MaxPacing, Pacing, ScheduledPacing } from './pacing.js';
import { visitsPeakPerSecond } from './peak.js';
import { passLengthUs } from './recorded.js';
import { scheduleOf } from './schedule.js';

/** How many messages a phase sends, how long it takes, and how fast it is at most. */
export interface PacingFigures {
  /** Messages; undefined where it sends as many as it can. */
  readonly count: number | undefined;
  /** How long, nanoseconds. */
  readonly durationNs: number;
  /**
   * The time in which its messages are due, nanoseconds: less than `durationNs` for visits, of which the last one has no
   * alerts after its burst.
   */
  readonly dueNs: number;
  /**
   * The highest rate over a second, messages per second; the mean for recorded pacing, whose times are not known before
   * they are read; undefined where nothing limits it.
   */
  readonly peakPerSecond: number | undefined;
  /** How many probes a search takes at most, and about how many as a rule; undefined for other phases. */
  readonly probes?: { readonly most: number; readonly usual: number } | undefined;
}

/** What recorded pacing takes its times from. */
export interface RecordedFacts {
  /** How many alerts the reservoir has. */
  readonly alerts: number;
  /** Microseconds from its first to its last alert. */
  readonly spanUs: number;
}

const nsPerSecond = 1e9;

/**
 * The figures of a pacing rule.
 *
 * @param pacing - the rule
 * @param recorded - the reservoir, for recorded pacing
 * @returns messages, duration, peak
 */
export function figuresOf(pacing: Pacing, recorded: RecordedFacts): PacingFigures {
  if (pacing.kind === 'recorded') {
    const { passes, speed } = pacing;
    const durationNs = ((recorded.spanUs + (passes - 1) * passLengthUs(recorded.spanUs)) * 1000) / speed;
    const count = recorded.alerts * passes;
    // Within the recorded times nothing is known before they are read: the mean stands for the peak.
    const peakPerSecond = (count * nsPerSecond) / Math.max(durationNs, nsPerSecond);
    return { count, durationNs, dueNs: durationNs, peakPerSecond };
  }
  if (pacing.kind === 'max') {
    const { durationNs } = pacing;
    return { count: undefined, durationNs, dueNs: durationNs, peakPerSecond: undefined };
  }
  if (pacing.kind === 'search') {
    const probes = probesOf(pacing);
    const durationNs = probes.most * (pacing.settleNs + pacing.holdNs);
    return { count: undefined, durationNs, dueNs: durationNs, peakPerSecond: pacing.toPerSecond, probes };
  }
  const { count, durationNs } = scheduleOf(pacing);
  const dueNs =
    pacing.kind === 'visits' ? (pacing.visits - 1) * pacing.cadenceNs + pacing.burstNs : durationNs;
  return { count, durationNs, dueNs, peakPerSecond: peakOf(pacing) };
}

/**
 * The rule of a warm-up: the rate at which the first phase begins, so that the first measured second finds caches,
 * connections and compilers as the seconds after it do.
 *
 * @param first - the rule of the first phase
 * @param durationNs - how long the warm-up takes, nanoseconds
 * @param recorded - the reservoir, for recorded pacing
 * @returns the rule
 */
export function warmupPacing(first: Pacing, durationNs: number, recorded: RecordedFacts): Pacing {
  if (first.kind === 'max') return { kind: 'max', durationNs };
  const figures = figuresOf(first, recorded);
  const mean = ((figures.count ?? 0) * nsPerSecond) / Math.max(figures.durationNs, nsPerSecond);
  const begin = 'fromPerSecond' in first ? first.fromPerSecond : mean;
  return { kind: 'constant', ratePerSecond: Math.max(1, begin), durationNs };
}

/** The highest rate over a second of a rule that has one. */
function peakOf(pacing: Exclude<ScheduledPacing, MaxPacing>): number {
  switch (pacing.kind) {
    case 'constant':
      return pacing.ratePerSecond;
    case 'ramp':
    case 'stairs':
      return Math.max(pacing.fromPerSecond, pacing.toPerSecond);
    case 'visits':
      return visitsPeakPerSecond(pacing);
  }
}
