import { z } from 'zod';
import { readCondition, readExpectation, type ExpectationReading } from '../scenario/expectationSyntax.js';
import { rateOf } from './averages.js';
import { reasonsOf, type Finding } from './findings.js';
import { expectation, rate, type ExpectationResult, type Rate, type Scope } from './values.js';

/**
 * What older versions of the program wrote otherwise, completed while it is read, so that nothing else has to
 * know of them.
 */

/** Version 0.1.0 wrote rates without their counts and times. */
export const olderRate = rate.partial({ seconds: true, bytes: true, planned: true, ofTarget: true });

/** Completes a rate by the messages that it is of. */
export function withWholeRate<
  T extends { readonly counts: { readonly acked: number }; readonly rate: z.output<typeof olderRate> },
>({ rate: written, ...part }: T): Omit<T, 'rate'> & { rate: Rate } {
  const { seconds: writtenSeconds, targetPerSecond, achievedPerSecond, bytesPerSecond } = written;
  const { acked } = part.counts;
  const seconds = writtenSeconds ?? (achievedPerSecond > 0 ? acked / achievedPerSecond : 1);
  const planned = targetPerSecond === null ? null : { messages: targetPerSecond * seconds, seconds };
  const whole = rateOf({ acked, bytes: bytesPerSecond * seconds, seconds, planned });
  return { ...part, rate: { ...whole, ...withoutUndefined(written) } };
}

/** Use of the process was written without the time that it is of. */
export function withUseSeconds<
  T extends {
    readonly startedAt: string;
    readonly endedAt: string;
    readonly harness: { cpuCores: number | null; rssBytesMax: number; seconds?: number | undefined } | null;
  },
>({ harness, ...phase }: T) {
  const seconds = (Date.parse(phase.endedAt) - Date.parse(phase.startedAt)) / 1000;
  return { ...phase, harness: harness === null ? null : { ...harness, seconds: harness.seconds ?? seconds } };
}

/** Expectations were a text and, from some version on, a unit. Units that a later program has added are unknown. */
export const olderExpectation = expectation
  .partial({ metric: true, scope: true, operator: true, limit: true, unit: true })
  .extend({
    scope: expectation.shape.scope.optional().catch(undefined),
    operator: expectation.shape.operator.optional().catch(undefined),
    unit: expectation.shape.unit.optional().catch(undefined),
  });

type OlderExpectation = z.output<typeof olderExpectation>;

/** Completes the conditions of a probe, which are about the probe itself. */
export function withConditions(conditions: readonly OlderExpectation[]): ExpectationResult[] {
  return conditions.map((condition) => whole(condition, () => ({ kind: 'run' }), readCondition));
}

/** Completes the expectations of a run: a name before the metric is that of a phase or of a consumer group. */
export function withScopes<
  T extends {
    readonly expectations: readonly OlderExpectation[];
    readonly phases: readonly { readonly name: string }[];
    readonly groups: readonly { readonly name: string }[];
  },
>({ expectations, ...summary }: T): Omit<T, 'expectations'> & { expectations: ExpectationResult[] } {
  const isGroup = (name: string): boolean =>
    !summary.phases.some((phase) => phase.name === name) &&
    summary.groups.some((group) => group.name === name);
  const scopeOf = (name: string | undefined): Scope =>
    name === undefined ? { kind: 'run' } : { kind: isGroup(name) ? 'group' : 'phase', name };
  return { ...summary, expectations: expectations.map((one) => whole(one, scopeOf, readExpectation)) };
}

/** Reads the text again as the scenario had it. A metric that is no longer known is left as its text. */
function whole(
  written: OlderExpectation,
  scopeOf: (name: string | undefined) => Scope,
  readText: (key: string, value: string) => ExpectationReading,
): ExpectationResult {
  const { expect, metric, scope, operator, limit, unit } = written;
  if (
    metric !== undefined &&
    scope !== undefined &&
    operator !== undefined &&
    limit !== undefined &&
    unit !== undefined
  )
    return { ...written, metric, scope, operator, limit, unit };
  const [key = '', ...value] = expect.split(' ');
  const reading = readText(key, value.join(' '));
  if (!reading.ok) {
    const unknown = { metric: expect, scope: { kind: 'run' }, operator: '==', limit: 0 } as const;
    return { ...written, ...unknown, unit: unit ?? 'count' };
  }
  const { expectation: read } = reading;
  return {
    ...written,
    metric: read.metric,
    scope: scopeOf(read.phase),
    operator: read.operator,
    limit: read.value,
    unit: read.unit,
  };
}

/** A list of findings; those of a kind that a later program has added are left out. */
export function knownOnly<Known extends z.ZodType>(known: Known) {
  return z
    .array(z.union([known, z.object({ kind: z.string() }).transform(() => undefined)]))
    .transform((all) => all.filter((one) => one !== undefined))
    .default([]);
}

/**
 * The reasons of a verdict were sentences only: those of failed expectations last, those of the harness as in
 * `selfCheck`, and before them, one each, failed messages, and unread ones of each group. Whatever else there
 * is says that a worker died.
 */
export function withReasons<
  T extends {
    readonly reasons: readonly string[];
    readonly findings: readonly Finding[];
    readonly expectations: readonly ExpectationResult[];
    readonly selfCheck: readonly { readonly invalidates: boolean }[];
    readonly groups: readonly { readonly lost: number }[];
    readonly counts: { readonly failed: number; readonly unknown: number; readonly acked: number };
  },
>(summary: T): Omit<T, 'findings'> & { findings: Finding[] } {
  const { reasons, findings, expectations, selfCheck, groups, counts } = summary;
  if (reasonsOf(findings).length === reasons.length) return { ...summary, findings: [...findings] };
  const missed = expectations.filter(({ passed }) => !passed);
  const others = reasons.slice(0, reasons.length - missed.length);
  const ofHarness = selfCheck.filter(({ invalidates }) => invalidates).length;
  const ofMessages = (counts.failed > 0 ? 1 : 0) + groups.filter(({ lost }) => lost > 0).length;
  const measured = ofHarness === 0 && others.length <= ofMessages && counts.unknown === 0 && counts.acked > 0;
  return {
    ...summary,
    findings: [
      ...others.map((text): Finding => ({ kind: 'olderReason', text, measured })),
      // Those of the harness are among the sentences.
      ...findings.filter((one) => !reasonsOf([one]).includes(one)),
      ...missed.map((one): Finding => ({ kind: 'expectationFailed', expectation: one })),
    ],
  };
}

function withoutUndefined<T extends object>(part: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
