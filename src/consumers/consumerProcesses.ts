import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AlertSimError } from '../errors.js';
import type { ConsumerProcess, MemberExit } from '../results/consumerProcess.js';
import {
  consumerEnvironment,
  insertConsumerVariables,
  type ConsumerVariables,
} from '../scenario/consumerVariables.js';
import type { CommandGroupPlan } from '../scenario/plan.js';
import { BoundedLog } from './boundedLog.js';
import { startGuard, type Guard } from './guard.js';
import { MemberProcess } from './memberProcess.js';
import { readProcesses } from './processTable.js';

/** The folder of the programs' output in a run folder. */
const logsFolder = 'consumers';

const sampleMs = 1000;
/** Each look asks the cluster. */
const pollMs = 200;

/** How long programs may take to end when they are asked to. */
const usualGraceMs = 10_000;

/** A program that a run starts as a consumer. */
export interface CommandGroup {
  readonly plan: CommandGroupPlan;
  /** The id of its consumer group. */
  readonly groupId: string;
}

export interface ConsumerProcessesOptions {
  readonly groups: readonly CommandGroup[];
  readonly bootstrap: string;
  readonly topic: string;
  /** Undefined where there is none. */
  readonly registry: string | undefined;
  /** What programs inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly runFolder: string;
  readonly redact: (line: string) => string;
  /** Messages of this run that a group has committed; null where it is not known. */
  readonly committed: (name: string) => Promise<number | null>;
  /** The members that a group has now, null where it is not known, and whether they have their partitions. */
  readonly members: (
    name: string,
  ) => Promise<{ readonly count: number | null; readonly haveJoined: boolean }>;
  /** All members of a group have joined it. */
  readonly onJoined?: ((name: string) => void) | undefined;
  /** How long programs may take to end when they are asked to; default 10 s. */
  readonly graceMs?: number | undefined;
}

/** Why a group did not become ready. */
export interface NotReady {
  readonly group: string;
  /** Members that the group had, of those that were waited for; null where it is not known. */
  readonly members: number | null;
  readonly of: number;
  readonly seconds: number;
  /** The program that ended before; undefined where the time was over. */
  readonly exit: { readonly member: number; readonly exit: MemberExit } | undefined;
  readonly lastLines: readonly string[];
  readonly log: string;
}

/** The programs that a run starts as consumers. End them with `stop`, whatever happened. */
export class ConsumerProcesses {
  readonly #options: ConsumerProcessesOptions;
  readonly #guard: Guard;
  readonly #members = new Map<string, MemberProcess[]>();
  readonly #readySeconds = new Map<string, number>();
  readonly #startedMs = performance.now();
  #endedMs: number | undefined;
  #isLoaded = false;
  #timer: NodeJS.Timeout | undefined;
  #sampling: Promise<void> = Promise.resolve();
  /** Wakes those that wait for programs to become ready. */
  readonly #waiting = new Set<() => void>();

  private constructor(options: ConsumerProcessesOptions) {
    this.#options = options;
    const groups = options.groups.map((group) => ({ group, launches: launchesOf(group, options) }));
    this.#guard = startGuard();
    for (const { group, launches } of groups) {
      const members = launches.map((launch, index) => this.#member(group.plan, launch, index + 1));
      this.#members.set(group.plan.name, members);
    }
  }

  /**
   * Starts all programs.
   *
   * @throws `BAD_SCENARIO` for a command whose variables cannot be inserted, before anything was started
   */
  static start(options: ConsumerProcessesOptions): ConsumerProcesses {
    mkdirSync(join(options.runFolder, logsFolder), { recursive: true });
    const processes = new ConsumerProcesses(options);
    for (const members of processes.#members.values()) for (const member of members) member.start();
    processes.#timer = setInterval(() => {
      processes.#sampling = processes.#sample();
    }, sampleMs);
    processes.#timer.unref();
    return processes;
  }

  /** Whether alerts are sent: memory is compared with itself only while they are. */
  onLoad(isLoaded: boolean): void {
    this.#isLoaded = isLoaded;
  }

  /** CPU time of all programs until now, a second old at most. */
  get cpuSeconds(): number {
    return [...this.#members.values()].flat().reduce((sum, member) => sum + member.cpuSeconds, 0);
  }

  /**
   * Waits until every group has as many members as programs, or some program ended, or its time is over.
   *
   * @param isStopped - ends the wait early
   * @returns the groups that did not become ready
   */
  async ready(isStopped: () => boolean): Promise<readonly NotReady[]> {
    const results = await Promise.all(
      this.#options.groups.map((group) => this.#readyGroup(group, isStopped)),
    );
    return results.filter((result) => result !== undefined);
  }

  get #graceMs(): number {
    return this.#options.graceMs ?? usualGraceMs;
  }

  /** Whether some program of a group runs, or will be restarted. */
  isAlive(name: string): boolean {
    return (this.#members.get(name) ?? []).some(({ isAlive }) => isAlive);
  }

  /** Ends the programs of a group for a time. */
  async pause(name: string): Promise<void> {
    await Promise.all((this.#members.get(name) ?? []).map((member) => member.stop(this.#graceMs)));
  }

  /** Starts the programs of a group again. */
  resume(name: string): void {
    for (const member of this.#members.get(name) ?? []) member.start();
  }

  /** Ends all programs: none is left when this resolves. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#wake();
    await this.#sampling;
    if (this.#endedMs === undefined) await this.#sample();
    this.#endedMs ??= performance.now();
    await Promise.all([...this.#members.values()].flat().map((member) => member.stop(this.#graceMs)));
    this.#guard.close();
  }

  /** What was seen of a group's programs; undefined for a group that is not one of them. */
  summary(name: string): ConsumerProcess | undefined {
    const members = this.#members.get(name);
    if (members === undefined) return undefined;
    const seconds = ((this.#endedMs ?? performance.now()) - this.#startedMs) / 1000;
    const cpuSeconds = members.reduce((sum, member) => sum + member.cpuSeconds, 0);
    return {
      cpuCores: cpuSeconds / Math.max(seconds, 0.001),
      readySeconds: this.#readySeconds.get(name) ?? null,
      members: members.map((member) => member.summary()),
    };
  }

  #member(plan: CommandGroupPlan, launch: Launch, member: number): MemberProcess {
    const { environment, runFolder, redact, committed } = this.#options;
    const logName = `${logsFolder}/${plan.name}-${member}.log`;
    return new MemberProcess({
      ...{ member, logName, redact, restart: plan.restart, guard: this.#guard },
      command: launch.command,
      environment: { ...environment, ...launch.environment },
      log: new BoundedLog(join(runFolder, logName)),
      committed: () => committed(plan.name),
      onExit: () => {
        this.#wake();
      },
    });
  }

  async #readyGroup({ plan }: CommandGroup, isStopped: () => boolean): Promise<NotReady | undefined> {
    const { name, members: wanted, readyNs, restart } = plan;
    if (readyNs === 0) return undefined;
    const members = this.#members.get(name) ?? [];
    const seconds = (): number => (performance.now() - this.#startedMs) / 1000;
    while (!isStopped()) {
      const { count, haveJoined } = await this.#options.members(name);
      if (haveJoined && count !== null && count >= wanted) {
        this.#readySeconds.set(name, seconds());
        this.#options.onJoined?.(name);
        return undefined;
      }
      const ended = members.find(({ exits, isAlive }) => exits.length > 0 && !isAlive);
      const [exit] = ended?.exits ?? [];
      const isOver = seconds() >= readyNs / 1e9;
      if (isOver || (exit !== undefined && restart === 'never')) {
        const shown = ended ?? members.find(({ lastLines }) => lastLines.length > 0) ?? members[0];
        return {
          ...{ group: name, members: count, of: wanted, seconds: seconds() },
          exit:
            ended === undefined || exit === undefined
              ? undefined
              : { member: members.indexOf(ended) + 1, exit },
          lastLines: shown?.lastLines ?? [],
          log: shown?.summary().log ?? logsFolder,
        };
      }
      await Promise.race([wait(pollMs), new Promise<void>((resolve) => this.#waiting.add(resolve))]);
    }
    return undefined;
  }

  async #sample(): Promise<void> {
    const table = await readProcesses();
    const atMs = Date.now();
    for (const members of this.#members.values())
      for (const member of members) member.sample(table, atMs, this.#isLoaded);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** What is started for one member. */
interface Launch {
  readonly command: string;
  /** Besides what it inherits. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * What is started for each member of a group.
 *
 * @throws `BAD_SCENARIO` for a variable that cannot be inserted
 */
export function launchesOf(
  { plan, groupId }: CommandGroup,
  { bootstrap, topic, registry }: Pick<ConsumerProcessesOptions, 'bootstrap' | 'topic' | 'registry'>,
): readonly Launch[] {
  return Array.from({ length: plan.members }, (_, index) => {
    const values = { bootstrap, topic, registry, group: groupId, member: String(index + 1) };
    const path = `consumers.groups.${plan.name}`;
    const env: Record<string, string> = {};
    for (const [name, text] of Object.entries(plan.env))
      env[name] = inserted(text, values, 'environment', `${path}.env.${name}`);
    return {
      command: inserted(plan.command, values, 'command', `${path}.command`),
      environment: { ...consumerEnvironment(values), ...env },
    };
  });
}

function inserted(
  text: string,
  values: ConsumerVariables,
  into: 'command' | 'environment',
  path: string,
): string {
  const insertion = insertConsumerVariables(text, values, into);
  if (insertion.ok) return insertion.text;
  throw new AlertSimError('BAD_SCENARIO', `${path} ${insertion.problem}`);
}
