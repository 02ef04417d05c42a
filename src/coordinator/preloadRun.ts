import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { TopicAdmin, Watermarks } from '../kafka/topics.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { Plan } from '../scenario/plan.js';
import { rewritesPasses } from '../schedule/recorded.js';
import { RunControl } from '../workers/control.js';
import type { PreloadProgress, PreloadSource, PreloadTask, SchemaIds } from '../workers/protocol.js';
import { notedPlaces, notedSource, notedTotal } from '../workers/reservoirFormat.js';
import type { AlertFacts } from './alertFacts.js';
import { clusterOf, preloadClusterOf } from './connection.js';
import { ThisThread, workerName, type Pool, type WorkerFailure } from './pool.js';
import { firstMessage, reservoirSpanUs } from './openReservoir.js';
import { ownPartitions } from './recordedFacts.js';
import { prepareTopic, type TopicDecision } from './topicRules.js';

/** A reservoir that is ready to be replayed. */
export interface FilledReservoir {
  /** First and next offset of each partition. */
  readonly watermarks: readonly Watermarks[];
  /** From its first to its last alert. */
  readonly spanUs: number;
  /** How long filling it took; undefined where it was there already. */
  readonly seconds: number | undefined;
  /** Why workers did not end well; the reservoir is incomplete then. */
  readonly failures: readonly WorkerFailure[];
}

export interface PreloadRunOptions {
  readonly plan: Plan;
  readonly facts: AlertFacts;
  readonly admin: TopicAdmin;
  readonly pool: Pool;
  readonly control: RunControl;
  readonly progress: ProgressFactory;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
}

type LookOptions = Pick<PreloadRunOptions, 'plan' | 'facts' | 'admin' | 'timeoutMs'>;

/**
 * Takes a reservoir that holds a scenario's alerts already.
 *
 * @param watermarks - first and next offset of each of its partitions
 */
export async function wholeReservoirOf(
  options: LookOptions,
  watermarks: readonly Watermarks[],
): Promise<FilledReservoir> {
  return { watermarks, spanUs: await spanOf(options, watermarks), seconds: undefined, failures: [] };
}

/**
 * Fills a scenario's reservoir with several workers.
 *
 * A reservoir is always filled from the beginning: an incomplete one is created again, so that no alert is
 * ever in it twice.
 */
export async function fillReservoir(
  options: PreloadRunOptions,
  decision: TopicDecision,
): Promise<FilledReservoir> {
  const { plan, facts, admin, pool } = options;
  const { topic, partitions, schemaId } = plan.reservoir;
  await prepareTopic(admin, decision);
  const startMs = performance.now();
  const { failures } = await fill(
    {
      ...{ topic, partitions, schemaId, source: facts.source, fingerprint: markOf(options) },
      schemaIds: facts.schemaIds,
      connection: preloadClusterOf(plan),
      notePlaces: needsPlaces(plan),
      workers: Math.min(plan.reservoir.workers * pool.machines, partitions),
    },
    options,
  );
  const seconds = (performance.now() - startMs) / 1000;
  const watermarks = await admin.watermarks(topic);
  const whole = failures.length === 0 && totalOf(watermarks) === facts.source.alerts;
  return { watermarks, spanUs: whole ? await spanOf(options, watermarks) : 0, seconds, failures };
}

/** A topic that will be filled, and its alerts. */
type Filling = Pick<
  PreloadTask,
  'connection' | 'topic' | 'partitions' | 'source' | 'fingerprint' | 'schemaId' | 'schemaIds' | 'notePlaces'
> & {
  readonly workers: number;
};

/** What a preload by itself came to. */
export interface Preloaded extends PreloadProgress {
  /** Whether it ended because the alerts are not in order of time, as it was asked to. */
  readonly endedAtDisorder: boolean;
}

/** Progress of all workers of a preload, and why some did not end well. */
interface Filled extends Preloaded {
  readonly failures: readonly WorkerFailure[];
}

async function fill(
  { workers, ...filling }: Filling,
  {
    pool,
    control,
    progress,
    timeoutMs,
    endsAtDisorder = false,
  }: Pick<PreloadRunOptions, 'pool' | 'control' | 'progress' | 'timeoutMs'> &
    Pick<PreloadOptions, 'endsAtDisorder'>,
): Promise<Filled> {
  const display = progress({ title: 'preloading', unit: 'alerts', total: filling.source.alerts });
  const done = Array.from({ length: workers }, (): PreloadProgress => ({
    alerts: 0,
    bytes: 0,
    seconds: 0,
    disorder: undefined,
  }));
  const sumOf = (key: 'alerts' | 'bytes'): number => done.reduce((sum, one) => sum + one[key], 0);
  const running = done.map((_, index) =>
    pool.start<PreloadTask>(
      {
        ...filling,
        kind: 'preload',
        name: workerName(pool.shardOf('preload', index), `preload ${index + 1}`),
        shard: pool.shardOf('preload', index),
        timeoutMs,
        share: { index, of: workers },
      },
      (message) => {
        if (message.type !== 'preloaded') return;
        done[index] = message;
        if (endsAtDisorder && message.disorder !== undefined) control.stop();
        display.update(sumOf('alerts'), sumOf('bytes'));
      },
    ),
  );
  for (const worker of running) {
    void worker.ended.then((failure) => {
      // The others stop: a reservoir with a hole is useless.
      if (failure !== undefined) control.stop();
    });
  }
  const ends = await Promise.all(running.map(({ ended }) => ended));
  display.stop();
  return {
    alerts: sumOf('alerts'),
    bytes: sumOf('bytes'),
    seconds: Math.max(...done.map(({ seconds }) => seconds)),
    disorder: done[0]?.disorder,
    endedAtDisorder: endsAtDisorder && done[0]?.disorder !== undefined,
    failures: ends.filter((end) => end !== undefined),
  };
}

/** A preload by itself, without a run. */
export interface PreloadOptions extends Pick<PreloadRunOptions, 'progress' | 'timeoutMs'> {
  readonly connection: ConnectionOptions;
  /** It exists, with one partition, or as many as recorded messages come from. */
  readonly topic: string;
  readonly source: PreloadSource;
  /** Of the wire format, for all alerts; undefined: each alert's own. */
  readonly schemaId: number | undefined;
  /** Of a registry. */
  readonly schemaIds?: SchemaIds | undefined;
  /** Whether to end where the alerts turn out not to be in order of time. */
  readonly endsAtDisorder?: boolean;
  /** Ends the preload; what was sent until then is waited for. */
  readonly signal: AbortSignal;
}

/**
 * Fills a reservoir of one partition as a run does, for any number of replays.
 *
 * @returns fewer alerts than there are where it was ended by its signal
 * @throws `DELIVERY_FAILED` with counts when an alert was not acknowledged; `BAD_INPUT_FILE` when the
 * container is damaged
 */
export async function preload(options: PreloadOptions): Promise<Preloaded> {
  const { connection, topic, source, schemaId, schemaIds, signal } = options;
  const partitions = ownPartitions({ source }) ?? 1;
  const control = new RunControl();
  const pool = new ThisThread(control);
  const onAbort = (): void => {
    control.stop();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const { failures, ...done } = await fill(
      {
        ...{ connection, topic, source, schemaId, schemaIds, partitions, workers: 1 },
        ...{ fingerprint: undefined, notePlaces: false },
      },
      { ...options, pool, control },
    );
    const [failure] = failures;
    if (failure !== undefined) throw new AlertSimError(failure.code, failure.reason ?? failure.message);
    return done;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await pool.close();
  }
}

/** What a reservoir is recognised by: its alerts, and the schema ids before them. */
function markOf({ plan, facts }: Pick<LookOptions, 'plan' | 'facts'>): string {
  const registered = facts.schemaIds?.map(([, id]) => id).join('+');
  return `${facts.fingerprint}-${plan.reservoir.schemaId ?? (registered || 'own')}`;
}

function needsPlaces(plan: Plan): boolean {
  return plan.replay.phases.some(({ pacing }) => rewritesPasses(pacing));
}

/**
 * The first and next offset of each partition where the reservoir holds a scenario's alerts already: all of
 * them, in as many partitions, with what phases need. Undefined where it must be filled.
 */
export async function holdsAlready({
  plan,
  facts,
  admin,
  timeoutMs,
}: LookOptions): Promise<readonly Watermarks[] | undefined> {
  const { topic, partitions } = plan.reservoir;
  if ((await admin.partitionsOf(topic)) !== partitions) return undefined;
  const watermarks = await admin.watermarks(topic);
  if (totalOf(watermarks) !== facts.source.alerts) return undefined;
  const first = await firstMessage(clusterOf(plan), topic, watermarks, timeoutMs);
  const holds =
    first !== undefined &&
    notedTotal(first.headers) === facts.source.alerts &&
    notedSource(first.headers) === markOf({ plan, facts }) &&
    (!needsPlaces(plan) || notedPlaces(first.headers) !== undefined);
  return holds ? watermarks : undefined;
}

function spanOf({ plan, timeoutMs }: LookOptions, watermarks: readonly Watermarks[]): Promise<number> {
  return reservoirSpanUs(clusterOf(plan), plan.reservoir.topic, watermarks, timeoutMs);
}

function totalOf(watermarks: readonly Watermarks[]): number {
  return watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
}
