import { type ReadSample, backlogOf } from '../measure/backlog.js';
import { latenciesOf } from '../measure/latencySet.js';
import { judgeProbe, limitResult } from '../measure/searchVerdict.js';
import { rateOf, useTogether } from '../results/averages.js';
import { type PhaseSummary, type ProbeResult, type SearchResult, probeName } from '../results/runFolder.js';
import type { Backlog, Counts, Latencies } from '../results/values.js';
import { ownGroups, type PhasePlan, type Plan } from '../scenario/plan.js';
import { type LimitResult, type NextProbe, limitSearch, narrowed } from '../schedule/limitSearch.js';
import type { ConstantPacing, SearchPacing } from '../schedule/pacing.js';
import type { Collector, PhaseFacts } from './collector.js';
import type { ProbeDriver } from './loadRun.js';

export interface FinishedSearch {
  /** Its part of `summary.json`. */
  readonly summary: SearchResult;
  /** Its counts and latencies as a phase: those of the probes at the rate that was found. */
  readonly phase: PhaseSummary;
  /** The names under which the collector keeps the latencies of these probes. */
  readonly recordedAs: readonly string[];
}

/** Whether a phase is a search. */
export function isSearch(phase: PhasePlan | undefined): phase is SearchPhase {
  return phase?.pacing.kind === 'search';
}

export interface SearchRunOptions {
  readonly plan: Plan;
  /** With its conditions. */
  readonly phase: SearchPhase;
  readonly collector: Collector;
  /** Sends a rate. */
  readonly driver: ProbeDriver;
  /** An instant of the monotonic clock in milliseconds since 1970. */
  readonly wallMs: (atNs: number) => number;
  /** Called with the rate of each stretch, by its number, before it is sent. */
  readonly onRate: (stretch: number, ratePerSecond: number) => void;
}

/**
 * Runs a search phase: one probe after the other, each drained before the next one starts, until the search
 * knows the highest rate at which the conditions hold.
 *
 * @returns when the load is stopped, what was known until then
 */
export async function runSearch(options: SearchRunOptions): Promise<FinishedSearch> {
  const { phase, driver } = options;
  const startedAtMs = Date.now();
  const course = limitSearch(phase.pacing);
  const probes: Probed[] = [];
  let interrupted: LimitResult = unfinished;
  let next = course.next();
  while (next.done !== true) {
    const one = await probe(options, next.value, probes.length);
    if (driver.stopped()) {
      next = { done: true, value: interrupted };
      break;
    }
    probes.push(one);
    const { ratePerSecond, outcome } = one.summary;
    interrupted = { ...interrupted, bracket: narrowed(interrupted.bracket, ratePerSecond, outcome) };
    next = course.next(one.summary.outcome);
  }
  return finished(options, probes, next.value, startedAtMs);
}

async function probe(options: SearchRunOptions, next: NextProbe, index: number): Promise<Probed> {
  const { plan, phase, collector, driver, wallMs, onRate } = options;
  const { holdNs, settleNs } = phase.pacing;
  const { ratePerSecond } = next;
  const recordedAs = probeName(phase.name, index + 1);
  const beside = collector.addStretch(phase.name, undefined);
  const judged = collector.addStretch(phase.name, recordedAs);
  for (const stretch of [beside, judged]) onRate(stretch, ratePerSecond);
  const pacing: ConstantPacing = { kind: 'constant', ratePerSecond, durationNs: settleNs + holdNs };
  let startedAtMs = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const { scheduled, endNs } = await driver.probe(
    judged,
    { pacing, settleNs, besidePhase: beside },
    (startNs) => {
      startedAtMs = wallMs(startNs);
      collector.beginPhase(beside, startedAtMs);
      const judgedAtMs = startedAtMs + settleNs / 1e6;
      timer = setTimeout(
        () => {
          collector.beginPhase(judged, Date.now());
        },
        Math.max(0, judgedAtMs - Date.now()),
      );
    },
  );
  clearTimeout(timer);
  collector.endPhase(judged, wallMs(endNs), scheduled, Date.now());
  // What the groups have still to read would slow the next probe.
  const caughtUp = await driver.catchUp();
  return probed({ plan, phase, collector, next, caughtUp, startedAtMs, beside, judged, recordedAs });
}

function finished(
  { phase, collector }: SearchRunOptions,
  probes: readonly Probed[],
  ended: LimitResult,
  startedAtMs: number,
): FinishedSearch {
  const { holdNs, settleNs, precision, confirm } = phase.pacing;
  const at = atResult(probes, ended);
  const sent = sum(at, ({ facts }) => facts.sent);
  const bytes = sum(at, ({ facts }) => facts.bytes);
  const recordedAs = at.map((one) => one.recordedAs);
  const seconds = Math.max(1e-3, (at.length * holdNs) / 1e9);
  const total = (of: keyof ProbeResult['counts']): number =>
    sum(at, ({ summary }) => summary.counts[of] ?? 0);
  return {
    summary: {
      phase: phase.name,
      conditions: (phase.conditions ?? []).map(({ text }) => text),
      holdSeconds: holdNs / 1e9,
      settleSeconds: settleNs / 1e9,
      precision,
      result: limitResult(ended, { confirm, meanBytes: sent === 0 ? null : bytes / sent }),
      figuresOf: at.map((one) => probes.indexOf(one) + 1),
      probes: probes.map(({ summary }) => summary),
    },
    phase: {
      name: phase.name,
      measured: true,
      startedAt: new Date(startedAtMs).toISOString(),
      endedAt: new Date().toISOString(),
      counts: {
        scheduled: total('scheduled'),
        sent: total('sent'),
        unsent: total('unsent'),
        unknown: 0,
        acked: total('acked'),
        failed: total('failed'),
        consumed: null,
        lost: null,
        duplicated: null,
        outOfOrder: null,
      },
      rate: rateOf({
        acked: total('acked'),
        bytes,
        seconds,
        planned: at.length === 0 ? null : { messages: total('scheduled'), seconds },
      }),
      latency: latenciesOf(collector.latencies, recordedAs),
      harness: useTogether(at.flatMap(({ facts }) => facts.use)),
      broker: null,
    },
    recordedAs,
  };
}

/**
 * The probes that represent the phase: those that confirmed the rate, else those that held there, else the
 * last.
 */
function atResult(probes: readonly Probed[], { bracket, confirmed }: LimitResult): readonly Probed[] {
  const held = probes.filter(
    ({ summary }) => summary.outcome === 'held' && summary.ratePerSecond === bracket.held,
  );
  const confirming = held.filter(({ summary }) => summary.purpose === 'confirm').slice(-confirmed);
  return confirmed > 0 ? confirming : held.length > 0 ? held : probes.slice(-1);
}

const unfinished: LimitResult = {
  kind: 'unfinished',
  bracket: { held: undefined, failed: undefined },
  confirmed: 0,
  harnessPerSecond: undefined,
  contradictions: [],
};

function sum(probes: readonly Probed[], of: (probe: Probed) => number): number {
  return probes.reduce((total, one) => total + of(one), 0);
}

export type SearchPhase = PhasePlan & { readonly pacing: SearchPacing };

/** A rate that was tried. */
export interface Probed {
  /** Its part of `summary.json`. */
  readonly summary: ProbeResult;
  /** The name under which the collector keeps its latencies. */
  readonly recordedAs: string;
  /** Counts of the time when it was judged. */
  readonly facts: PhaseFacts;
}

/** A probe that is over. */
export interface ProbeFacts {
  readonly plan: Plan;
  readonly phase: SearchPhase;
  readonly collector: Collector;
  /** The rate, and what it was tried for. */
  readonly next: NextProbe;
  /** Whether the groups had read everything within the drain's time. */
  readonly caughtUp: boolean;
  /** Since 1970. */
  readonly startedAtMs: number;
  /** Number of the stretch that is not judged. */
  readonly beside: number;
  /** Number of the stretch that is judged. */
  readonly judged: number;
  /** The name under which the collector keeps its latencies. */
  readonly recordedAs: string;
}

/** Judges a probe by what was measured of it. */
export function probed(probe: ProbeFacts): Probed {
  const { plan, phase, collector, next, caughtUp, recordedAs } = probe;
  const facts = factsOf(collector, probe.judged);
  const beside = factsOf(collector, probe.beside);
  const latency = latenciesOf(collector.latencies, [recordedAs]);
  const groups = ownGroups(plan.consumers).length;
  const counts = countsOf(latency, Math.max(0, facts.scheduled - facts.sent - beside.sent), groups);
  const heldSeconds = phase.pacing.holdNs / 1e9;
  const rate = rateOf({
    acked: facts.acked,
    bytes: facts.bytes,
    seconds: heldSeconds,
    planned: { messages: next.ratePerSecond * heldSeconds, seconds: heldSeconds },
  });
  const lagMessages = groups === 0 ? null : (facts.mostLag ?? null);
  const backlogs = backlogsOf(probe, facts, beside);
  const judgement = judgeProbe(
    phase.conditions ?? [],
    { counts, rate, latency, lagMessages, backlogs },
    {
      phase: phase.name,
      scheduleLag: latency.scheduleLag,
      response: latency.response,
      late: collector.latencies
        .of(recordedAs, 'scheduleLag')
        .countAbove(plan.limits.selfCheck.scheduleLagP99Us),
      outageShare: 0,
      endedEarly: false,
      scheduled: counts.scheduled,
      sent: counts.sent,
      producers: [...facts.producers.values()],
    },
    plan.limits.selfCheck,
  );
  const outcome = caughtUp || judgement.outcome !== 'held' ? judgement.outcome : 'failed';
  const { scheduled, sent, unsent, acked, failed, lost } = counts;
  return {
    summary: {
      ratePerSecond: next.ratePerSecond,
      purpose: next.purpose,
      repeat: next.repeat,
      startedAt: new Date(probe.startedAtMs).toISOString(),
      heldSeconds,
      outcome,
      findings: [
        ...judgement.findings,
        ...(caughtUp ? [] : [{ kind: 'notCaughtUp' as const, drainSeconds: plan.limits.drainNs / 1e9 }]),
      ],
      counts: { scheduled, sent, unsent, acked, failed, lost },
      ackedWhileHeld: facts.acked,
      achievedPerSecond: rate.achievedPerSecond,
      lagMessages,
      backlogs,
      latency,
      conditions: judgement.conditions,
    },
    recordedAs,
    facts,
  };
}

/** How each group kept up with the rate; without readers, how the broker did. */
function backlogsOf(
  { plan, phase, next, startedAtMs }: ProbeFacts,
  judged: PhaseFacts,
  beside: PhaseFacts,
): Backlog[] {
  const { settleNs, holdNs } = phase.pacing;
  const held = {
    ratePerSecond: next.ratePerSecond,
    fromMs: settleNs / 1e6,
    toMs: (settleNs + holdNs) / 1e6,
  };
  const acks = [...(beside.acks ?? []), ...(judged.acks ?? [])].map(({ ms, count }) => ({
    ms: ms - startedAtMs,
    count,
  }));
  const readers: (readonly [string | null, readonly ReadSample[]])[] =
    ownGroups(plan.consumers).length === 0 ? [[null, acks]] : [...judged.reads];
  return readers.flatMap(([group, samples]) => {
    const backlog = backlogOf(samples, held);
    return backlog === undefined ? [] : [{ group, ...backlog }];
  });
}

/**
 * Every judged message has left a schedule lag when it was sent, a response time when it was acknowledged,
 * and a value of `endToEnd` for each group that read it.
 */
function countsOf({ scheduleLag, response, endToEnd }: Latencies, unsent: number, groups: number): Counts {
  const sent = scheduleLag.count;
  const acked = response.count;
  return {
    scheduled: sent + unsent,
    sent,
    unsent,
    unknown: 0,
    acked,
    failed: sent - acked,
    consumed: null,
    lost: groups === 0 ? null : Math.max(0, acked * groups - endToEnd.count),
    duplicated: null,
    outOfOrder: null,
  };
}

function factsOf(collector: Collector, stretch: number): PhaseFacts {
  const facts = collector.phases[stretch];
  if (facts === undefined) throw new RangeError(`there is no stretch ${stretch}`);
  return facts;
}
