import type { VisitsPacing, VisitSize } from './pacing.js';
import { seededRandom } from './random.js';
import type { Schedule } from './timetable.js';

/**
 * Visits: every cadence an exposure, whose alerts go out within the burst time, one burst a detector. The bursts of a
 * visit begin evenly spread over the burst time, and the alerts of a detector are due together, at its burst:
 * that is how Rubin's pipeline sends them (DMTN-149: 189 bursts within about 3 s).
 *
 * @param pacing - the rule
 * @returns the schedule
 */
export function visitsSchedule(pacing: VisitsPacing): Schedule {
  const { cadenceNs, burstNs, detectors, visits, seed } = pacing;
  const sizes = visitSizes(pacing.size, visits, seed);
  /** The index of each visit's first alert, and after the last the count of all. */
  const firsts = new Float64Array(visits + 1);
  for (let visit = 0; visit < visits; visit += 1) {
    firsts[visit + 1] = (firsts[visit] ?? 0) + (sizes[visit] ?? 0);
  }
  const visitOf = (index: number): number => {
    let low = 0;
    let high = visits - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((firsts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    count: firsts[visits] ?? 0,
    durationNs: visits * cadenceNs,
    dueNs: (index) => {
      const visit = visitOf(index);
      const within = index - (firsts[visit] ?? 0);
      const detector = Math.floor((within * detectors) / (sizes[visit] ?? 1));
      return visit * cadenceNs + (detector * burstNs) / detectors;
    },
    targetPerSecondAt: (tNs) => {
      const visit = Math.floor(tNs / cadenceNs);
      return tNs - visit * cadenceNs < burstNs ? ((sizes[visit] ?? 0) * 1e9) / Math.max(1, burstNs) : 0;
    },
  };
}

/**
 * How many alerts each visit has.
 *
 * @param size - the rule
 * @param visits - how many visits
 * @param seed - decides what is drawn
 * @returns one number a visit, 1 or more
 */
export function visitSizes(size: VisitSize, visits: number, seed: number): number[] {
  if (size.kind === 'fixed') return Array.from({ length: visits }, () => size.alerts);
  const random = seededRandom(seed);
  // Of a log-normal with mean m and relative spread s, the logarithm has variance ln(1 + s²) and mean ln m − σ²/2.
  const variance = Math.log(1 + size.relativeSpread ** 2);
  const mean = Math.log(size.meanAlerts) - variance / 2;
  return Array.from({ length: visits }, () => {
    const peak = random() < size.peakFraction;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const drawn = Math.exp(mean + Math.sqrt(variance) * normal);
    return Math.max(1, Math.round(peak ? size.peakAlerts : drawn));
  });
}
