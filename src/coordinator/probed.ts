import { backlogOf, type HeldRate, type ReadSample } from '../measure/backlog.js';
import type { GroupFigures } from '../measure/groupFigures.js';
import { latenciesOf } from '../measure/latencySet.js';
import { limitedByOf } from '../measure/limitedBy.js';
import { judgeProbe } from '../measure/searchVerdict.js';
import { drainsOf, visitBacklogOf, type ProgressPoint, type VisitMark } from '../measure/visitBacklog.js';
import { watchedProbe, type GroupReading, type WatchedProbe } from '../measure/watchedProbe.js';
import { rateOf } from '../results/averages.js';
import type { ProbeFinding } from '../results/findings.js';
import type { ProbeResult } from '../results/runFolder.js';
import type { Backlog, BrokerMetrics, Counts, Latencies, LatencySummary } from '../results/values.js';
import { ownGroups, watchedGroups, type PhasePlan, type Plan } from '../scenario/plan.js';
import type { NextProbe } from '../schedule/limitSearch.js';
import { alertsPerVisit, type ProbePacing, type SearchPacing } from '../schedule/pacing.js';
import { scheduleOf } from '../schedule/schedule.js';
import type { Collector, PhaseFacts } from './collector.js';
import type { LeftBehind } from './loadRun.js';

export type SearchPhase = PhasePlan & { readonly pacing: SearchPacing };

/** A load that was tried. */
export interface Probed {
  /** Its part of `summary.json`. */
  readonly summary: ProbeResult;
  /** The name under which the collector keeps its latencies. */
  readonly recordedAs: string;
  /** Counts of the time when it was judged. */
  readonly facts: PhaseFacts;
  /** The watched groups, by name, of which too few commits were seen to judge how they keep up. */
  readonly unclear: readonly string[];
}

/** A probe that is over. */
export interface ProbeFacts {
  readonly plan: Plan;
  readonly phase: SearchPhase;
  readonly collector: Collector;
  /** The rate, and what it was tried for. */
  readonly next: NextProbe;
  /** What was sent. */
  readonly pacing: ProbePacing;
  /** How long it was judged. */
  readonly holdNs: number;
  /** A group that had not read everything when it was given up. */
  readonly leftBehind: LeftBehind | undefined;
  /** Of watched groups, by their names in the scenario. */
  readonly readings: ReadonlyMap<string, readonly GroupReading[]>;
  /** While it was judged, where there are any. */
  readonly brokers: BrokerMetrics | null;
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
  const { plan, phase, collector, next, recordedAs, leftBehind, holdNs } = probe;
  const facts = factsOf(collector, probe.judged);
  const beside = factsOf(collector, probe.beside);
  const latency = latenciesOf(collector.latencies, [recordedAs]);
  const own = ownGroups(plan.consumers).length;
  const counts = countsOf(latency, Math.max(0, facts.scheduled - facts.sent - beside.sent), own);
  const heldSeconds = holdNs / 1e9;
  const rate = rateOf({
    acked: facts.acked,
    bytes: facts.bytes,
    seconds: heldSeconds,
    planned: { messages: next.ratePerSecond * heldSeconds, seconds: heldSeconds },
  });
  const lagMessages = own === 0 ? null : (facts.mostLag ?? null);
  const groups = groupsOf(probe, facts, beside);
  const acks = acksOf(probe, facts, beside);
  const backlogs = [
    ...(plan.consumers.groups.length === 0 && acks !== undefined ? [{ group: null, ...acks }] : []),
    ...groups.flatMap(({ id, backlog }) => (backlog === undefined ? [] : [{ group: id, ...backlog }])),
  ];
  const judgement = judgeProbe(
    phase.conditions ?? [],
    { counts, rate, latency, lagMessages, backlogs, groupFigures: groups.map(({ figures }) => figures) },
    healthOf(probe, latency, counts, facts),
    { selfCheck: plan.limits.selfCheck, purpose: plan.purpose },
  );
  const findings: readonly ProbeFinding[] = [
    ...judgement.findings,
    ...(leftBehind === undefined ? [] : [notCaughtUpOf(leftBehind, groups)]),
  ];
  const outcome = leftBehind === undefined || judgement.outcome !== 'held' ? judgement.outcome : 'failed';
  const { scheduled, sent, unsent, acked, failed, lost } = counts;
  const { visits } = phase.pacing;
  return {
    summary: {
      ratePerSecond: next.ratePerSecond,
      purpose: next.purpose,
      repeat: next.repeat,
      startedAt: new Date(probe.startedAtMs).toISOString(),
      heldSeconds,
      outcome,
      ...(visits === undefined ? {} : { alertsPerVisit: alertsPerVisit(next.ratePerSecond, visits) }),
      limitedBy:
        outcome !== 'failed'
          ? null
          : limitedByOf({
              ...{ findings, acks, brokers: probe.brokers },
              responseP99Us: latency.response.p99,
              groups: groups
                .map(({ id, figures: { name, own: isOwn, lagUs } }) => ({
                  id,
                  name,
                  own: isOwn,
                  lagUs: lagUs ?? 0,
                }))
                .sort((one, other) => other.lagUs - one.lagUs),
            }),
      groups: groups.map(({ figures }) => ({
        name: figures.name,
        lagMessages: figures.lagMessages,
        lagSeconds: figures.lagUs === null ? null : figures.lagUs / 1e6,
        drainSeconds: figures.drainUs === null ? null : figures.drainUs / 1e6,
        commitIntervalSeconds: figures.commitIntervalSeconds,
      })),
      findings,
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
    unclear: groups
      .filter(({ figures, backlog }) => !figures.own && backlog === undefined)
      .map(({ figures }) => figures.name),
  };
}

/** A group with what was measured of it. */
interface ProbedGroup {
  /** As consumers report it, for a watched one its name. */
  readonly id: string;
  readonly figures: GroupFigures;
  readonly backlog: Omit<Backlog, 'group'> | undefined;
}

function groupsOf(probe: ProbeFacts, judged: PhaseFacts, beside: PhaseFacts): ProbedGroup[] {
  const { plan, collector, readings } = probe;
  const ids = [...collector.received.keys()];
  return [
    ...ownGroups(plan.consumers).map(({ name }, index) => {
      const id = ids[index] ?? name;
      const latency = collector.groupLatencies.get(id);
      const endToEnd = latency && latenciesOf(latency, [probe.recordedAs]).endToEnd;
      return ownGroup(probe, { id, name, endToEnd }, judged, beside);
    }),
    ...watchedGroups(plan.consumers).map(({ name }) => watchedGroup(probe, name, readings.get(name) ?? [])),
  ];
}

function ownGroup(
  probe: ProbeFacts,
  { id, name, endToEnd }: { id: string; name: string; endToEnd: LatencySummary | undefined },
  judged: PhaseFacts,
  beside: PhaseFacts,
): ProbedGroup {
  const { next } = probe;
  const samples = judged.reads.get(id) ?? beside.reads.get(id) ?? [];
  const progress = progressOf(samples);
  const lagMessages = judged.mostLagOf.get(id) ?? null;
  return {
    id,
    backlog: keptUp(probe, samples, progress),
    figures: {
      ...{ name, own: true, lagMessages, endToEnd, commitIntervalSeconds: null },
      lagUs: lagMessages === null ? null : (lagMessages / next.ratePerSecond) * 1e6,
      drainUs: longestUs(drainsOf(progress, marksOf(probe))),
    },
  };
}

function watchedGroup(probe: ProbeFacts, name: string, readings: readonly GroupReading[]): ProbedGroup {
  const seen = watchedProbe(readings, heldOf(probe));
  const { lagMessages, lagUs, commitLatency, committedWithin60s, commitIntervalSeconds } = seen;
  return {
    id: name,
    backlog: watchedBacklog(probe, seen),
    figures: {
      ...{ name, own: false, lagMessages, lagUs, commitLatency, committedWithin60s, commitIntervalSeconds },
      drainUs: longestUs(drainsOf(seen.progress, marksOf(probe))),
    },
  };
}

function watchedBacklog(
  probe: ProbeFacts,
  { backlog, progress, commitIntervalSeconds }: WatchedProbe,
): Omit<Backlog, 'group'> | undefined {
  return probe.pacing.kind === 'constant'
    ? backlog
    : visitBacklogOf(progress, marksOf(probe), 1000 * (commitIntervalSeconds ?? 0));
}

/** How what was acknowledged kept up with what was due. */
function acksOf(
  probe: ProbeFacts,
  judged: PhaseFacts,
  beside: PhaseFacts,
): Omit<Backlog, 'group'> | undefined {
  const samples = [...(beside.acks ?? []), ...(judged.acks ?? [])].map(({ ms, count }) => ({
    ms: ms - probe.startedAtMs,
    count,
  }));
  return keptUp(probe, samples, progressOf(samples));
}

function keptUp(
  probe: ProbeFacts,
  samples: readonly ReadSample[],
  progress: readonly ProgressPoint[],
): Omit<Backlog, 'group'> | undefined {
  return probe.pacing.kind === 'constant'
    ? backlogOf(samples, heldOf(probe))
    : visitBacklogOf(progress, marksOf(probe), 0);
}

function progressOf(samples: readonly ReadSample[]): ProgressPoint[] {
  let count = 0;
  return [...samples]
    .sort((one, other) => one.ms - other.ms)
    .map((sample) => ({ ms: sample.ms, count: (count += sample.count) }));
}

function heldOf({ phase, next, holdNs }: ProbeFacts): HeldRate {
  const { settleNs } = phase.pacing;
  return {
    ratePerSecond: next.ratePerSecond,
    fromMs: settleNs / 1e6,
    toMs: (settleNs + holdNs) / 1e6,
  };
}

/** Its visits; a constant rate is one. */
function marksOf({ pacing }: ProbeFacts): VisitMark[] {
  const { count, dueNs, durationNs } = scheduleOf(pacing);
  const visits = pacing.kind === 'visits' ? pacing.visits : 1;
  return Array.from({ length: visits }, (_, visit) => {
    const upTo = Math.round(((visit + 1) * count) / visits);
    return {
      count: upTo,
      lastDueMs: dueNs(Math.max(0, upTo - 1)) / 1e6,
      endMs: ((visit + 1) * durationNs) / visits / 1e6,
    };
  });
}

function longestUs(drains: readonly (number | null)[]): number | null {
  return drains.some((one) => one === null) ? null : Math.max(0, ...drains.map((one) => one ?? 0)) * 1e6;
}

function notCaughtUpOf(
  { group, behind, readPerSecond, waitedSeconds }: LeftBehind,
  groups: readonly ProbedGroup[],
): ProbeFinding & { readonly kind: 'notCaughtUp' } {
  return {
    kind: 'notCaughtUp',
    drainSeconds: waitedSeconds,
    group: groups.find(({ id }) => id === group)?.figures.name ?? group,
    ...(Number.isFinite(behind) ? { behind } : {}),
    readPerSecond,
  };
}

function healthOf(
  { phase, plan, collector, recordedAs }: ProbeFacts,
  { scheduleLag, response }: Latencies,
  { scheduled, sent }: Counts,
  { producers }: PhaseFacts,
) {
  return {
    ...{ phase: phase.name, scheduleLag, response, scheduled, sent },
    late: collector.latencies
      .of(recordedAs, 'scheduleLag')
      .countAbove(plan.limits.selfCheck.scheduleLagP99Us),
    outageShare: 0,
    endedEarly: false,
    producers: [...producers.values()],
  };
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
