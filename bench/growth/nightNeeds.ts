import { costOf, type CostModel } from './costModel.js';
import type { GrowthLoad } from './load.js';

/** The cost models of the harness and its broker. */
export interface Models {
  /** Processor time, cores. */
  readonly harness: CostModel;
  /** Processor time, cores. */
  readonly broker: CostModel;
  /** Resident memory of the harness, MB. */
  readonly memory: CostModel;
}

/**
 * Rubin's nights, from its own documents (DMTN-102, DMTN-149): the mean, not the peak of 40,000 alerts a
 * visit.
 */
export const rubinNight = {
  visits: 1000,
  visitSeconds: 37,
  burstSeconds: 3,
  alertsPerVisit: 10_000,
  bytes: 141_000,
  partitions: 45,
} as const;

/**
 * The load of one worker: half of what it does flat out, where 99 of 100 alerts are late by less than a
 * millisecond (docs/performance.md: 3,401/s of 85 kB).
 */
const workerBytesPerSecond = 290e6;

/** What a night at a multiple of Rubin's rate needs. */
export interface NightNeeds {
  /** The multiple. */
  readonly times: number;
  /** Of the night. */
  readonly alerts: number;
  /** While a visit's alerts are sent, with one group that reads them. */
  readonly burst: GrowthLoad;
  /** While a visit's alerts are sent. */
  readonly harnessCores: number;
  /** Mean of the night. */
  readonly harnessCoresMean: number;
  /** Cores of brokers like the measured one, one copy of each alert, while a visit's alerts are sent. */
  readonly brokerCores: number;
  /** Resident memory of the harness. */
  readonly memoryMegabytes: number;
  /** To the broker while a visit's alerts are sent; each group reads as much again. */
  readonly networkGigabits: number;
  /** Of one copy. */
  readonly nightTerabytes: number;
}

/**
 * What a night needs by the models; at many times what was measured they are as good as the models' straight
 * lines.
 *
 * @param times - the multiple of Rubin's rate
 */
export function needsOfNight({ harness, broker, memory }: Models, times: number): NightNeeds {
  const { visits, visitSeconds, burstSeconds, alertsPerVisit, bytes, partitions } = rubinNight;
  const alerts = visits * alertsPerVisit * times;
  const perSecond = (alertsPerVisit * times) / burstSeconds;
  const workers = Math.ceil((perSecond * bytes) / workerBytesPerSecond);
  const burst: GrowthLoad = { perSecond, bytes, workers, partitions, groups: 1 };
  const between: GrowthLoad = { ...burst, perSecond: 0 };
  const harnessCores = costOf(harness, burst);
  const share = burstSeconds / visitSeconds;
  return {
    times,
    alerts,
    burst,
    harnessCores,
    harnessCoresMean: share * harnessCores + (1 - share) * costOf(harness, between),
    brokerCores: costOf(broker, burst),
    memoryMegabytes: costOf(memory, burst),
    networkGigabits: (perSecond * bytes * 8) / 1e9,
    nightTerabytes: (alerts * bytes) / 1e12,
  };
}
