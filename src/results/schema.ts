import { z } from 'zod';
import type { Manifest } from '../coordinator/manifest.js';
import { AlertSimError, messageOf } from '../errors.js';
import { finding } from './findings.js';
import type { IntervalRecord } from '../measure/interval.js';
import { latencyNames } from '../measure/latencySet.js';
import { rateOf } from './averages.js';
import { readExpectation } from '../scenario/expectations.js';
import type { RunSummary } from '../measure/summary.js';

/** The version of `summary.json` and `manifest.json` that this program reads. */
const readableVersion = 1;

const maybeNumber = z.number().nullable();
const texts = z.array(z.string()).readonly();

const latency = z.looseObject({
  count: z.number(),
  p50: maybeNumber,
  p90: maybeNumber,
  p95: maybeNumber,
  p99: maybeNumber,
  p999: maybeNumber,
  max: maybeNumber,
  mean: maybeNumber,
});
const latencies = z.looseObject(Object.fromEntries(latencyNames.map((name) => [name, latency])));
const counts = z.looseObject({
  scheduled: z.number(),
  sent: z.number(),
  unsent: z.number(),
  unknown: z.number().optional(),
  acked: z.number(),
  failed: z.number(),
  consumed: maybeNumber,
  lost: maybeNumber,
  duplicated: maybeNumber,
  outOfOrder: maybeNumber,
});
const rate = z.looseObject({
  seconds: z.number().optional(),
  targetPerSecond: maybeNumber,
  achievedPerSecond: z.number(),
  bytesPerSecond: z.number(),
});

/** Version 0.1.0 wrote rates without their counts and times. */
function withWholeRate<T extends { counts: { acked: number }; rate: z.output<typeof rate> }>(part: T): T {
  if (part.rate.seconds !== undefined) return part;
  const { targetPerSecond, achievedPerSecond, bytesPerSecond } = part.rate;
  const seconds = achievedPerSecond > 0 ? part.counts.acked / achievedPerSecond : 1;
  const planned = targetPerSecond === null ? null : { messages: targetPerSecond * seconds, seconds };
  const load = { acked: part.counts.acked, bytes: bytesPerSecond * seconds, seconds, planned };
  return { ...part, rate: { ...rateOf(load), ...part.rate } };
}

const expectation = z
  .looseObject({
    expect: z.string(),
    unit: z.string().optional(),
    actual: maybeNumber,
    passed: z.boolean(),
    default: z.literal(true).optional(),
  })
  .transform(({ unit, ...result }) => ({ ...result, unit: unit ?? unitIn(result.expect) }));

/** Version 0.1.0 wrote no units: the expectation is parsed again as the scenario had it. */
function unitIn(text: string): string {
  const [key = '', ...value] = text.split(' ');
  const reading = readExpectation(key, value.join(' '));
  return reading.ok ? reading.expectation.unit : 'count';
}

const times = { startedAt: z.iso.datetime(), endedAt: z.iso.datetime() };

const phase = z.looseObject({
  name: z.string(),
  measured: z.boolean(),
  ...times,
  counts,
  rate,
  latency: latencies,
  harness: z.looseObject({ cpuCores: maybeNumber, rssBytesMax: z.number() }).optional(),
});

/** Unknown members are kept: a later program of the same schema version may have added them. */
const summaryShape = z.looseObject({
  run: z.looseObject({ id: z.string(), scenario: z.string(), variant: z.string().nullable(), ...times }),
  verdict: z.enum(['passed', 'failed', 'invalid', 'interrupted']),
  reasons: texts,
  counts,
  rate,
  latency: latencies,
  phases: z.array(phase.transform(withWholeRate)),
  groups: z.array(
    z.looseObject({
      group: z.string(),
      received: z.number(),
      lost: z.number(),
      duplicated: z.number(),
      reread: z.number(),
      outOfOrder: z.number(),
      receivedThoughFailed: z.number(),
      behind: z.number().optional(),
      unmeasured: z.looseObject({ received: z.number(), lost: z.number() }).optional(),
    }),
  ),
  expectations: z.array(expectation),
  selfCheck: z.array(z.looseObject({ invalidates: z.boolean(), text: z.string() })),
  // Kinds that a later program has added are not errors.
  findings: z
    .array(z.union([finding, z.looseObject({ kind: z.string() }).transform(() => undefined)]))
    .transform((known) => known.filter((one) => one !== undefined))
    .default([]),
  outputs: z
    .array(
      z.looseObject({
        output: z.string(),
        delivered: z.number(),
        undelivered: z.number(),
        fault: z.string().nullable(),
      }),
    )
    .default([]),
  shards: z
    .looseObject({
      runKey: z.string(),
      shards: z.array(
        z.looseObject({
          shard: z.number(),
          host: z.string().nullable(),
          clockBoundUs: maybeNumber,
          notes: texts,
        }),
      ),
      clockBoundUs: z.number(),
      clockNote: z.string(),
    })
    .optional(),
});

const settings = z.record(z.string(), z.string().nullable());
const manifestShape = z.looseObject({
  id: z.string(),
  run: z.number(),
  startedAt: z.iso.datetime(),
  scenario: z.looseObject({ name: z.string() }),
  versions: z.record(z.string(), z.string().nullable()),
  host: z.record(z.string(), z.unknown()),
  cluster: z.looseObject({
    stream: settings,
    reservoir: settings,
    brokers: z.record(z.string(), settings),
    unread: texts,
  }),
});

const intervalShape = z.looseObject({
  time: z.iso.datetime(),
  startSeconds: z.number(),
  seconds: z.number(),
  phase: z.string().nullable(),
  targetPerSecond: maybeNumber,
  achievedPerSecond: z.number(),
  bytesPerSecond: z.number(),
  counts: z.looseObject({ sent: z.number(), acked: z.number(), failed: z.number(), received: z.number() }),
  inFlight: z.number(),
  latency: latencies.partial(),
  lag: z.record(z.string(), z.number()),
  workers: z.record(
    z.string(),
    z.looseObject({
      eventLoopDelayP99Us: z.number(),
      eventLoopUtilization: z.number(),
      queueFullSeconds: z.number(),
      rssBytes: z.number(),
    }),
  ),
  harness: z.looseObject({ cpuCores: z.number(), rssBytes: z.number() }).optional(),
  broker: z.record(z.string(), z.record(z.string(), z.number())).nullable().default(null),
});

/** A file's content, or half a sentence on what is wrong with it. */
export type Reading<T> = { readonly content: T } | { readonly fault: string };

/**
 * Reads `summary.json`.
 *
 * @throws `BAD_INPUT_FILE` when a newer version of this program wrote it
 */
export function readSummary(text: string, path: string): Reading<RunSummary> {
  return readVersioned<RunSummary>(text, path, summaryShape.transform(withWholeRate));
}

/**
 * Reads `manifest.json`.
 *
 * @throws `BAD_INPUT_FILE` when a newer version of this program wrote it
 */
export function readManifest(text: string, path: string): Reading<Manifest> {
  return readVersioned<Manifest>(text, path, manifestShape);
}

/** Reads a line of `intervals.ndjson`. */
export function readInterval(line: string): Reading<IntervalRecord> {
  return read<IntervalRecord>(line, intervalShape);
}

function readVersioned<T>(text: string, path: string, shape: z.ZodType): Reading<T> {
  const version = versionIn(text);
  if (version > readableVersion) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} has schemaVersion ${version}, and this version of rubin-alert-sim reads up to ${readableVersion}: ` +
        'use the version that wrote it, or a newer one',
    );
  }
  return read<T>(text, shape);
}

function versionIn(text: string): number {
  try {
    const { schemaVersion } = JSON.parse(text) as { schemaVersion?: unknown };
    return typeof schemaVersion === 'number' ? schemaVersion : 0;
  } catch {
    return 0;
  }
}

/**
 * The shapes hold what the types promise, except their brands of literals and the plan, which is shown as it
 * is.
 */
function read<T>(text: string, shape: z.ZodType): Reading<T> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    return { fault: `is not complete JSON (${messageOf(thrown)})` };
  }
  const result = shape.safeParse(parsed);
  if (result.success) return { content: result.data as T };
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return { fault: `does not hold what it should${where}: ${issue?.message ?? 'of another form'}` };
}
