import { latenciesOf } from '../measure/latencySet.js';
import { median } from '../measure/median.js';
import { limitResult } from '../measure/searchVerdict.js';
import { rateOf, useTogether } from '../results/averages.js';
import { type PhaseSummary, type ProbeResult, type SearchResult, probeName } from '../results/runFolder.js';
import type { BrokerMetrics, LimitedBy } from '../results/values.js';
import { type PhasePlan, type Plan, watchedGroups } from '../scenario/plan.js';
import { type LimitResult, type NextProbe, limitSearch, narrowed } from '../schedule/limitSearch.js';
import { alertsPerVisit, probePacing } from '../schedule/pacing.js';
import { scheduleOf } from '../schedule/schedule.js';
import { targetCountBy } from '../schedule/timetable.js';
import type { Collector } from './collector.js';
import type { LeftBehind, ProbeDriver } from './loadRun.js';
import { probed, type Probed, type SearchPhase } from './probed.js';
import { ProbeWatch, type SearchWatch } from './probeWatch.js';

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
  /**
   * Called before a stretch is sent, by its number, with how many messages are due within so many milliseconds
   * of it.
   */
  readonly onLoad: (stretch: number, targetBy: (afterMs: number) => number) => void;
  /** Reads what watched groups commit; undefined where there are none. */
  readonly watch?: SearchWatch | undefined;
  /** The brokers' metrics of a time, since 1970. */
  readonly brokerFigures?: ((fromMs: number, toMs: number) => BrokerMetrics | null) | undefined;
}

/** A group must commit so often while a rate is judged: with fewer steps nothing is seen between them. */
const fewestCommits = 4;

/** A hold that is shorter by this is not made longer. */
const commitTolerance = 0.85;

/** How often a search makes its hold longer. */
const mostExtensions = 3;

/**
 * Runs a search phase: one probe after the other, each drained before the next one starts, until the search
 * knows the highest load at which the conditions hold.
 *
 * What a watched group reads is known by its commits only. Where it commits too rarely for the hold, the hold
 * is made longer, and the probe that showed it does not count.
 *
 * @returns when the load is stopped, what was known until then
 */
export async function runSearch(options: SearchRunOptions): Promise<FinishedSearch> {
  const { phase, driver } = options;
  const startedAtMs = Date.now();
  const course = limitSearch(phase.pacing);
  const probes: Probed[] = [];
  let interrupted: LimitResult = unfinished;
  let { holdNs } = phase.pacing;
  let extensions = 0;
  // A phase before it may have left a backlog, which would be the first probe's.
  let leftBehind = await caughtUp(options, watchOf(options));
  let next = course.next();
  while (next.done !== true) {
    if (leftBehind !== undefined || driver.stopped()) {
      next = { done: true, value: interrupted };
      break;
    }
    const { one, ...rest } = await probe(options, next.value, probes.length, holdNs);
    ({ leftBehind } = rest);
    if (driver.stopped()) {
      next = { done: true, value: interrupted };
      break;
    }
    const neededNs = neededHoldNs(phase, one, holdNs);
    if (neededNs > holdNs && extensions < mostExtensions && leftBehind === undefined) {
      probes.push({ ...one, summary: { ...one.summary, purpose: 'calibrate' } });
      holdNs = neededNs;
      extensions += 1;
      continue;
    }
    probes.push(one);
    const { ratePerSecond, outcome } = one.summary;
    interrupted = { ...interrupted, bracket: narrowed(interrupted.bracket, ratePerSecond, outcome) };
    next = course.next(outcome);
  }
  const ended = leftBehind === undefined ? next.value : stoppedAt(phase, next.value, interrupted);
  return finished(options, probes, { ...ended, startedAtMs, holdNs, leftBehind });
}

/** A group that does not catch up ends a search: what follows would begin with its backlog. */
function stoppedAt({ pacing }: SearchPhase, ended: LimitResult, known: LimitResult): LimitResult {
  if (ended.kind !== 'unfinished') return ended;
  const { held, failed } = known.bracket;
  const isBelow = held === undefined && failed !== undefined && failed <= pacing.fromPerSecond;
  return { ...known, kind: isBelow ? 'below' : 'unfinished' };
}

/** How long a rate must be judged, by how often the watched groups commit. */
function neededHoldNs({ pacing }: SearchPhase, { summary, unclear }: Probed, holdNs: number): number {
  if (pacing.visits !== undefined) return holdNs;
  const intervals = summary.groups.map(({ commitIntervalSeconds }) => commitIntervalSeconds ?? 0);
  const neededNs = fewestCommits * Math.max(0, ...intervals) * 1e9;
  if (holdNs < commitTolerance * neededNs) return Math.ceil(neededNs / 0.5e9) * 0.5e9;
  return unclear.length > 0 ? 2 * holdNs : holdNs;
}

/** Its probe, with the watched groups looked at meanwhile. */
async function probe(
  options: SearchRunOptions,
  next: NextProbe,
  index: number,
  holdNs: number,
): Promise<{ readonly one: Probed; readonly leftBehind: LeftBehind | undefined }> {
  const watch = watchOf(options);
  try {
    return await watchedSending(options, watch, { next, index, holdNs });
  } finally {
    await watch.end();
  }
}

function watchOf({ plan, watch }: SearchRunOptions): ProbeWatch {
  return new ProbeWatch(
    watch,
    watchedGroups(plan.consumers).map(({ name }) => name),
  );
}

/** Waits until all groups have read everything; the one that was given up. */
async function caughtUp(
  { plan, driver }: SearchRunOptions,
  watch: ProbeWatch,
): Promise<LeftBehind | undefined> {
  const own = await driver.catchUp();
  return (await watch.caughtUp(plan.limits.drainNs / 1e6, driver.stopped)) ?? own;
}

async function watchedSending(
  options: SearchRunOptions,
  watch: ProbeWatch,
  { next, index, holdNs }: { readonly next: NextProbe; readonly index: number; readonly holdNs: number },
): ReturnType<typeof probe> {
  const { plan, phase, collector, driver, wallMs, onLoad } = options;
  const { settleNs } = phase.pacing;
  const recordedAs = probeName(phase.name, index + 1);
  const beside = collector.addStretch(phase.name, undefined);
  const judged = collector.addStretch(phase.name, recordedAs);
  const pacing = probePacing(phase.pacing, next.ratePerSecond, holdNs);
  const schedule = scheduleOf(pacing);
  const targetBy = (afterMs: number): number =>
    pacing.kind === 'visits' ? targetCountBy(schedule, afterMs * 1e6) : (next.ratePerSecond * afterMs) / 1000;
  for (const stretch of [beside, judged]) onLoad(stretch, targetBy);
  await watch.begin();
  let startedAtMs = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const order = { pacing, settleNs, lengthNs: settleNs + holdNs, besidePhase: beside };
  const { scheduled, endNs } = await driver.probe(judged, order, (startNs) => {
    startedAtMs = wallMs(startNs);
    watch.started(startedAtMs);
    collector.beginPhase(beside, startedAtMs);
    timer = setTimeout(
      () => {
        collector.beginPhase(judged, Date.now());
      },
      Math.max(0, startedAtMs + settleNs / 1e6 - Date.now()),
    );
  });
  clearTimeout(timer);
  collector.endPhase(judged, wallMs(endNs), scheduled, Date.now());
  const toMs = Date.now();
  // What the groups have still to read would slow the next probe.
  const leftBehind = await caughtUp(options, watch);
  await watch.end();
  const brokers = options.brokerFigures?.(startedAtMs + settleNs / 1e6, toMs) ?? null;
  return {
    leftBehind,
    one: probed({
      ...{ plan, phase, collector, next, pacing, holdNs, leftBehind, brokers },
      ...{ startedAtMs, beside, judged, recordedAs },
      readings: watch.readings,
    }),
  };
}

function finished(
  { phase, collector }: SearchRunOptions,
  probes: readonly Probed[],
  { startedAtMs, holdNs, leftBehind, ...ended }: EndedSearch,
): FinishedSearch {
  const { settleNs, precision, confirm, visits } = phase.pacing;
  const at = atResult(probes, ended);
  const sent = sum(at, ({ facts }) => facts.sent);
  const bytes = sum(at, ({ facts }) => facts.bytes);
  const recordedAs = at.map((one) => one.recordedAs);
  const seconds = Math.max(1e-3, (at.length * holdNs) / 1e9);
  const stopped = probes.at(-1)?.summary.findings.find((one) => one.kind === 'notCaughtUp');
  const total = (of: keyof ProbeResult['counts']): number =>
    sum(at, ({ summary }) => summary.counts[of] ?? 0);
  return {
    summary: {
      phase: phase.name,
      conditions: (phase.conditions ?? []).map(({ text }) => text),
      holdSeconds: holdNs / 1e9,
      settleSeconds: settleNs / 1e9,
      ...(holdNs === phase.pacing.holdNs ? {} : { askedHoldSeconds: phase.pacing.holdNs / 1e9 }),
      ...(visits === undefined
        ? {}
        : {
            visits: {
              cadenceSeconds: visits.cadenceNs / 1e9,
              burstSeconds: visits.burstNs / 1e9,
              detectors: visits.detectors,
            },
          }),
      commitIntervals: commitIntervals(probes),
      precision,
      result: {
        ...limitResult(ended, {
          confirm,
          limitedBy: limitedBy(probes, ended),
          meanBytes: sent === 0 ? null : bytes / sent,
          alertsPerVisit: visits && ((rate) => alertsPerVisit(rate, visits)),
        }),
        ...(leftBehind === undefined ? {} : { stopped: stopped ?? leftFrom(leftBehind) }),
      },
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

/** How a search ended, and what it took. */
interface EndedSearch extends LimitResult {
  /** Since 1970. */
  readonly startedAtMs: number;
  /** How long each load was judged in the end. */
  readonly holdNs: number;
  readonly leftBehind: LeftBehind | undefined;
}

/** Whose limit the lowest load shows that failed. */
function limitedBy(probes: readonly Probed[], { kind, bracket }: LimitResult): LimitedBy | null {
  if (kind === 'harness') return { kind: 'harness' };
  if (kind === 'at-least') return null;
  const failed = probes.map(({ summary }) => summary).filter(({ outcome }) => outcome === 'failed');
  const nearest = failed.findLast(({ ratePerSecond }) => ratePerSecond === bracket.failed);
  return (nearest ?? (kind === 'unstable' ? failed.at(-1) : undefined))?.limitedBy ?? null;
}

/** How often each watched group commits: the median of the probes. */
function commitIntervals(probes: readonly Probed[]): SearchResult['commitIntervals'] {
  const seen = new Map<string, number[]>();
  for (const { name, commitIntervalSeconds } of probes.flatMap(({ summary }) => summary.groups)) {
    if (commitIntervalSeconds !== null) seen.set(name, [...(seen.get(name) ?? []), commitIntervalSeconds]);
  }
  return [...seen].map(([group, values]) => ({
    group,
    seconds: median(values) ?? 0,
  }));
}

/** A group that was behind before the first probe. */
function leftFrom({ group, behind, readPerSecond, waitedSeconds }: LeftBehind) {
  return { kind: 'notCaughtUp' as const, drainSeconds: waitedSeconds, group, behind, readPerSecond };
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
