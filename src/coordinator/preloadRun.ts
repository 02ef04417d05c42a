import type { TopicAdmin, Watermarks } from '../kafka/topics.js';
import { openTopicReader } from '../kafka/topicReader.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { Plan } from '../scenario/plan.js';
import { rewritesPasses } from '../schedule/recorded.js';
import type { RunControl } from '../workers/control.js';
import type { PreloadTask } from '../workers/protocol.js';
import { notedPlaces, notedSource, notedTotal } from '../workers/reservoirFormat.js';
import type { AlertFacts } from './alertFacts.js';
import { clusterOf, preloadClusterOf } from './connection.js';
import type { Pool, WorkerFailure } from './pool.js';
import { reservoirSpanUs } from './reservoirSpan.js';
import { prepareTopic, type TopicDecision } from './topicRules.js';

/** A reservoir that is ready to be replayed. */
export interface FilledReservoir {
  /** First and next offset of each partition. */
  readonly watermarks: readonly Watermarks[];
  /** Microseconds from its first to its last alert. */
  readonly spanUs: number;
  /** How many seconds filling it took; undefined where it was there already. */
  readonly seconds: number | undefined;
  /** Why workers did not end well; the reservoir is not whole then. */
  readonly failures: readonly WorkerFailure[];
}

/** What a preload needs. */
export interface PreloadRunOptions {
  /** The scenario. */
  readonly plan: Plan;
  /** Its alerts. */
  readonly facts: AlertFacts;
  /** The cluster. */
  readonly admin: TopicAdmin;
  /** The threads. */
  readonly pool: Pool;
  /** The run's flags. */
  readonly control: RunControl;
  /** Shows how far it is. */
  readonly progress: ProgressFactory;
  /** How long anything may go on without progress, milliseconds. */
  readonly timeoutMs: number;
}

/** What it takes to look at a reservoir. */
type LookOptions = Pick<PreloadRunOptions, 'plan' | 'facts' | 'admin' | 'timeoutMs'>;

/**
 * Takes a reservoir that holds a scenario's alerts already.
 *
 * @param options - what it needs
 * @param watermarks - first and next offset of each of its partitions
 * @returns the reservoir
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
 * A reservoir is always filled from the beginning: one that is there and is not whole is made anew, so that no alert
 * is ever in it twice.
 *
 * @param options - what it needs
 * @param decision - what is to be done about its topic
 * @returns the reservoir
 */
export async function fillReservoir(
  options: PreloadRunOptions,
  decision: TopicDecision,
): Promise<FilledReservoir> {
  const { plan, facts, admin } = options;
  const { topic } = plan.reservoir;
  await prepareTopic(admin, decision);
  const startMs = performance.now();
  const failures = await fill(options);
  const seconds = (performance.now() - startMs) / 1000;
  const watermarks = await admin.watermarks(topic);
  const whole = failures.length === 0 && totalOf(watermarks) === facts.source.alerts;
  return { watermarks, spanUs: whole ? await spanOf(options, watermarks) : 0, seconds, failures };
}

async function fill({
  plan,
  facts,
  pool,
  control,
  progress,
  timeoutMs,
}: PreloadRunOptions): Promise<WorkerFailure[]> {
  const { topic, partitions, schemaId } = plan.reservoir;
  const workers = Math.min(plan.reservoir.workers * pool.machines, partitions);
  const display = progress({ title: 'preloading', unit: 'alerts', total: facts.source.alerts });
  const done = Array.from({ length: workers }, () => ({ alerts: 0, bytes: 0 }));
  const running = done.map((mine, index) =>
    pool.start<PreloadTask>(
      {
        kind: 'preload',
        name: `${pool.labelOf('preload', index, workers)}preload ${index + 1}`,
        connection: preloadClusterOf(plan),
        timeoutMs,
        topic,
        partitions,
        share: { index, of: workers },
        source: facts.source,
        fingerprint: facts.fingerprint,
        schemaId,
        notePlaces: needsPlaces(plan),
      },
      (message) => {
        if (message.type !== 'preloaded') return;
        Object.assign(mine, { alerts: message.alerts, bytes: message.bytes });
        display.update(
          done.reduce((sum, { alerts }) => sum + alerts, 0),
          done.reduce((sum, { bytes }) => sum + bytes, 0),
        );
      },
    ),
  );
  for (const worker of running) {
    void worker.ended.then((failure) => {
      // The others stop: a reservoir with a hole is of no use.
      if (failure !== undefined) control.stop();
    });
  }
  const ends = await Promise.all(running.map(({ ended }) => ended));
  display.stop();
  return ends.filter((end) => end !== undefined);
}

function needsPlaces(plan: Plan): boolean {
  return plan.replay.phases.some(({ pacing }) => rewritesPasses(pacing));
}

/**
 * Looks whether the reservoir holds a scenario's alerts already: all of them, in as many partitions, with what phases
 * need.
 *
 * @param options - what it needs
 * @returns first and next offset of each partition; undefined where it is to be filled
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
  const partition = watermarks.findIndex(({ low, high }) => high > low);
  const { low = 0 } = watermarks[partition] ?? {};
  const reader = await openTopicReader(
    clusterOf(plan),
    topic,
    [{ partition, offset: low }],
    1 << 20,
    timeoutMs,
  );
  try {
    const deadlineMs = performance.now() + timeoutMs;
    while (performance.now() < deadlineMs) {
      const [first] = await reader.read(1);
      if (first === undefined) continue;
      const holds =
        notedTotal(first.headers) === facts.source.alerts &&
        notedSource(first.headers) === facts.fingerprint &&
        (!needsPlaces(plan) || notedPlaces(first.headers) !== undefined);
      return holds ? watermarks : undefined;
    }
    return undefined;
  } finally {
    await reader.close();
  }
}

function spanOf({ plan, timeoutMs }: LookOptions, watermarks: readonly Watermarks[]): Promise<number> {
  return reservoirSpanUs(clusterOf(plan), plan.reservoir.topic, watermarks, timeoutMs);
}

function totalOf(watermarks: readonly Watermarks[]): number {
  return watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
}
