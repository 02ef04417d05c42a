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
  /** Whether it ends when the coordinator says so, at the latest after that time. */
  readonly isOpen?: true;
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
  /** Of all producers together; undefined: as many as it can. */
  readonly count?: number | undefined;
}

/** Fills the stream as fast as possible, while groups don't read. */
export interface BacklogPacing {
  readonly kind: 'backlog';
  readonly amount: BacklogAmount;
}

/** How much a backlog has: messages, or bytes of their values, or what comes in a time at a rate. */
export type BacklogAmount =
  | { readonly kind: 'messages'; readonly messages: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'time'; readonly durationNs: number; readonly ratePerSecond: number };

/** Lets groups read what they have missed; ends when they have. */
export interface CatchUpPacing {
  readonly kind: 'catchUp';
  /** What is sent meanwhile; undefined: nothing. */
  readonly ratePerSecond: number | undefined;
}

/**
 * Messages of a backlog. Worked example: 6 h of 10,000 alerts each 37 s are 5,837,838.
 *
 * @param meanBytes - of a message's value
 */
export function backlogMessages(amount: BacklogAmount, meanBytes: number): number {
  switch (amount.kind) {
    case 'messages':
      return amount.messages;
    case 'bytes':
      return Math.max(1, Math.ceil(amount.bytes / meanBytes));
    case 'time':
      return Math.max(1, Math.round((amount.durationNs / 1e9) * amount.ratePerSecond));
  }
}

/** As long as anything may go on. */
const openNs = 30 * 86_400e9;

/** The rule that producers send a backlog by, or what goes on while groups catch up; undefined: nothing is sent. */
export function fillPacing(
  pacing: BacklogPacing | CatchUpPacing,
  meanBytes: number,
): MaxPacing | ConstantPacing | undefined {
  if (pacing.kind === 'backlog')
    return { kind: 'max', durationNs: openNs, count: backlogMessages(pacing.amount, meanBytes) };
  const { ratePerSecond } = pacing;
  return ratePerSecond === undefined
    ? undefined
    : { kind: 'constant', ratePerSecond, durationNs: openNs, isOpen: true };
}

/**
 * One load after the other, each chosen by the outcomes before: the search for the highest that holds. Rates
 * of visits are those of their mean: alerts per visit divided by the cadence.
 */
export interface SearchPacing extends LimitSearchOptions {
  readonly kind: 'search';
  /** How long conditions must hold at a rate; whole visits. */
  readonly holdNs: number;
  /** How long a rate is sent before it is judged; 0 for visits. */
  readonly settleNs: number;
  /** Undefined: constant rates. */
  readonly visits?: SearchedVisits | undefined;
}

/** Visits whose size is searched for. */
export type SearchedVisits = Pick<VisitsPacing, 'cadenceNs' | 'burstNs' | 'detectors' | 'seed'>;

/** One load that a search tries. */
export type ProbePacing = ConstantPacing | VisitsPacing;

/**
 * The load of a probe.
 *
 * @param holdNs - how long it is judged: at least what the search says
 */
export function probePacing(
  { settleNs, visits }: SearchPacing,
  ratePerSecond: number,
  holdNs: number,
): ProbePacing {
  if (visits === undefined) return { kind: 'constant', ratePerSecond, durationNs: settleNs + holdNs };
  const alerts = alertsPerVisit(ratePerSecond, visits);
  const count = Math.max(1, Math.ceil(holdNs / visits.cadenceNs - 1e-9));
  return { kind: 'visits', ...visits, size: { kind: 'fixed', alerts }, visits: count };
}

/** Alerts of a visit at a mean rate. */
export function alertsPerVisit(ratePerSecond: number, { cadenceNs }: SearchedVisits): number {
  return Math.max(1, Math.round((ratePerSecond * cadenceNs) / 1e9));
}

/** The rule by which the messages of a phase come due: a pure value. */
export type Pacing =
  | RecordedPacing
  | ConstantPacing
  | RampPacing
  | StairsPacing
  | VisitsPacing
  | MaxPacing
  | SearchPacing
  | BacklogPacing
  | CatchUpPacing;

/** A rule whose messages have an index and a due time that is known before the phase starts. */
export type ScheduledPacing = Exclude<Pacing, RecordedPacing | SearchPacing | BacklogPacing | CatchUpPacing>;
