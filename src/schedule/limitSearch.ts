/** How a probe went. */
export type ProbeOutcome =
  /** Everything that was asked for held. */
  | 'held'
  /** Something did not hold, and the harness was not the reason. */
  | 'failed'
  /** The harness itself could not keep the schedule: nothing is known of the broker. */
  | 'harness';

/** What a probe is for. */
export type ProbePurpose =
  /** To find a rate that holds and one that fails. */
  | 'bracket'
  /** To narrow the bracket. */
  | 'bisect'
  /** To see whether the rate that was found holds again. */
  | 'confirm'
  /** To see whether the next rate up fails again. */
  | 'above';

/** A rate to be tried. */
export interface NextProbe {
  /** Messages per second. */
  readonly ratePerSecond: number;
  /** What for. */
  readonly purpose: ProbePurpose;
  /** Whether it repeats the probe before, whose outcome may have been chance. */
  readonly repeat: boolean;
}

/** Where a search looks, and how closely. */
export interface LimitSearchOptions {
  /** The lowest rate, messages per second, above 0. */
  readonly fromPerSecond: number;
  /** The highest rate, messages per second; at least the lowest. */
  readonly toPerSecond: number;
  /** How far apart the rate that holds and the rate that fails may be at the end: 0.02 is 2 %. Above 0. */
  readonly precision: number;
  /** How many probes must hold at the rate that is found, one after the other; 1 or more. */
  readonly confirm: number;
  /** The most probes; 1 or more. */
  readonly probes: number;
}

/** The highest rate that held and the lowest that failed, messages per second; undefined where there is none yet. */
export interface Bracket {
  /** The highest rate that held. */
  readonly held: number | undefined;
  /** The lowest rate above it that failed. */
  readonly failed: number | undefined;
}

/** A later probe said otherwise than an earlier one at the same rate: the limit moved, or it is noisy. */
export interface Contradiction {
  /** After how many probes it was noticed. */
  readonly probes: number;
  /** The rate, messages per second. */
  readonly ratePerSecond: number;
  /** Whether the limit was found to be lower than it seemed, or higher. */
  readonly now: 'lower' | 'higher';
}

/** How a search ended. */
export interface LimitResult {
  /**
   * `found`: the limit lies within the bracket. `at-least`: the upper end of the range held. `below`: the lower end of
   * the range failed. `harness`: the harness could not keep the schedule of the rate in `harnessPerSecond`. `unstable`:
   * the limit moved so often that no number stands for it. `unfinished`: there were no more probes to be had.
   */
  readonly kind: 'found' | 'at-least' | 'below' | 'harness' | 'unstable' | 'unfinished';
  /** Between which rates the limit lies; of an unstable one, between which it was seen to move. */
  readonly bracket: Bracket;
  /** How many probes at the bracket's lower end confirmed it, one after the other. */
  readonly confirmed: number;
  /** The rate at which the harness was the limit; undefined for any other end. */
  readonly harnessPerSecond: number | undefined;
  /** Where the limit was found to have moved, in order. */
  readonly contradictions: readonly Contradiction[];
}

/** By how much the rate is raised until a probe fails. */
const factor = 2;

/** How often a bracket may be contradicted; once more, and the limit is called unstable. */
const mostContradictions = 3;

/** How many steps of the precision a rate that is not confirmed may give way before the limit is said to have moved. */
const edgeSteps = 2;

/** How many probes of one rate the harness must be late in, one after the other, to be called the limit. */
const mostLate = 3;

type Steps<R> = Generator<NextProbe, R, ProbeOutcome>;
type Ended = Pick<LimitResult, 'kind' | 'bracket' | 'confirmed' | 'harnessPerSecond'>;

/**
 * Searches for the highest rate that holds: doubles the rate until it fails, halves the bracket on a logarithmic
 * scale, and confirms both of its ends. It is a coroutine without clock or chance: it yields the next rate to be
 * tried, and is sent how that went.
 *
 * A probe that fails is repeated once before it counts; one in which the harness was late says nothing, and is
 * repeated twice before the harness is called the limit. When confirmation contradicts the bracket (the rate
 * that held fails, or the rate that failed holds), the limit has moved, or is noisy: the search goes on from there, in
 * strides that begin small, at most three times.
 *
 * @param options - where it looks
 * @returns a generator of probes that returns the result
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
    // The course does not count: the number of probes is put in here.
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

/**
 * How many probes a search takes at most, and about how many when nothing surprises it.
 *
 * @param options - where it looks
 * @returns both numbers
 */
export function probesOf(options: LimitSearchOptions): { readonly most: number; readonly usual: number } {
  const { fromPerSecond, toPerSecond, precision, confirm, probes } = options;
  const widening = 1 + Math.ceil(Math.log(toPerSecond / fromPerSecond) / Math.log(factor));
  const halving = Math.max(0, Math.ceil(Math.log2(Math.log(factor) / Math.log1p(precision))));
  // Of the halvings about one in two fails and is repeated.
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
function* close(
  { fromPerSecond, toPerSecond, precision }: LimitSearchOptions,
  from: Bracket,
  gallop: boolean,
): Steps<Bracket | Ended> {
  let { held, failed } = from;
  // Beside a limit that moved a little, small strides find it sooner; each is twice as long as the one before.
  let stride = gallop ? Math.min(factor, (1 + precision) ** 2) : factor;
  for (;;) {
    let rate: number;
    if (held !== undefined && failed !== undefined) {
      if (failed / held <= 1 + precision) return { held, failed };
      rate = Math.sqrt(held * failed);
      // Two neighbouring numbers have none between them.
      if (rate <= held || rate >= failed) return { held, failed };
    } else if (held !== undefined) {
      if (held >= toPerSecond) return { held, failed };
      rate = Math.min(toPerSecond, held * stride);
    } else if (failed !== undefined) {
      if (failed <= fromPerSecond) return { held, failed };
      rate = Math.max(fromPerSecond, failed / stride);
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
    // At the edge, chance decides: a rate a little lower is tried before the limit is said to have moved.
    if (step === edgeSteps || held <= options.fromPerSecond) return { rate: held, now: 'lower' };
    failed = held;
    held = Math.max(options.fromPerSecond, held / (1 + options.precision));
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

/** Tries a rate; where it fails, once more, since once may be chance. The second outcome counts. */
function* twice(ratePerSecond: number, purpose: ProbePurpose): Steps<ProbeOutcome> {
  const outcome = yield* judged(ratePerSecond, purpose, false);
  return outcome === 'failed' ? yield* judged(ratePerSecond, purpose, true) : outcome;
}

/** Tries a rate until something is known of the broker, or the harness was late too often for chance. */
function* judged(ratePerSecond: number, purpose: ProbePurpose, repeat: boolean): Steps<ProbeOutcome> {
  let outcome = yield { ratePerSecond, purpose, repeat };
  for (let late = 1; outcome === 'harness' && late < mostLate; late += 1) {
    outcome = yield { ratePerSecond, purpose, repeat: true };
  }
  return outcome;
}

/**
 * What is known after a probe, whatever was known before: later probes win.
 *
 * @param bracket - what was known
 * @param rate - the rate that was tried, messages per second
 * @param outcome - how that went
 * @returns the bracket
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
