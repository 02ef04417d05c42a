import { backlogOf, type ReadSample } from '../measure/backlog.js';
import { judgeProbe } from '../measure/searchVerdict.js';
import { rateOf } from '../results/averages.js';
import { latenciesOf } from '../measure/latencySet.js';
import type { PhasePlan, Plan } from '../scenario/plan.js';
import type { NextProbe } from '../schedule/limitSearch.js';
import type { SearchPacing } from '../schedule/pacing.js';
import type { Collector, PhaseFacts } from './collector.js';
import type { Backlog, Counts, Latencies } from '../results/values.js';
import type { ProbeResult } from '../results/schema.js';

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
  const groups = plan.consumers.groups.length;
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
      lanes: [...facts.lanes.values()],
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
    plan.consumers.groups.length === 0 ? [[null, acks]] : [...judged.reads];
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
