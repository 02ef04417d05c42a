import { detectorStarts } from './detectors.js';
import type { VisitsPacing, VisitSize } from './pacing.js';
import { purposes, seededRandom, standardNormal } from '../random.js';
import { lastNotAbove } from './lastNotAbove.js';
import type { Schedule } from './timetable.js';

/**
 * Visits: every cadence an exposure, whose alerts go out within the burst time, one burst per detector. The
 * bursts of a visit begin evenly spread over the burst time, and the alerts of a detector are due together,
 * at its burst: the pattern that DMTN-149 gives for Rubin, 189 bursts of 10 to 200 alerts over 3 s. The rate
 * is that of the visit over the burst time, not that of single bursts.
 */
export function visitsSchedule(pacing: VisitsPacing): Schedule {
  const { cadenceNs, burstNs, detectors, visits, seed } = pacing;
  const starts = detectorStarts(detectors, seed);
  /** After the visit's start, of a part of its alerts. */
  const burstDueNs = (part: number): number => (lastNotAbove(starts, part) * burstNs) / detectors;
  const { size } = pacing;
  if (size.kind === 'fixed') {
    const { alerts } = size;
    return {
      // Infinity for visits without end.
      count: visits * alerts,
      durationNs: visits * cadenceNs,
      dueNs: (index) => {
        const visit = Math.floor(index / alerts);
        return visit * cadenceNs + burstDueNs((index - visit * alerts) / alerts);
      },
      targetPerSecondAt: (tNs) =>
        tNs >= 0 && tNs < visits * cadenceNs && tNs % cadenceNs < burstNs
          ? (alerts * 1e9) / Math.max(1, burstNs)
          : 0,
    };
  }
  const sizes = visitSizes(size, visits, seed);
  /** The index of each visit's first alert. */
  const firsts = new Float64Array(visits);
  let count = 0;
  sizes.forEach((alerts, visit) => {
    firsts[visit] = count;
    count += alerts;
  });
  return {
    count,
    durationNs: visits * cadenceNs,
    dueNs: (index) => {
      const visit = lastNotAbove(firsts, index);
      const part = (index - (firsts[visit] ?? 0)) / (sizes[visit] ?? 1);
      return visit * cadenceNs + burstDueNs(part);
    },
    targetPerSecondAt: (tNs) => {
      const visit = Math.floor(tNs / cadenceNs);
      return tNs - visit * cadenceNs < burstNs ? ((sizes[visit] ?? 0) * 1e9) / Math.max(1, burstNs) : 0;
    },
  };
}

/** Each visit of a phase: its alerts, and when its first and its last one are due after the phase's start. */
export function visitsOf(pacing: VisitsPacing): readonly {
  readonly alerts: number;
  readonly dueNs: number;
  readonly lastDueNs: number;
}[] {
  const { dueNs } = visitsSchedule(pacing);
  let first = 0;
  return visitSizes(pacing.size, pacing.visits, pacing.seed).map((alerts) => {
    const visit = { alerts, dueNs: dueNs(first), lastDueNs: dueNs(first + alerts - 1) };
    first += alerts;
    return visit;
  });
}

/** The number of alerts of each visit, 1 or more. */
export function visitSizes(size: VisitSize, visits: number, seed: number): number[] {
  if (size.kind === 'fixed') return Array.from({ length: visits }, () => size.alerts);
  const random = seededRandom(seed, purposes.visitSizes);
  // The logarithm of a log-normal with mean m and relative spread s has variance ln(1 + s²) and mean ln m −
  // σ²/2.
  const variance = Math.log(1 + size.relativeSpread ** 2);
  const mean = Math.log(size.meanAlerts) - variance / 2;
  return Array.from({ length: visits }, () => {
    const peak = random() < size.peakFraction;
    const drawn = Math.exp(mean + Math.sqrt(variance) * standardNormal(random));
    return Math.max(1, Math.round(peak ? size.peakAlerts : drawn));
  });
}
