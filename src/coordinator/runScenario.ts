import { randomInt } from 'node:crypto';
import { notReadyFinding } from '../consumers/consumerFindings.js';
import type { ConsumerProcesses, NotReady } from '../consumers/consumerProcesses.js';
import { AlertSimError, messageOf, twoSentences } from '../errors.js';
import { commitOffsets } from '../kafka/groupOffsets.js';
import { openTopicAdmin, type TopicAdmin, type Watermarks } from '../kafka/topics.js';
import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { WatchedGroup } from '../results/watchedGroups.js';
import { createRunFolder, type RunFolder } from '../results/writeRunFolder.js';
import type { RunOutput } from '../outputs/runOutput.js';
import { withWords } from '../report/words.js';
import { redacted } from '../scenario/redaction.js';
import { ownGroups, watchedGroups, type Plan } from '../scenario/plan.js';
import { warmupPacing } from '../schedule/phaseFigures.js';
import { partitionShares } from '../schedule/split.js';
import { RunControl } from '../workers/control.js';
import type { LoadPhase, ReplaySource } from '../workers/protocol.js';
import type { ReservoirShare } from '../workers/reservoirReader.js';
import { fillPacing } from '../schedule/pacing.js';
import { readerRequestText } from '../report/backlogWords.js';
import { aheadPlanOf, checkDuration } from './aheadRun.js';
import { alertFacts, type AlertFacts } from './alertFacts.js';
import { BacklogSteps } from './backlogRun.js';
import type { Collector } from './collector.js';
import { checkCommands, startCommands, withProcesses } from './commandGroups.js';
import { clusterOf } from './connection.js';
import { Deadline } from './deadline.js';
import { checkGroups, openGroupWatch, type GroupWatch, type WatchTarget } from './groupWatch.js';
import { LoadRecord } from './loadRecord.js';
import { groupId, runLoad } from './loadRun.js';
import { manifestOf } from './manifest.js';
import type { Pool, WorkerFailure } from './pool.js';
import { WorkerPool } from './workerPool.js';
import { fillReservoir, wholeReservoirOf, type FilledReservoir } from './preloadRun.js';
import { ownPartitions } from './recordedFacts.js';
import { decideTopics, withExistingStream, type RunTopics } from './runTopics.js';
import { summarise } from './summarise.js';
import { registeredIds, registryTarget } from './registeredIds.js';
import { prepareTopic } from './topicRules.js';
import type { GroupRules } from '../measure/groupTrend.js';
import type { BrokerMetrics } from '../results/values.js';
import { groupMetrics } from '../scenario/metricNames.js';
import type {
  BrokerMetricSource,
  ExperimentNote,
  Manifest,
  OutputReport,
  RunSummary,
} from '../results/runFolder.js';

/** What a run is doing; `cli/context.ts` makes words of it when an interrupt has to wait for it. */
export type Stage =
  | 'alerts'
  | 'connecting'
  | 'gathering'
  | 'preloading'
  | 'topics'
  | 'consumers'
  | 'load'
  | 'results'
  | 'outputs'
  | 'brokerFigures'
  | 'broker'
  | 'closing';

export interface RunOptions {
  /** Resolved. */
  readonly plan: Plan;
  readonly runsFolder: string;
  /**
   * Makes the pool of the workers; threads of this machine by default.
   *
   * @param threads - how many tasks run on it at the same time
   */
  readonly openPool?: ((producers: number, threads: number, control: RunControl) => Pool) | undefined;
  /** Whether topics that this program did not create are overwritten; default false. */
  readonly force?: boolean | undefined;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Ends the run; what was measured until then is written. */
  readonly signal: AbortSignal;
  /** For an interrupt, which says what it waits for. */
  readonly onStage?: ((stage: Stage) => void) | undefined;
  readonly log: Logger;
  /** Of the preload. */
  readonly progress: ProgressFactory;
  /** Facts about the alerts, where they are known already. */
  readonly facts?: AlertFacts | undefined;
  /** Destinations of results besides the run folder. */
  readonly outputs: readonly RunOutput[];
  /** The brokers' metrics of an interval, since 1970; undefined where there are none. */
  readonly brokerFigures?: ((fromMs: number, toMs: number) => BrokerMetrics | null) | undefined;
  /** Processes that were started to measure with; their CPU time is the harness's. */
  readonly helperPids?: readonly number[] | undefined;
  /** Source of these metrics, for the manifest. */
  readonly brokerMetricSource?: BrokerMetricSource | null | undefined;
  /** The part of an experiment that the run is, for its manifest. */
  readonly experiment?: ExperimentNote | undefined;
}

export interface RunOutcome {
  readonly folder: string;
  readonly summary: RunSummary;
  /** An error of writing the run folder, if there was one. */
  readonly folderFault: AlertSimError | undefined;
  /** Why workers did not end well. */
  readonly failures: readonly WorkerFailure[];
}

const warmupName = 'warm-up';

/**
 * Executes a scenario: topics, preload, replay, drain, verification, results. The run folder is written
 * whatever happened after the topics were created.
 *
 * @throws before anything was sent, what a user can fix: `BAD_INPUT_FILE`, `BROKER_UNREACHABLE`,
 * `BROKER_REFUSED`
 */
export async function runScenario(options: RunOptions): Promise<RunOutcome> {
  const { signal, timeoutMs, progress, log, onStage } = options;
  onStage?.('alerts');
  const unregistered = options.facts ?? (await alertFacts(options.plan));
  onStage?.('connecting');
  const facts = await orInterrupted(withRegisteredIds(unregistered, options.plan), signal);
  const admin = await orInterrupted(openTopicAdmin(clusterOf(options.plan), timeoutMs), signal);
  // Runs that are compared start alike: a topic that was emptied still has its last segment on the disk.
  const fresh = options.experiment !== undefined;
  const looking = orInterrupted(lookedAt(options, facts, admin, fresh), signal);
  const { plan, topics } = await looking.catch(async (thrown: unknown) => {
    await admin.close();
    throw thrown;
  });
  const control = new RunControl();
  const { producers, threads } = threadsOf(plan);
  const pool = options.openPool?.(producers, threads, control) ?? new WorkerPool(threads, control);
  const onAbort = (): void => {
    control.hurry();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const deadline = new Deadline(plan.limits.deadlineNs, control);
  try {
    const startedAt = new Date();
    const folder = await createRunFolder(options.runsFolder, startedAt, plan.name, plan.variant);
    onStage?.('gathering');
    const absent = await pool.gather();
    onStage?.('preloading');
    const { reservoir: decision } = topics;
    const reservoir =
      absent.length > 0 || control.stopped || decision.kind === 'none'
        ? { watermarks: [], spanUs: 0, seconds: undefined, failures: absent }
        : decision.kind === 'whole'
          ? await wholeReservoirOf({ plan, facts, admin, timeoutMs }, decision.watermarks)
          : await fillReservoir({ plan, facts, admin, pool, control, progress, timeoutMs }, decision);
    if (decision.kind === 'whole' && absent.length === 0 && !control.stopped)
      log.info('run', `the reservoir ${plan.reservoir.topic} is whole already`);
    const machinery = { admin, control, pool, producers, deadline, stream: topics.stream };
    return await replayInto(folder, startedAt, reservoir, { ...options, plan, facts }, machinery);
  } finally {
    signal.removeEventListener('abort', onAbort);
    deadline.clear();
    onStage?.('closing');
    await pool.close('leave');
    await admin.close();
  }
}

/** Looks up or registers the schemas, where there is a registry and no id was chosen for all alerts. */
async function withRegisteredIds(facts: AlertFacts, plan: Plan): Promise<AlertFacts> {
  if (plan.reservoir.schemaId !== undefined) return facts;
  const target = await registryTarget(plan.registry, plan.kafka.bootstrap);
  if (target === undefined) return facts;
  return { ...facts, schemaIds: await registeredIds(target, facts.source, `${plan.stream.topic}-value`) };
}

/** What cannot be ended from outside is left alone when a user interrupts: nothing was changed yet. */
async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const interrupt = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(new AlertSimError('INTERRUPTED', 'interrupted: nothing was changed'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, interrupt]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** How many producers a scenario has on each machine, and all its tasks that may run there at the same time. */
export function threadsOf(plan: Plan): { readonly producers: number; readonly threads: number } {
  const producers = plan.replay.workers * plan.replay.producersPerWorker;
  const members = ownGroups(plan.consumers).reduce((sum, group) => sum + group.members, 0);
  return { producers, threads: Math.max(producers + members, plan.reservoir.workers) };
}

/** A scenario to be checked on its cluster. */
export type CheckOptions = Pick<RunOptions, 'plan' | 'facts' | 'timeoutMs' | 'force' | 'signal'>;

/**
 * Asks a cluster whether it would take a scenario's client properties, topics and their settings, and changes
 * nothing.
 *
 * @throws as {@link runScenario} does before anything was sent
 */
export async function checkScenario(options: CheckOptions): Promise<void> {
  const { plan, timeoutMs, signal } = options;
  const facts = options.facts ?? (await alertFacts(plan));
  const admin = await orInterrupted(openTopicAdmin(clusterOf(plan), timeoutMs), signal);
  await orInterrupted(lookedAt(options, facts, admin, true), signal).finally(admin.close);
}

/** Facts about the cluster before anything on it is changed. */
async function lookedAt(
  { plan: asked, timeoutMs, force = false }: CheckOptions,
  facts: AlertFacts,
  admin: TopicAdmin,
  fresh: boolean,
): Promise<{ readonly plan: Plan; readonly topics: RunTopics }> {
  checkDuration(asked);
  await checkCommands(asked);
  await checkGroups(clusterOf(asked), targetsOf(asked, 0), timeoutMs);
  const plan = await withExistingStream(withOwnPartitions(asked, facts), admin);
  return { plan, topics: await decideTopics({ plan, facts, admin, timeoutMs, force, fresh }) };
}

/** The groups that the run watches. */
function targetsOf(plan: Plan, run: number): WatchTarget[] {
  const { topic } = plan.stream;
  return watchedGroups(plan.consumers).map(({ kind, name }) => ({
    ...{ kind, name, topic, group: groupId(plan, name, run) },
  }));
}

/** Messages that keep their partitions need a reservoir that has as many. */
function withOwnPartitions(plan: Plan, facts: AlertFacts): Plan {
  const partitions = ownPartitions(facts);
  return partitions === undefined ? plan : { ...plan, reservoir: { ...plan.reservoir, partitions } };
}

/** Where the stream has as many partitions as the messages came from, they are sent into the same. */
function sourceOf(plan: Plan, facts: AlertFacts | undefined): ReplaySource | undefined {
  if (facts === undefined || ownPartitions(facts) !== plan.stream.partitions) return undefined;
  return { connection: undefined, firstMs: undefined, keepsPartitions: true };
}

interface Machinery {
  readonly admin: TopicAdmin;
  readonly stream: RunTopics['stream'];
  readonly control: RunControl;
  readonly pool: Pool;
  readonly producers: number;
  readonly deadline: Deadline;
}

async function replayInto(
  folder: RunFolder,
  startedAt: Date,
  reservoir: FilledReservoir,
  options: RunOptions,
  machinery: Machinery,
): Promise<RunOutcome> {
  const { plan, timeoutMs, experiment, onStage } = options;
  const { admin, control, stream } = machinery;
  const isFilled = reservoir.failures.length === 0;
  onStage?.('topics');
  if (isFilled && !control.stopped && stream.kind !== 'existing') await prepareTopic(admin, stream);
  const run = randomInt(1, 2 ** 32 - 1);
  const starts = isFilled ? await startsOf(plan, run, admin, timeoutMs) : [];
  const manifest: Manifest = {
    ...(await manifestOf(redacted(plan), folder.id, startedAt, run, admin)),
    brokerFigures: options.brokerMetricSource ?? null,
    ...(experiment === undefined ? {} : { experiment }),
  };
  folder.writeJson('manifest.json', manifest);
  const watch = isFilled ? await watchOf(options, run, starts) : undefined;
  const commands =
    watch === undefined || control.stopped
      ? undefined
      : await startCommands({
          ...{ plan, run, starts, watch, timeoutMs, log: options.log },
          runFolder: folder.path,
        });
  const begun = { folder, startedAt, manifest, run, starts, watch, commands };
  // Whatever happens, no program is left.
  return measuredInto(begun, reservoir, options, machinery).finally(() => commands?.stop());
}

/** What there is when everything is ready to be sent. */
interface BegunRun {
  readonly folder: RunFolder;
  readonly startedAt: Date;
  readonly manifest: Manifest;
  /** For the stamps. */
  readonly run: number;
  /** The run's first offset of each partition of the stream. */
  readonly starts: readonly number[];
  /** Of groups that are not ours. */
  readonly watch: GroupWatch | undefined;
  /** Programs that are some of these groups. */
  readonly commands: ConsumerProcesses | undefined;
}

/** Sends everything and writes the results. */
async function measuredInto(
  begun: BegunRun,
  reservoir: FilledReservoir,
  options: RunOptions,
  machinery: Machinery,
): Promise<RunOutcome> {
  const { folder, startedAt, manifest, run, watch, commands } = begun;
  const { plan, outputs, onStage } = options;
  const { control, pool } = machinery;
  const isFilled = reservoir.failures.length === 0;
  const phases = phasesOf(plan, reservoir, options.facts?.meanBytes ?? 1);
  const isMeasured = isMeasuredIn(plan);
  const record = await LoadRecord.begin({
    ...{ folder, phases, plan },
    outputs: [...outputs, { onPhase: ({ kind }) => commands?.onLoad(kind === 'start') }],
    ...{ brokerFigures: options.brokerFigures, helperPids: options.helperPids },
    ...{ watch, isMeasured, consumersCpuSeconds: () => commands?.cpuSeconds ?? 0 },
    groups: ownGroups(plan.consumers).map(({ name }) => groupId(plan, name, run)),
    producerCount: machinery.producers * pool.machines,
    clockBoundUs: () => pool.facts()?.clockBoundUs ?? 0,
  });
  for (const output of outputs) {
    output.onStart?.({
      id: folder.id,
      folder: folder.path,
      scenario: plan.name,
      variant: plan.variant ?? null,
      startedAtMs: startedAt.getTime(),
    });
  }
  onStage?.('consumers');
  const notReady = (await commands?.ready(() => control.stopped)) ?? [];
  onStage?.('load');
  const backlogs = backlogsOf(options, phases, begun, record);
  const load = { ...begun, record, phases, backlogs };
  const failures =
    isFilled && !control.stopped && notReady.length === 0
      ? await replayed(reservoir, options, machinery, load)
      : reservoir.failures;
  record.end();
  onStage?.('results');
  const measured = withWords(await settled(reservoir, options, machinery, { ...load, failures, notReady }));
  const summary = await delivered(measured, folder, manifest, options);
  return { folder: folder.path, summary, folderFault: folder.fault(), failures };
}

/** Whether a phase's results count: a warm-up only prepares what follows, and so does a backlog. */
function isMeasuredIn({ replay }: Plan): (phase: string) => boolean {
  const unmeasured = new Set([
    warmupName,
    ...replay.phases.filter(({ pacing }) => pacing.kind === 'backlog').map(({ name }) => name),
  ]);
  return (phase) => !unmeasured.has(phase);
}

/** Begins to watch the groups that are not ours; undefined where there are none. */
async function watchOf(
  { plan, timeoutMs, log }: RunOptions,
  run: number,
  starts: readonly number[],
): Promise<GroupWatch | undefined> {
  const targets = targetsOf(plan, run);
  if (targets.length === 0) return undefined;
  const connection = clusterOf(plan);
  return openGroupWatch({ connection, targets, starts, isMeasured: isMeasuredIn(plan), timeoutMs, log });
}

/** Undefined where no phase is a backlog. */
function backlogsOf(
  { plan, log }: RunOptions,
  phases: readonly LoadPhase[],
  { run, watch, commands }: BegunRun,
  { collector }: LoadRecord,
): BacklogSteps | undefined {
  if (plan.replay.phases.every(({ pacing }) => pacing.kind !== 'backlog')) return undefined;
  return new BacklogSteps({
    ...{ plan, collector, watch, programs: commands },
    phases: phases.map(({ name }) => name),
    onRequest: ({ kind, group }) => {
      log.warning('run', readerRequestText(kind, groupId(plan, group, run)));
    },
  });
}

/** A load that has begun. */
interface BegunLoad extends BegunRun {
  readonly backlogs: BacklogSteps | undefined;
  readonly record: LoadRecord;
  readonly phases: readonly LoadPhase[];
}

/** Sends everything, and returns why workers did not end well. */
async function replayed(
  reservoir: FilledReservoir,
  { plan, facts, timeoutMs, signal }: RunOptions,
  { pool, control, producers }: Machinery,
  { record, phases, run, starts, watch, commands, backlogs }: BegunLoad,
): Promise<readonly WorkerFailure[]> {
  const all = { producers: producers * pool.machines, machines: pool.machines };
  const ahead = facts === undefined ? undefined : await aheadPlanOf(plan, facts, phases, all);
  return runLoad({
    ...{ plan, phases, starts, run, pool, control, timeoutMs, signal, ahead },
    connection: clusterOf(plan),
    shares: ahead === undefined ? sharesOf(reservoir, all.producers) : Array(all.producers).fill([]),
    spanUs: reservoir.spanUs,
    source: sourceOf(plan, facts),
    search: record.search,
    readerSteps: backlogs,
    listener: record.listener,
    lookAtWatched: watch?.sample.bind(watch),
    behindWatched: () =>
      watchedGroups(plan.consumers)
        .filter((group) => mayCommit(group, commands))
        .reduce((sum, { name }) => sum + (watch?.behind(name) ?? 0), 0),
  }).finally(() => {
    record.stop();
  });
}

/** Whether there is somebody to wait for: a group whose programs have all ended for good commits no more. */
function mayCommit(
  { kind, name }: Pick<WatchedGroup, 'kind' | 'name'>,
  commands?: ConsumerProcesses,
): boolean {
  return kind !== 'command' || commands?.isAlive(name) === true;
}

/** What the load came to. */
async function settled(
  reservoir: FilledReservoir,
  { plan, signal, log }: RunOptions,
  { admin, pool, producers, deadline }: Machinery,
  load: BegunLoad & { readonly failures: readonly WorkerFailure[]; readonly notReady: readonly NotReady[] },
): Promise<ReturnType<typeof summarise>> {
  const { record, phases, starts, folder, startedAt, failures, watch, backlogs } = load;
  const { collector, searches, surroundings } = record;
  const measured = plan.replay.phases.map(({ name }) => name).filter(isMeasuredIn(plan));
  const isReachable = failures.every(({ code }) => code !== 'BROKER_UNREACHABLE');
  return summarise({
    streamEnds: isReachable ? await streamEnds(collector, plan, starts, admin, log) : undefined,
    ...{ plan, phases, measured, collector, searches, startedAt, failures },
    id: folder.id,
    endedAt: new Date(),
    recorded: { alerts: totalOf(reservoir), spanUs: reservoir.spanUs },
    producerCount: producers * pool.machines,
    interrupted: signal.aborted,
    surroundings: surroundings.findings(measured),
    tooLongSeconds: deadline.overSeconds,
    shards: pool.facts(failures),
    catchUps: backlogs?.results ?? [],
    deleted: backlogs !== undefined && isReachable ? await deletedFrom(plan, starts, admin) : 0,
    watched: watch === undefined ? [] : await watchedOf(watch, load, plan, signal.aborted),
    notReady: load.notReady.map(notReadyFinding),
  });
}

/** What was seen of groups that are not ours, and found out about them. */
async function watchedOf(
  watch: GroupWatch,
  { commands, notReady }: Pick<BegunLoad, 'commands'> & { readonly notReady: readonly NotReady[] },
  plan: Plan,
  interrupted: boolean,
): Promise<Parameters<typeof summarise>[0]['watched']> {
  const groups = await watch.stop(interrupted);
  const judged = groups.map((group) => ({
    group,
    findings: watch.findings(group, rulesOf(group.name, plan, !interrupted && mayCommit(group, commands))),
  }));
  return withProcesses(judged, commands, notReady);
}

function rulesOf(group: string, plan: Plan, wasAwaited: boolean): GroupRules {
  // There it grows, or is large, on purpose.
  const onPurpose = plan.replay.phases
    .filter(({ pacing }) => ['search', 'backlog', 'catchUp'].includes(pacing.kind))
    .map(({ name }) => name);
  return {
    // What is never committed has no commit latency.
    isExpected: plan.expect.some(
      ({ metric, phase }) =>
        phase === group && groupMetrics.has(metric) && !metric.startsWith('commitLatency.'),
    ),
    drainSeconds: wasAwaited ? plan.limits.drainNs / 1e9 : null,
    isJudged: (phase) => !onPurpose.includes(phase),
  };
}

/** Writes the result, and gives it to the outputs; the summary with what became of them. */
async function delivered(
  measured: ReturnType<typeof withWords>,
  folder: RunFolder,
  manifest: Manifest,
  { outputs, onStage }: RunOptions,
): Promise<RunSummary> {
  // Written before the outputs are waited for, so that no failure of theirs loses the result.
  folder.writeJson('summary.json', measured);
  await folder.flush();
  onStage?.('outputs');
  const reports = await Promise.all(outputs.map(async (output) => output.onEnd?.(measured)));
  const summary: RunSummary = {
    ...measured,
    outputs: reports.filter((report): report is OutputReport => report !== undefined),
  };
  if (summary.outputs.length > 0) folder.writeJson('summary.json', summary);
  folder.writeJson('manifest.json', { ...manifest, endedAt: summary.run.endedAt });
  await folder.flush();
  return summary;
}

/**
 * Where the run's messages begin in the stream: at its ends, before anything is sent. Groups begin there by
 * themselves in a stream that the run created; in one with older messages, their offsets are set.
 */
async function startsOf(
  plan: Plan,
  run: number,
  admin: TopicAdmin,
  timeoutMs: number,
): Promise<readonly number[]> {
  const { topic, existing } = plan.stream;
  const starts = (await admin.watermarks(topic)).map(({ high }) => high);
  if (existing) {
    for (const { name } of ownGroups(plan.consumers))
      await commitOffsets(clusterOf(plan), groupId(plan, name, run), topic, starts, timeoutMs);
  }
  return starts;
}

/**
 * The ends of the stream's partitions, where something was not read: they distinguish late messages from
 * missing ones.
 */
async function streamEnds(
  collector: Collector,
  { stream }: Plan,
  starts: readonly number[],
  admin: TopicAdmin,
  log: Logger,
): Promise<readonly Watermarks[] | undefined> {
  if (collector.settle().every(({ lost }) => lost <= 0)) return undefined;
  try {
    const ends = await admin.watermarks(stream.topic);
    // A stream that was deleted has no partitions, and says nothing about any group.
    if (ends.length === 0) return undefined;
    // Messages from before the run were not for its groups to read.
    return ends.map(({ low, high }, partition) => ({ low: Math.max(low, starts[partition] ?? low), high }));
  } catch (thrown) {
    log.warning('run', `how far behind the groups were is not known: ${messageOf(thrown)}`);
    return undefined;
  }
}

/** Messages of the run that the stream's retention has deleted. */
async function deletedFrom({ stream }: Plan, starts: readonly number[], admin: TopicAdmin): Promise<number> {
  const marks = await admin.watermarks(stream.topic).catch(() => []);
  return marks.reduce((sum, { low }, partition) => sum + Math.max(0, low - (starts[partition] ?? low)), 0);
}

/** The phases as producers get them: the warm-up first, where there is one. */
function phasesOf(plan: Plan, reservoir: FilledReservoir, meanBytes: number): LoadPhase[] {
  const { warmupNs } = plan.replay;
  const phases = plan.replay.phases.map(({ name, pacing }): LoadPhase => {
    const isFill = pacing.kind === 'backlog' || pacing.kind === 'catchUp';
    return { name, pacing: isFill ? (fillPacing(pacing, meanBytes) ?? pacing) : pacing };
  });
  const [first] = plan.replay.phases;
  if (warmupNs === 0 || first === undefined) return phases;
  const recorded = { alerts: totalOf(reservoir), spanUs: reservoir.spanUs };
  return [{ name: warmupName, pacing: warmupPacing(first.pacing, warmupNs, recorded) }, ...phases];
}

function sharesOf({ watermarks }: FilledReservoir, producers: number): ReservoirShare[][] {
  return partitionShares(watermarks.length, producers).map((shares) =>
    shares.map((share) => {
      const { low = 0, high = 0 } = watermarks[share.partition] ?? {};
      return { ...share, low, high };
    }),
  );
}

function totalOf({ watermarks }: FilledReservoir): number {
  return watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
}

/** The error that a run ends the program with; undefined when the run passed. */
export function errorOf({ summary, failures, folder }: RunOutcome): AlertSimError | undefined {
  const { verdict, reasons } = summary;
  const why = twoSentences(reasons.join('; '), `Everything is in ${folder}`);
  const [failure] = failures;
  switch (verdict) {
    case 'passed':
      return undefined;
    case 'interrupted':
      return new AlertSimError('INTERRUPTED', `interrupted: what was measured until then is in ${folder}`);
    case 'invalid':
      return new AlertSimError('RUN_INVALID', `the run is inconclusive: ${why}`);
    case 'failed':
      return failure === undefined || failure.code === 'INTERNAL'
        ? new AlertSimError(
            failure === undefined ? 'EXPECTATION_FAILED' : 'INTERNAL',
            `the run failed: ${why}`,
          )
        : new AlertSimError(
            failure.code,
            twoSentences(`the run ended early: ${messageOf(failure.message)}`, `Everything is in ${folder}`),
          );
  }
}
