import { createHash, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { AlertSimError, messageOf } from '../../errors.js';
import { openTopicAdmin, type TopicAdmin, type TopicRequest } from '../../kafka/topics.js';
import { redacted } from '../../scenario/redaction.js';
import type { Plan } from '../../scenario/plan.js';
import type { Share } from '../../schedule/split.js';
import { RunControl } from '../../workers/control.js';
import { version } from '../../version.js';
import { alertFacts, type AlertFacts } from '../alertFacts.js';
import { clusterOf } from '../connection.js';
import { WorkerPool } from '../workerPool.js';
import { isMarked, ownTopic } from '../topicOwner.js';
import { errorOf, runScenario, threadsOf, type RunOptions, type RunOutcome } from '../runScenario.js';
import { BrokerClock } from './brokerClock.js';
import {
  ControlChannel,
  controlConnection,
  controlPartitionCount,
  controlPartitions,
  controlTopicConfig,
} from './channel.js';
import type { FromFirst, ToFirst } from './messages.js';
import { OtherShard } from './otherShard.js';
import { ShardedPool } from './shardedPool.js';

/** A run as one of its shards executes it. */
export interface ShardRun {
  /** The first shard writes its folder. */
  readonly run: Omit<RunOptions, 'openPool'>;
  readonly share: Share;
  /** What all shards have in common. */
  readonly runKey: string;
}

export type ShardOutcome =
  | {
      /** The first shard has the whole result. */
      readonly kind: 'first';
      readonly outcome: RunOutcome;
    }
  | {
      /** Another shard is told of it. */
      readonly kind: 'other';
      /** From the first one, a sentence. */
      readonly message: string;
    };

const lookAtClockMs = 10_000;
const pollMs = 200;
const dismissalMs = 5000;
/** The first shard shows each second that it lives. */
const orphanWatchMs = 3000;

/**
 * A short name that follows from a scenario, such as `rubin-visits-3f2a9c01`: the same on all machines, so
 * that shards find each other without further settings.
 */
export function keyOfPlan(plan: Plan): string {
  return `${plan.name}-${digest(JSON.stringify(redacted(plan))).slice(0, 8)}`;
}

/** @throws `BAD_USAGE` where each machine would make its alerts for another time */
function rejectRelativeStart({ alerts }: Plan): void {
  if (alerts.kind !== 'synthetic' || !/^\s*(now|[+-])/.test(alerts.start ?? '')) return;
  throw new AlertSimError(
    'BAD_USAGE',
    `alerts.synthetic.start is ${alerts.start ?? ''}, which is another time on each machine: write an instant such as 2026-11-27T10:00:00Z`,
  );
}

/**
 * Executes a scenario as one of several machines.
 *
 * @returns the whole result in the first shard, in the others the first one's message
 * @throws what the run ends with, in the others; `SERVICE_UNAVAILABLE` when the shards do not find each
 * other; `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_INPUT_FILE`
 */
export async function runShard(shardRun: ShardRun): Promise<ShardOutcome> {
  const { run, share, runKey } = shardRun;
  const { plan, timeoutMs } = run;
  rejectRelativeStart(plan);
  const topic = `${plan.coordination.topicPrefix}${runKey}`;
  const facts = run.facts ?? (await alertFacts(plan));
  const fingerprint = digest(JSON.stringify([version, redacted(plan), facts.fingerprint]));
  const connection = controlConnection(plan);
  const admin = await openTopicAdmin(connection, timeoutMs);
  const opened: { close: () => Promise<void> }[] = [admin];
  try {
    await controlTopic(admin, topic, share.index === 0, plan, run.signal);
    const incarnation = randomInt(1, 2 ** 31);
    const end = share.index === 0 ? 'first' : 'other';
    const sender = `${share.index}.${incarnation}`;
    const channel = await ControlChannel.open(connection, admin, topic, end, sender, timeoutMs);
    opened.unshift(channel);
    const clock = await BrokerClock.open(connection, topic, timeoutMs);
    opened.unshift(clock);
    const parts: Parts = { ...shardRun, facts, topic, fingerprint, incarnation, channel, clock, admin };
    return share.index === 0 ? await lead(parts) : await follow(parts);
  } finally {
    for (const one of opened) await one.close();
  }
}

interface Parts extends ShardRun {
  readonly facts: AlertFacts;
  readonly topic: string;
  readonly fingerprint: string;
  readonly incarnation: number;
  readonly channel: ControlChannel;
  readonly clock: BrokerClock;
  readonly admin: TopicAdmin;
}

async function lead(parts: Parts): Promise<ShardOutcome> {
  const { run, share, runKey, facts, topic, fingerprint, incarnation, channel, clock, admin } = parts;
  const { joinNs, silenceNs } = run.plan.coordination;
  const interruption = new AbortController();
  const pool = new ShardedPool({
    shards: share.of,
    runKey,
    session: incarnation,
    fingerprint,
    host: hostname(),
    topic,
    send: (message) => {
      channel.send(message);
    },
    clock: clock.used,
    clockBoundNs: () => clock.boundNs,
    joinMs: joinNs / 1e6,
    silenceMs: silenceNs / 1e6,
    signal: run.signal,
    onInterrupted: () => {
      interruption.abort();
    },
  });
  channel.listen((message) => {
    pool.hear(message as ToFirst);
  });
  const looking = keepLooking(clock, () => undefined);
  let result: { code: AlertSimError['code'] | null; message: string } = {
    code: 'INTERNAL',
    message: 'the first shard ended by an unexpected error',
  };
  try {
    const outcome = await runScenario({
      ...run,
      facts,
      signal: AbortSignal.any([run.signal, interruption.signal]),
      openPool: (producers, threads, control) =>
        pool.with(new WorkerPool(threads, control), producers, control),
    });
    const error = errorOf(outcome);
    const where = `the result is in ${outcome.folder} on ${hostname()}`;
    result = { code: error?.code ?? null, message: error?.message ?? where };
    return { kind: 'first', outcome };
  } catch (thrown) {
    result = {
      code: thrown instanceof AlertSimError ? thrown.code : 'INTERNAL',
      message: messageOf(thrown),
    };
    throw thrown;
  } finally {
    await looking.stop();
    await pool.dismiss(result.code, result.message, dismissalMs);
    await channel.flush(dismissalMs);
    await admin.remove(topic).catch((thrown: unknown) => {
      run.log.warning('run', `the control topic ${topic} is left behind: ${messageOf(thrown)}`);
    });
  }
}

async function follow(parts: Parts): Promise<ShardOutcome> {
  const { run, share, facts, topic, fingerprint, incarnation, channel, clock, admin } = parts;
  const { plan, signal, log } = run;
  const { joinNs, silenceNs } = plan.coordination;
  const control = new RunControl();
  const pool = new WorkerPool(threadsOf(plan).threads, control);
  const me = { shard: share.index, incarnation };
  const send = (message: ToFirst): void => {
    channel.send(message);
  };
  const shard = new OtherShard({
    me,
    of: share.of,
    fingerprint,
    version,
    host: hostname(),
    pool,
    control,
    connection: clusterOf(plan),
    source: facts.source,
    clock: clock.used,
    send,
    joinMs: joinNs / 1e6,
    silenceMs: silenceNs / 1e6,
    topic,
    signal,
    onWelcome: () => {
      log.info('run', `shard ${share.index} of ${share.of} takes part, by the topic ${topic}`);
    },
  });
  channel.listen((message) => {
    shard.hear(message as FromFirst);
  });
  const looking = keepLooking(clock, (boundNs) => {
    send({ type: 'clock', ...me, boundNs });
  });
  let ended: { readonly message: string } | { readonly thrown: unknown };
  try {
    ended = { message: await shard.run() };
  } catch (thrown) {
    ended = { thrown };
  }
  await looking.stop();
  await channel.flush(dismissalMs);
  await pool.close('leave');
  if ('message' in ended) return { kind: 'other', message: ended.message };
  const { thrown } = ended;
  if (!shard.lostFirst || !(thrown instanceof AlertSimError)) throw thrown;
  const orphan = await removeOrphan(admin, topic, controlConnection(plan).bootstrap);
  throw new AlertSimError(thrown.code, `${thrown.message}; ${orphan}`, thrown);
}

/**
 * Removes the control topic of a first shard that died. One that lives writes to it each second, and is left
 * alone: then it is this machine that was cut off.
 *
 * @returns what became of the topic, half a sentence
 */
async function removeOrphan(admin: TopicAdmin, topic: string, bootstrap: string): Promise<string> {
  const name = `the control topic ${topic}`;
  const removed = `${name} was removed`;
  const written = async (): Promise<number | undefined> =>
    (await admin.watermarks(topic))[controlPartitions.down]?.high;
  try {
    const before = await written();
    if (before === undefined) return removed;
    await new Promise((resolve) => setTimeout(resolve, orphanWatchMs));
    const after = await written();
    // Another shard may have been faster.
    if (after === undefined) return removed;
    if (after !== before) return `${name} is left: the first shard still writes to it`;
    await admin.remove(topic);
    return removed;
  } catch (thrown) {
    if ((await admin.partitionsOf(topic).catch(() => 0)) === undefined) return removed;
    return (
      `${name} could not be removed (${messageOf(thrown)}): ` +
      `remove it with kafka-topics.sh --bootstrap-server ${bootstrap} --delete --topic ${topic}`
    );
  }
}

/**
 * The first shard creates the control topic, or finds that of a run that was cut off; the others wait for it.
 */
async function controlTopic(
  admin: TopicAdmin,
  topic: string,
  isFirst: boolean,
  { coordination }: Plan,
  signal: AbortSignal,
): Promise<void> {
  if (isFirst) await refuseForeign(admin, topic);
  const deadlineMs = performance.now() + coordination.joinNs / 1e6;
  while ((await admin.partitionsOf(topic)) !== controlPartitionCount) {
    if (isFirst) {
      await admin.create(controlRequest(topic)).catch((thrown: unknown) => {
        throw refusedName(thrown);
      });
    } else if (signal.aborted) throw new AlertSimError('INTERRUPTED', 'interrupted: the run had not begun');
    else if (performance.now() > deadlineMs) {
      throw new AlertSimError(
        'SERVICE_UNAVAILABLE',
        `the first shard never came: it did not make the topic ${topic} within ${coordination.joinNs / 1e9} s; ` +
          'was it started, with the same scenario and --run-id?',
      );
    } else await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** Rights are often given for names that begin in one way. */
function refusedName(thrown: unknown): unknown {
  if (!(thrown instanceof AlertSimError) || thrown.code !== 'BROKER_REFUSED') return thrown;
  const remedy =
    'set coordination.topicPrefix to what the names of topics begin with that this user may create';
  return new AlertSimError(thrown.code, `${thrown.message}; ${remedy}`, thrown);
}

function controlRequest(name: string): TopicRequest {
  return ownTopic({
    name,
    partitions: controlPartitionCount,
    // The cluster's own default.
    replication: -1,
    config: controlTopicConfig,
  });
}

/** The control topic is deleted at the end, so it must not be someone else's. */
async function refuseForeign(admin: TopicAdmin, topic: string): Promise<void> {
  if ((await admin.partitionsOf(topic)) === undefined) return;
  const entries = await admin.describe('topic', topic).catch(() => []);
  if (isMarked(entries)) return;
  throw new AlertSimError(
    'TOPIC_EXISTS',
    `the control topic ${topic} exists and was not made by this program: choose another --run-id, or another coordination.topicPrefix`,
  );
}

/** Reads the broker's clock now and then, so that clocks that drift apart are noticed. */
function keepLooking(
  clock: BrokerClock,
  tell: (boundNs: number) => void,
): { readonly stop: () => Promise<void> } {
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // A read that fails changes nothing: a broker that is gone is noticed by the silence.
    looking = looking
      .then(async () => {
        tell(await clock.look());
      })
      .catch(() => undefined);
  }, lookAtClockMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
