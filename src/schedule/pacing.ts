import type { LimitSearchOptions } from './limitSearch.js';

/** Each alert is due when it was recorded, after the first one; the whole may be sped up and repeated. */
export interface RecordedPacing {
  readonly kind: 'recorded';
  /** Recorded seconds per second: 2 is twice as fast. Above 0. */
  readonly speed: number;
  /** How often the reservoir is replayed; later passes are shifted in time by the reservoir's span. */
  readonly passes: number;
  /** Whether later passes get new ids and shifted times in their encoded bytes. */
  readonly rewrite: boolean;
  /** Instead of the recorded times: alerts follow each other evenly, in their order. Above 0; for one producer. */
  readonly ratePerSecond?: number | undefined;
}

export interface ConstantPacing {
  readonly kind: 'constant';
  /** Above 0. */
  readonly ratePerSecond: number;
  readonly durationNs: number;
}

/** A rate that changes evenly. */
export interface RampPacing {
  readonly kind: 'ramp';
  /** At the start, 0 or more. */
  readonly fromPerSecond: number;
  /** At the end, 0 or more; not both are 0. */
  readonly toPerSecond: number;
  readonly durationNs: number;
}

/** A rate that changes in equal steps of equal length. */
export interface StairsPacing {
  readonly kind: 'stairs';
  /** On the first step, above 0. */
  readonly fromPerSecond: number;
  /** On the last step, above 0. */
  readonly toPerSecond: number;
  /** 2 or more. */
  readonly steps: number;
  /** All steps together. */
  readonly durationNs: number;
}

/** How many alerts a visit has. */
export type VisitSize =
  | {
      readonly kind: 'fixed';
      /** Of each visit, 1 or more. */
      readonly alerts: number;
    }
  | {
      /** Log-normal around a mean, with now and then a peak; drawn from the seed. */
      readonly kind: 'varying';
      /** Of a visit without a peak. */
      readonly meanAlerts: number;
      /** Standard deviation divided by the mean, 0 or more. */
      readonly relativeSpread: number;
      /** Share of the visits that are peaks, 0 to 1. */
      readonly peakFraction: number;
      readonly peakAlerts: number;
    };

/** Visits as the telescope makes them: one burst per detector, within a short time after the exposure. */
export interface VisitsPacing {
  readonly kind: 'visits';
  /** From the start of one visit to the start of the next; Rubin: 37 s. */
  readonly cadenceNs: number;
  /** How long the alerts of one visit take to go out, at most the cadence; Rubin: 3 s. */
  readonly burstNs: number;
  /** Bursts in a visit; Rubin: 189. */
  readonly detectors: number;
  readonly size: VisitSize;
  readonly visits: number;
  /** For sizes and the detectors' shares. */
  readonly seed: number;
}

/** As fast as possible: every message is due at the start of the phase. */
export interface MaxPacing {
  readonly kind: 'max';
  readonly durationNs: number;
}

/**
 * One constant rate after the other, each chosen by the outcomes before: the search for the highest that
 * holds.
 */
export interface SearchPacing extends LimitSearchOptions {
  readonly kind: 'search';
  /** How long conditions must hold at a rate. */
  readonly holdNs: number;
  /** How long a rate is sent before it is judged. */
  readonly settleNs: number;
}

/** The rule by which the messages of a phase come due: a pure value. */
export type Pacing =
  RecordedPacing | ConstantPacing | RampPacing | StairsPacing | VisitsPacing | MaxPacing | SearchPacing;

/** A rule whose messages have an index and a due time that is known before the phase starts. */
export type ScheduledPacing = Exclude<Pacing, RecordedPacing | SearchPacing>;
