import type { LimitSearchOptions } from './limitSearch.js';

/** Each alert is due when it was recorded, after the first one; the whole may be sped up and repeated. */
export interface RecordedPacing {
  /** Discriminates the union. */
  readonly kind: 'recorded';
  /** Recorded seconds that pass in one second: 2 is twice as fast. Above 0. */
  readonly speed: number;
  /** How often the reservoir is gone through; later passes are shifted in time by the reservoir's span. */
  readonly passes: number;
  /** Whether later passes get new ids and shifted times in their encoded bytes. */
  readonly rewrite: boolean;
}

/** One rate all the time. */
export interface ConstantPacing {
  /** Discriminates the union. */
  readonly kind: 'constant';
  /** Messages per second, above 0. */
  readonly ratePerSecond: number;
  /** How long, in nanoseconds. */
  readonly durationNs: number;
}

/** A rate that changes evenly. */
export interface RampPacing {
  /** Discriminates the union. */
  readonly kind: 'ramp';
  /** Messages per second at the start, 0 or more. */
  readonly fromPerSecond: number;
  /** Messages per second at the end, 0 or more; not both are 0. */
  readonly toPerSecond: number;
  /** How long, in nanoseconds. */
  readonly durationNs: number;
}

/** A rate that changes in equal steps of equal length. */
export interface StairsPacing {
  /** Discriminates the union. */
  readonly kind: 'stairs';
  /** Messages per second on the first step, above 0. */
  readonly fromPerSecond: number;
  /** Messages per second on the last step, above 0. */
  readonly toPerSecond: number;
  /** How many steps, 2 or more. */
  readonly steps: number;
  /** How long all steps together, in nanoseconds. */
  readonly durationNs: number;
}

/** How many alerts a visit has. */
export type VisitSize =
  | {
      /** Every visit has as many. */
      readonly kind: 'fixed';
      /** Alerts of each visit, 1 or more. */
      readonly alerts: number;
    }
  | {
      /** Log-normal around a mean, with now and then a peak; drawn from the seed. */
      readonly kind: 'varying';
      /** Mean number of alerts of a visit that is no peak. */
      readonly meanAlerts: number;
      /** Standard deviation divided by the mean, 0 or more. */
      readonly relativeSpread: number;
      /** Which part of the visits are peaks, 0 to 1. */
      readonly peakFraction: number;
      /** Alerts of a peak visit. */
      readonly peakAlerts: number;
    };

/** Visits as the telescope makes them: one burst a detector, within a short time after the exposure. */
export interface VisitsPacing {
  /** Discriminates the union. */
  readonly kind: 'visits';
  /** From the start of one visit to the start of the next, in nanoseconds; Rubin: 37 s. */
  readonly cadenceNs: number;
  /** How long the alerts of one visit take to go out, in nanoseconds, at most the cadence; Rubin: 3 s. */
  readonly burstNs: number;
  /** How many bursts there are in a visit; Rubin: 189. */
  readonly detectors: number;
  /** How many alerts a visit has. */
  readonly size: VisitSize;
  /** How many visits. */
  readonly visits: number;
  /** The seed of sizes and of the detectors' shares. */
  readonly seed: number;
}

/** As fast as it goes: every message is due at the start of the phase. */
export interface MaxPacing {
  /** Discriminates the union. */
  readonly kind: 'max';
  /** How long, in nanoseconds. */
  readonly durationNs: number;
}

/** One constant rate after the other, each chosen by how those before went: the search for the highest that holds. */
export interface SearchPacing extends LimitSearchOptions {
  /** Discriminates the union. */
  readonly kind: 'search';
  /** How long conditions must hold at a rate, in nanoseconds. */
  readonly holdNs: number;
  /** How long a rate is sent before it is judged, in nanoseconds. */
  readonly settleNs: number;
}

/** The rule by which the messages of a phase come due: a pure value. */
export type Pacing =
  RecordedPacing | ConstantPacing | RampPacing | StairsPacing | VisitsPacing | MaxPacing | SearchPacing;

/** A rule whose messages have an index and a due time that is known before the phase starts. */
export type ScheduledPacing = Exclude<Pacing, RecordedPacing | SearchPacing>;
