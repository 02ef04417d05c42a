import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { bytesPerHour, memoryGrowthOf, type MemorySample } from '../measure/memoryGrowth.js';
import type { MemberExit, MemberProcessSummary } from '../results/consumerProcess.js';
import { BoundedLog, LastLines } from './boundedLog.js';
import { guardedShell, type Guard } from './guard.js';
import { readProcesses, type ProcessEntry } from './processTable.js';

export interface MemberOptions {
  /** From 1. */
  readonly member: number;
  /** For a shell, with the run's values inserted. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: BoundedLog;
  /** The log's path in the run folder. */
  readonly logName: string;
  readonly restart: 'never' | 'always';
  readonly guard: Guard;
  /** Messages of this run that its group has committed; null where it is not known. */
  readonly committed: () => Promise<number | null>;
  /** It ended without having been asked to. */
  readonly onExit: (exit: MemberExit) => void;
  /** For a line that is shown. */
  readonly redact: (line: string) => string;
}

/** Lines of a program's output that say why it ended. */
const shownLines = 5;

/** Of a program that ends again and again the first and the last are kept. */
const keptExits = 20;

/** The pause before a restart: doubled each time, from the first one on, up to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** A program that ran for this long has started well: the pauses begin anew. */
const soundMs = 60_000;

/** How long the rest of an output may take after its program has ended. */
const outputMs = 500;

/** A sample a second of a day; of a longer run every other one is dropped, again and again. */
const mostSamples = 86_400;

const pollMs = 50;

/** One member of a group of consumers: a program that is started, watched, restarted and ended. */
export class MemberProcess {
  readonly #options: MemberOptions;
  readonly #lines = new LastLines(shownLines);
  readonly #exits: MemberExit[] = [];
  #exitCount = 0;
  #restarts = 0;
  #child: ChildProcess | undefined;
  #lastPid: number | null = null;
  #startedMs = 0;
  #isWanted = false;
  #ended: Promise<void> = Promise.resolve();
  #endedBy: MemberProcessSummary['endedBy'] = null;
  #restartTimer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  /** CPU time of the processes that have ended, and of the one that runs. */
  #cpu = { before: 0, current: 0 };
  #rssBytesMax = 0;
  #samples: MemorySample[] = [];

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  /** Whether its program runs, or will be restarted. */
  get isAlive(): boolean {
    return this.#child !== undefined || this.#restartTimer !== undefined;
  }

  get cpuSeconds(): number {
    return this.#cpu.before + this.#cpu.current;
  }

  get exits(): readonly MemberExit[] {
    return this.#exits;
  }

  get lastLines(): readonly string[] {
    return this.#lines.lines.map(this.#options.redact);
  }

  start(): void {
    this.#isWanted = true;
    this.#endedBy = null;
    this.#spawn();
  }

  /**
   * Looks at its CPU time and memory.
   *
   * @param table - all processes of this machine
   * @param isLoaded - whether it has something to do
   */
  sample(table: readonly ProcessEntry[], atMs: number, isLoaded: boolean): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    const own = table.filter(({ leader }) => leader === pid);
    if (own.length === 0) return;
    const sum = (of: (entry: ProcessEntry) => number): number =>
      own.reduce((total, entry) => total + of(entry), 0);
    // A child that ended between two looks is missing until its parent has noticed.
    this.#cpu.current = Math.max(
      this.#cpu.current,
      sum(({ cpuSeconds }) => cpuSeconds),
    );
    const rssBytes = sum((entry) => entry.rssBytes);
    this.#rssBytesMax = Math.max(this.#rssBytesMax, rssBytes);
    if (isLoaded) this.#samples.push({ atMs, rssBytes });
    if (this.#samples.length > mostSamples)
      this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
  }

  /**
   * Ends the program and all that it has started: asks them to end, and kills them after a time.
   *
   * @param graceMs - how long they may take to end by themselves
   */
  async stop(graceMs: number): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = undefined;
    const pid = this.#child?.pid;
    if (pid !== undefined) {
      signalGroup(pid, 'SIGTERM');
      this.#endedBy = (await this.#isGone(pid, graceMs)) ? 'SIGTERM' : 'SIGKILL';
      if (this.#endedBy === 'SIGKILL') await killGroup(pid);
    }
    await this.#ended;
    this.#options.log.settle();
  }

  summary(): MemberProcessSummary {
    const { member, logName } = this.#options;
    const growth = memoryGrowthOf(this.#samples);
    return {
      member,
      pid: this.#lastPid,
      exits: this.#exits,
      exitCount: this.#exitCount,
      restarts: this.#restarts,
      endedBy: this.#endedBy,
      cpuSeconds: this.cpuSeconds,
      rssBytesMax: this.#rssBytesMax,
      rssBytesPerHour: bytesPerHour(this.#samples),
      memoryGrowth: growth ?? null,
      log: logName,
    };
  }

  #spawn(): void {
    const { command, environment, guard, log } = this.#options;
    this.#startedMs = Date.now();
    const child = spawn('/bin/sh', guardedShell(command), {
      // A session of its own, so that all that it starts can be ended with it, and Ctrl-C does not reach it.
      detached: true,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', guard.channel],
    });
    this.#child = child;
    this.#samples = [];
    const { pid } = child;
    this.#lastPid = pid ?? this.#lastPid;

    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        log.append(chunk);
        this.#lines.append(chunk);
      });
      stream?.on('error', () => undefined);
    }
    this.#ended = new Promise((resolve) => {
      const end = (exitCode: number | null, signal: string | null, fault?: string): void => {
        void this.#onEnd(child, { exitCode, signal }, fault).then(resolve);
      };
      child.once('error', (fault) => {
        end(null, null, fault.message);
      });
      child.once('exit', end);
    });
  }

  async #onEnd(
    child: ChildProcess,
    how: Pick<MemberExit, 'exitCode' | 'signal'>,
    fault: string | undefined,
  ): Promise<void> {
    if (this.#child !== child) return;
    const { committed, log, onExit, restart, guard } = this.#options;
    const atMs = Date.now();
    await Promise.race([closed(child), wait(outputMs)]);
    if (child.pid !== undefined) {
      // What it has started ends with it.
      if (this.#isWanted) await killGroup(child.pid);
      guard.forget(child.pid);
    }
    this.#cpu = { before: this.cpuSeconds, current: 0 };
    if (fault !== undefined) this.#lines.append(Buffer.from(`${fault}\n`));
    if (!this.#isWanted) {
      this.#child = undefined;
      return;
    }
    const uptimeSeconds = (atMs - this.#startedMs) / 1000;
    const isRestarted = restart === 'always';
    const exit: MemberExit = {
      at: new Date(atMs).toISOString(),
      ...{ ...how, uptimeSeconds, committed: await committed() },
      lastLines: [...this.lastLines],
      restarted: isRestarted,
    };
    this.#exitCount += 1;
    this.#exits.push(exit);
    if (this.#exits.length > keptExits) this.#exits.splice(keptExits / 2, 1);
    this.#endedBy = 'itself';
    this.#child = undefined;
    log.settle();
    if (isRestarted) this.#restartLater(uptimeSeconds * 1000, exit);
    onExit(exit);
  }

  #restartLater(uptimeMs: number, { exitCode, signal, at }: MemberExit): void {
    if (uptimeMs >= soundMs) this.#pauseMs = firstPauseMs;
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = undefined;
      this.#restarts += 1;
      this.#endedBy = null;
      const how = signal === null ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signal}`;
      this.#options.log.append(
        Buffer.from(`[rubin-alert-sim: it ended at ${at} with ${how}; restart ${this.#restarts}]\n`),
      );
      this.#spawn();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  /** Whether all of its processes have ended within a time. */
  async #isGone(pid: number, graceMs: number): Promise<boolean> {
    const endMs = performance.now() + graceMs;
    while (performance.now() < endMs) {
      if (this.#child?.pid !== pid && !groupExists(pid)) return true;
      // Zombies that no one waits for keep the group's number.
      if (this.#child?.pid !== pid && !(await readProcesses()).some(({ leader }) => leader === pid))
        return true;
      await wait(pollMs);
    }
    return false;
  }
}

function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
}

/** Of the group, and of processes of its session that have left the group. */
async function killGroup(leader: number): Promise<void> {
  signalGroup(leader, 'SIGKILL');
  const strays = (await readProcesses()).filter((entry) => entry.leader === leader);
  for (const { pid } of strays) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // No process of it is left.
  }
}

function groupExists(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}
