import { AlertSimError } from '../errors.js';
import { openGroupReader, type GroupReader } from '../kafka/groupReader.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicAdmin } from '../kafka/topics.js';
import { MergedLatencies, latenciesOf } from '../measure/latencySet.js';
import type { Logger } from '../outputs/log.js';
import type { RunOutput } from '../outputs/runOutput.js';
import { withWords } from '../report/words.js';
import { rateOf } from '../results/averages.js';
import { verdictOf } from '../results/findings.js';
import { schemaVersion, type IntervalRecord, type RunSummary } from '../results/runFolder.js';
import { createRunFolder, type RunFolder } from '../results/writeRunFolder.js';
import type { Plan } from '../scenario/plan.js';
import { openGroupWatch, rejectUnreadable, type GroupWatch, type WatchTarget } from './groupWatch.js';
import { manifestOf } from './manifest.js';

export interface WatchGroupsOptions {
  readonly connection: ConnectionOptions;
  /** Ids. */
  readonly groups: readonly string[];
  /** Undefined: those that a group has committed offsets on. */
  readonly topics: readonly string[] | undefined;
  /** Undefined: until it is interrupted. */
  readonly forMs: number | undefined;
  readonly runsFolder: string;
  readonly outputs: readonly RunOutput[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface WatchedGroups {
  readonly folder: string;
  readonly summary: RunSummary;
  readonly folderFault: AlertSimError | undefined;
}

/** The time of a watch is one phase. */
const phase = 'watch';

/**
 * Watches consumer groups of others, and sends nothing: a line a second, and a run folder.
 *
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`; `BAD_USAGE` for a group without a topic
 */
export async function watchGroups(options: WatchGroupsOptions): Promise<WatchedGroups> {
  const { connection, groups, forMs, timeoutMs, signal, log, outputs } = options;
  const targets = await targetsOf(options);
  const startedAt = new Date();
  const folder = await createRunFolder(
    options.runsFolder,
    startedAt,
    phase,
    groups[0]?.replace(/[^\w.-]+/g, '_'),
  );
  const intervals = new Intervals(folder, outputs, startedAt.getTime());
  const onSample = (seen: GroupWatch): void => {
    intervals.add(seen);
  };
  const isMeasured = (): boolean => true;
  const watch = await openGroupWatch({
    ...{ connection, targets, starts: undefined, isMeasured, timeoutMs, log, onSample },
  });
  await manifestFor(options, targets, folder, startedAt);
  const interrupted = await ended(forMs, signal);
  await watch.sample();
  const watched = await watch.stop();
  const findings = watched.flatMap((group) =>
    watch.findings(group, { isExpected: false, drainSeconds: null, isJudged: () => true }),
  );
  const endedAt = new Date();
  const seconds = (endedAt.getTime() - startedAt.getTime()) / 1000;
  const summary = withWords({
    schemaVersion,
    run: {
      ...{ id: folder.id, scenario: phase, variant: groups[0] ?? null },
      ...{ startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() },
    },
    verdict: verdictOf(interrupted && forMs !== undefined, findings),
    ...{ counts: nothing, rate: rateOf({ acked: 0, bytes: 0, seconds, planned: null }) },
    ...{ latency: latenciesOf(new MergedLatencies(), []), broker: null, phases: [], groups: [] },
    ...{ watchedGroups: watched, expectations: [], searches: [], catchUps: [], findings, outputs: [] },
  });
  folder.writeJson('summary.json', summary);
  await folder.flush();
  return { folder: folder.path, summary, folderFault: folder.fault() };
}

/** Which topics each group is watched on. */
async function targetsOf({
  connection,
  groups,
  topics,
  timeoutMs,
}: WatchGroupsOptions): Promise<WatchTarget[]> {
  const reader = await openGroupReader(connection, timeoutMs);
  try {
    const targets: WatchTarget[] = [];
    if (topics !== undefined) await rejectMissing(reader, topics);
    for (const group of groups) {
      const of = topics ?? topicsOf(group, await reader.topicsOf(group));
      for (const topic of of)
        targets.push({
          ...{ group, topic, kind: 'watched' },
          name: of.length === 1 ? group : `${group}/${topic}`,
        });
    }
    return targets;
  } finally {
    await reader.close();
  }
}

async function rejectMissing(reader: GroupReader, topics: readonly string[]): Promise<void> {
  for (const topic of topics)
    if ((await reader.partitionsOf(topic)) === 0)
      throw new AlertSimError(
        'BAD_USAGE',
        `there is no topic ${topic} that this user may see: check its name`,
      );
}

function topicsOf(
  group: string,
  answer: Awaited<ReturnType<Awaited<ReturnType<typeof openGroupReader>>['topicsOf']>>,
): readonly string[] {
  rejectUnreadable(group, [answer]);
  if ('error' in answer)
    throw new AlertSimError(
      'BROKER_UNREACHABLE',
      `cannot watch the consumer group ${group}: ${answer.error}`,
    );
  if (answer.value.length > 0) return answer.value;
  throw new AlertSimError(
    'BAD_USAGE',
    `the consumer group ${group} has not committed anything that this user may see: check its id, or name its topic with --topic`,
  );
}

/** Waits for the end; whether it was interrupted. */
function ended(forMs: number | undefined, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer =
      forMs === undefined
        ? undefined
        : setTimeout(() => {
            signal.removeEventListener('abort', onAbort);
            resolve(false);
          }, forMs);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

async function manifestFor(
  { connection, timeoutMs }: WatchGroupsOptions,
  targets: readonly WatchTarget[],
  folder: RunFolder,
  startedAt: Date,
): Promise<void> {
  const [first] = targets;
  const admin = await openTopicAdmin(connection, timeoutMs);
  try {
    const topic = first?.topic ?? '';
    const groups = targets.map(({ name, group }) => ({ kind: 'external' as const, name, groupId: group }));
    // What has no meaning without a load is left out; readers of manifests expect that of older ones.
    const scenario = {
      name: phase,
      kafka: { bootstrap: connection.bootstrap, client: {}, jmx: 'none' },
      stream: {
        topic,
        existing: true,
        partitions: (await admin.partitionsOf(topic)) ?? 0,
        replication: -1,
        config: {},
      },
      consumers: { groupPrefix: '', groups },
    };
    const { cluster, ...manifest } = await manifestOf(
      { ...scenario, reservoir: { topic } } as unknown as Plan,
      ...([folder.id, startedAt, 0, admin] as const),
    );
    const whole = {
      ...manifest,
      scenario: scenario as unknown as Plan,
      cluster: { ...cluster, reservoir: {} },
    };
    folder.writeJson('manifest.json', whole);
  } finally {
    await admin.close();
  }
}

const nothing: RunSummary['counts'] = {
  ...{ scheduled: 0, sent: 0, unsent: 0, unknown: 0, acked: 0, failed: 0 },
  ...{ consumed: null, lost: null, duplicated: null, outOfOrder: null },
};

/** Writes an interval for each sample. */
class Intervals {
  readonly #folder: RunFolder;
  readonly #outputs: readonly RunOutput[];
  readonly #startMs: number;
  #lastMs: number;

  constructor(folder: RunFolder, outputs: readonly RunOutput[], startMs: number) {
    this.#folder = folder;
    this.#outputs = outputs;
    this.#startMs = startMs;
    this.#lastMs = startMs;
  }

  add(watch: GroupWatch): void {
    const nowMs = Date.now();
    const record: IntervalRecord = {
      time: new Date(nowMs).toISOString(),
      startSeconds: (this.#lastMs - this.#startMs) / 1000,
      seconds: Math.max(1, nowMs - this.#lastMs) / 1000,
      phase,
      ...{ targetPerSecond: null, achievedPerSecond: 0, bytesPerSecond: 0, inFlight: 0 },
      counts: { sent: 0, acked: 0, failed: 0, received: 0 },
      ...{ latency: {}, buckets: {}, read: [], lag: {}, workers: {} },
      watched: watch.takeInterval(),
      ...{ harness: null, broker: null },
    };
    this.#lastMs = nowMs;
    this.#folder.interval(record);
    for (const output of this.#outputs) output.onInterval?.(record);
  }
}
