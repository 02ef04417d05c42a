import { setTimeout as wait } from 'node:timers/promises';
import { processFindings } from '../consumers/consumerFindings.js';
import {
  ConsumerProcesses,
  launchesOf,
  type CommandGroup,
  type NotReady,
} from '../consumers/consumerProcesses.js';
import { messageOf } from '../errors.js';
import { commitOffsets } from '../kafka/groupOffsets.js';
import type { Logger } from '../outputs/log.js';
import type { Finding } from '../results/findings.js';
import type { WatchedGroup } from '../results/runFolder.js';
import { commandGroups, type Plan } from '../scenario/plan.js';
import { withoutSecrets } from '../scenario/redaction.js';
import { clusterOf } from './connection.js';
import type { GroupWatch } from './groupWatch.js';
import { groupId } from './loadRun.js';
import { registryTarget } from './registeredIds.js';

/** The programs that a run starts as consumers, between its own life and the watch over their groups. */

/** How long a look at what was committed may take when a program has ended. */
const lookMs = 1000;

/** Findings about a group that fell behind, in all or in part. */
const behindKinds: readonly Finding['kind'][] = ['lagGrew', 'slowPartitions', 'messagesUncommitted'];

/** Of a group's state: its members have their partitions. */
const stable = /^stable$/i;

export interface CommandsOptions {
  readonly plan: Plan;
  /** For the ids of groups. */
  readonly run: number;
  /** The run's first offset of each partition of the stream. */
  readonly starts: readonly number[];
  readonly runFolder: string;
  readonly watch: GroupWatch;
  readonly timeoutMs: number;
  readonly log: Logger;
}

/**
 * Whether the commands of a scenario can be started, before anything is changed.
 *
 * @throws `BAD_SCENARIO` for a variable that cannot be inserted
 */
export async function checkCommands(plan: Plan): Promise<void> {
  const places = await placesOf(plan);
  for (const group of groupsOf(plan, 0)) launchesOf(group, places);
}

/** Starts the programs of a scenario; undefined where it has none. */
export async function startCommands(options: CommandsOptions): Promise<ConsumerProcesses | undefined> {
  const { plan, run, starts, runFolder, watch, timeoutMs, log } = options;
  const groups = groupsOf(plan, run);
  if (groups.length === 0) return undefined;
  // A group that is new to the cluster begins at the run's first message, whatever its auto.offset.reset says.
  for (const { plan: own, groupId: id } of groups) {
    if (own.groupId !== undefined) continue;
    await commitOffsets(clusterOf(plan), id, plan.stream.topic, starts, timeoutMs).catch(
      (thrown: unknown) => {
        // The programs may have rights that we don't have.
        log.warning('run', `the group ${id} begins where its auto.offset.reset says: ${messageOf(thrown)}`);
      },
    );
  }
  return ConsumerProcesses.start({
    ...(await placesOf(plan)),
    ...{ groups, runFolder, environment: process.env },
    redact: (line) => String(withoutSecrets(line, plan.secrets)),
    committed: async (name) => {
      // A broker that is away must not keep a program from its restart.
      await Promise.race([watch.sample(), wait(lookMs)]);
      return watch.latest(name)?.committed ?? null;
    },
    onJoined: (name) => {
      watch.joined(name);
    },
    members: async (name) => {
      await watch.sample(true);
      const { members = null, state = null } = watch.latest(name) ?? {};
      return { count: members, haveJoined: state !== null && stable.test(state) };
    },
  });
}

/** Ends the programs, and adds what was seen of them to what was seen of their groups. */
export async function withProcesses(
  watched: readonly { readonly group: WatchedGroup; readonly findings: readonly Finding[] }[],
  commands: ConsumerProcesses | undefined,
  notReady: readonly NotReady[],
): Promise<typeof watched> {
  await commands?.stop();
  return watched.map(({ group, findings }) => {
    const process = commands?.summary(group.name);
    if (process === undefined) return { group, findings };
    const ofPrograms = processFindings(group.name, process, {
      notReady: notReady.find((one) => one.group === group.name),
      fellBehind: findings.some(({ kind }) => behindKinds.includes(kind)),
    });
    return { group: { ...group, process }, findings: [...ofPrograms, ...findings] };
  });
}

function groupsOf(plan: Plan, run: number): readonly CommandGroup[] {
  return commandGroups(plan.consumers).map((group) => ({
    plan: group,
    groupId: groupId(plan, group.name, run),
  }));
}

async function placesOf({ kafka, registry, stream }: Plan) {
  const target = await registryTarget(registry, kafka.bootstrap);
  return { bootstrap: kafka.bootstrap, topic: stream.topic, registry: target?.url };
}
