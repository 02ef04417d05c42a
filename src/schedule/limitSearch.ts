export type ProbeOutcome =
  /** All conditions held. */
  | 'held'
  /** A condition did not hold, and the load generator was not the reason. */
  | 'failed'
  /** Inconclusive: the load generator itself could not keep the schedule. */
  | 'harness';

export type ProbePurpose =
  /** Find a rate that holds and one that fails. */
  | 'bracket'
  /** Narrow the bracket. */
  | 'bisect'
  /** See whether the rate that was found holds again. */
  | 'confirm'
  /** See whether the next rate up fails again. */
  | 'above';

/** A rate to be tried. */
export interface NextProbe {
  readonly ratePerSecond: number;
  readonly purpose: ProbePurpose;
  /** Whether it repeats the probe before, whose outcome may have been chance. */
  readonly repeat: boolean;
}

/** Where a search looks, and how closely. */
export interface LimitSearchOptions {
  /** The lowest rate, above 0. */
  readonly fromPerSecond: number;
  /** The highest rate; at least the lowest. */
  readonly toPerSecond: number;
  /** How far apart the rate that holds and the rate that fails may be at the end: 0.02 is 2 %. Above 0. */
  readonly precision: number;
  /** How many probes in a row must hold at the rate that is found; 1 or more. */
  readonly confirm: number;
  /** Maximum number of probes; 1 or more. */
  readonly probes: number;
  /**
   * Rates that are tried are multiples of this, as are the lowest and the highest: a visit each 37 s has whole
   * alerts, so 1/37 per second. Undefined: any rate.
   */
  readonly quantum?: number | undefined;
}

/** Messages per second; undefined where there is none yet. */
export interface Bracket {
  /** The highest rate that held. */
  readonly held: number | undefined;
  /** The lowest rate above it that failed. */
  readonly failed: number | undefined;
}

/** A later probe contradicted an earlier one at the same rate: the limit moved, or it is noisy. */
export interface Contradiction {
  /** Number of probes when it was noticed. */
  readonly probes: number;
  readonly ratePerSecond: number;
  /** The new limit compared with the old one. */
  readonly now: 'lower' | 'higher';
}

export interface LimitResult {
  /**
   * `found`: the limit lies within the bracket. `at-least`: the upper end of the range held. `below`: the
   * lower end of the range failed. `harness`: the load generator could not keep the schedule of the rate in
   * `harnessPerSecond`. `unstable`: the limit moved so often that no number is right. `unfinished`: the
   * number of probes was used up.
   */
  readonly kind: 'found' | 'at-least' | 'below' | 'harness' | 'unstable' | 'unfinished';
  /** The limit lies between these rates; an unstable one was seen to move between them. */
  readonly bracket: Bracket;
  /** How many probes in a row at the bracket's lower end confirmed it. */
  readonly confirmed: number;
  /** The rate at which the load generator was the limit; undefined for any other end. */
  readonly harnessPerSecond: number | undefined;
  /** Where the limit was found to have moved, in order. */
  readonly contradictions: readonly Contradiction[];
}

/** The rate is raised by this factor until a probe fails. */
const factor = 2;

/** A limit that is contradicted once more is unstable. */
const mostContradictions = 3;

/**
 * How many steps of the precision a rate that is not confirmed may give way before the limit counts as moved.
 */
const edgeSteps = 2;

/** The load generator is the limit if it is late in so many probes of one rate in a row. */
const mostLate = 3;

type Steps<R> = Generator<NextProbe, R, ProbeOutcome>;
type Ended = Pick<LimitResult, 'kind' | 'bracket' | 'confirmed' | 'harnessPerSecond'>;

/**
 * Searches for the highest rate that holds: doubles the rate until it fails, halves the bracket on a
 * logarithmic scale, and confirms both of its ends. It is a coroutine without clock or chance: it yields the
 * next rate to be tried, and is sent the outcome.
 *
 * A probe that fails is repeated once before it counts; one in which the load generator was late is
 * inconclusive, and is repeated twice before the load generator counts as the limit. When confirmation
 * contradicts the bracket (the rate that held fails, or the rate that failed holds), the limit has moved, or
 * is noisy: the search goes on from there, in strides that begin small, at most three times.
 */
export function* limitSearch(options: LimitSearchOptions): Steps<LimitResult> {
  const contradictions: Contradiction[] = [];
  const course = steps(options, contradictions);
  let probes = 0;
  let bracket: Bracket = { held: undefined, failed: undefined };
  let next = course.next();
  while (next.done !== true) {
    const { ratePerSecond } = next.value;
    if (probes === options.probes) {
      return { kind: 'unfinished', bracket, confirmed: 0, harnessPerSecond: undefined, contradictions };
    }
    const outcome = yield next.value;
    probes += 1;
    bracket = narrowed(bracket, ratePerSecond, outcome);
    const before = contradictions.length;
    next = course.next(outcome);
    const last = contradictions.at(-1);
    // The steps do not count: the number of probes is inserted here.
    if (contradictions.length > before && last !== undefined)
      contradictions.splice(-1, 1, { ...last, probes });
  }
  const rates = contradictions.map(({ ratePerSecond }) => ratePerSecond);
  switch (next.value.kind) {
    case 'harness':
      return { ...next.value, bracket, contradictions };
    case 'unstable':
      return {
        ...next.value,
        bracket: { held: Math.min(...rates), failed: Math.max(...rates) },
        contradictions,
      };
    default:
      return { ...next.value, contradictions };
  }
}

/** How many probes a search takes at most, and about how many without surprises. */
export function probesOf(options: LimitSearchOptions): { readonly most: number; readonly usual: number } {
  const { fromPerSecond, toPerSecond, precision, confirm, probes } = options;
  const widening = 1 + Math.ceil(Math.log(toPerSecond / fromPerSecond) / Math.log(factor));
  const halving = Math.max(0, Math.ceil(Math.log2(Math.log(factor) / Math.log1p(precision))));
  // About one in two halvings fails and is repeated.
  const usual = widening + 1 + Math.ceil(halving * 1.5) + confirm + 1;
  return { most: probes, usual: Math.min(probes, usual) };
}

function* steps(options: LimitSearchOptions, contradictions: Contradiction[]): Steps<Ended> {
  let bracket: Bracket = { held: undefined, failed: undefined };
  for (;;) {
    const closed = yield* close(options, bracket, contradictions.length > 0);
    if ('kind' in closed) return closed;
    const { held, failed } = closed;
    if (held === undefined) return ended('below', closed);
    const confirmed = yield* confirm(options, { held, failed });
    if ('kind' in confirmed) return confirmed;
    contradictions.push({ probes: 0, ratePerSecond: confirmed.rate, now: confirmed.now });
    const { rate, now } = confirmed;
    bracket = now === 'lower' ? { held: undefined, failed: rate } : { held: rate, failed: undefined };
    if (contradictions.length > mostContradictions) return ended('unstable', bracket);
  }
}

/** Widens a bracket until it has two ends, and halves it until it is narrow enough. */
function* close(options: LimitSearchOptions, from: Bracket, gallop: boolean): Steps<Bracket | Ended> {
  const { fromPerSecond, toPerSecond, precision, quantum } = options;
  let { held, failed } = from;
  // Beside a limit that moved a little, small strides find it sooner; each is twice as long as the one
  // before.
  let stride = gallop ? Math.min(factor, (1 + precision) ** 2) : factor;
  for (;;) {
    let rate: number;
    if (held !== undefined && failed !== undefined) {
      if (failed / held <= 1 + precision) return { held, failed };
      rate = snapped(Math.sqrt(held * failed), quantum);
      // Two neighbouring numbers have none between them.
      if (rate <= held || rate >= failed) return { held, failed };
    } else if (held !== undefined) {
      if (held >= toPerSecond) return { held, failed };
      rate = Math.min(toPerSecond, Math.max(held + (quantum ?? 0), snapped(held * stride, quantum)));
    } else if (failed !== undefined) {
      if (failed <= fromPerSecond) return { held, failed };
      rate = Math.max(fromPerSecond, Math.min(failed - (quantum ?? 0), snapped(failed / stride, quantum)));
    } else {
      rate = fromPerSecond;
    }
    const isOpen = held === undefined || failed === undefined;
    if (isOpen && (held !== undefined || failed !== undefined)) stride = Math.min(factor, stride ** 2);
    const outcome = yield* twice(rate, isOpen ? 'bracket' : 'bisect');
    if (outcome === 'harness') return atHarness(rate);
    if (outcome === 'held') held = rate;
    else failed = rate;
  }
}

/** Tries both ends of a bracket again: the lower one must hold each time, the upper one must fail. */
function* confirm(
  options: LimitSearchOptions,
  bracket: { readonly held: number; readonly failed: number | undefined },
): Steps<Ended | { readonly rate: number; readonly now: 'lower' | 'higher' }> {
  let { held, failed } = bracket;
  for (let step = 0; ; step += 1) {
    let confirmed = 0;
    while (confirmed < options.confirm) {
      const outcome: ProbeOutcome = yield* judged(held, 'confirm', false);
      if (outcome === 'harness') return atHarness(held);
      if (outcome === 'failed') break;
      confirmed += 1;
    }
    if (confirmed === options.confirm) break;
    // At the edge, chance decides: a rate a little lower is tried before the limit counts as moved.
    if (step === edgeSteps || held <= options.fromPerSecond) return { rate: held, now: 'lower' };
    failed = held;
    const lower = snapped(held / (1 + options.precision), options.quantum);
    held = Math.max(options.fromPerSecond, Math.min(held - (options.quantum ?? 0), lower));
  }
  const confirmed = options.confirm;
  if (failed === undefined) return { ...ended('at-least', { held, failed }), confirmed };
  // It holds by the same rule as the lower end would: as often, one after the other.
  for (let again = 0; ; again += 1) {
    if (again === Math.max(2, options.confirm)) return { rate: failed, now: 'higher' };
    if ((yield* judged(failed, 'above', again > 0)) !== 'held') break;
  }
  return { ...ended('found', { held, failed }), confirmed };
}

/** The nearest multiple of a quantum. */
function snapped(rate: number, quantum: number | undefined): number {
  return quantum === undefined ? rate : Math.round(rate / quantum) * quantum;
}

/** Tries a rate; where it fails, once more, because once may be chance. The second outcome counts. */
function* twice(ratePerSecond: number, purpose: ProbePurpose): Steps<ProbeOutcome> {
  const outcome = yield* judged(ratePerSecond, purpose, false);
  return outcome === 'failed' ? yield* judged(ratePerSecond, purpose, true) : outcome;
}

/** Tries a rate until the broker has been judged, or the load generator was late too often for chance. */
function* judged(ratePerSecond: number, purpose: ProbePurpose, repeat: boolean): Steps<ProbeOutcome> {
  let outcome = yield { ratePerSecond, purpose, repeat };
  for (let late = 1; outcome === 'harness' && late < mostLate; late += 1) {
    outcome = yield { ratePerSecond, purpose, repeat: true };
  }
  return outcome;
}

/**
 * The bracket after a probe, whatever was known before: later probes win.
 *
 * @param rate - messages per second
 */
export function narrowed({ held, failed }: Bracket, rate: number, outcome: ProbeOutcome): Bracket {
  switch (outcome) {
    case 'held':
      return {
        held: held === undefined || rate > held ? rate : held,
        failed: failed === undefined || failed > rate ? failed : undefined,
      };
    case 'failed':
      return {
        held: held === undefined || held < rate ? held : undefined,
        failed: failed === undefined || rate < failed ? rate : failed,
      };
    case 'harness':
      return { held, failed };
  }
}

function atHarness(rate: number): Ended {
  return { ...ended('harness', { held: undefined, failed: undefined }), harnessPerSecond: rate };
}

function ended(kind: LimitResult['kind'], bracket: Bracket): Ended {
  return { kind, bracket, confirmed: 0, harnessPerSecond: undefined };
}
