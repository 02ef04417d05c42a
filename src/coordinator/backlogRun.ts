import { drainOf, stepSeconds, type DrainPoint } from '../measure/drainRate.js';
import { Patience } from '../measure/patience.js';
import type { CatchUp } from '../results/runFolder.js';
import {
  ownGroups,
  watchedGroups,
  type ConsumerGroupPlan,
  type PhasePlan,
  type Plan,
} from '../scenario/plan.js';
import type { Collector } from './collector.js';
import type { ReaderControl, ReaderSteps } from './loadRun.js';
import type { SearchWatch, WatchedSample } from './probeWatch.js';
import { sleep } from './sleep.js';

/** Something that only the user can do. */
export interface ReaderRequest {
  readonly kind: 'stopConsumers' | 'startConsumers';
  /** In the scenario. */
  readonly group: string;
  readonly groupId: string;
}

/** What was seen of a group. */
interface BacklogSample extends WatchedSample {
  /** Messages of the run that are committed. */
  readonly committed: number;
  /** Null where they could not be read. */
  readonly members: number | null;
}

/** Groups whose commits and members can be seen. */
export interface BacklogWatch extends SearchWatch {
  readonly latest: (name: string) => BacklogSample | undefined;
}

export interface BacklogOptions {
  readonly plan: Plan;
  /** Names of the phases, the warm-up first where there is one. */
  readonly phases: readonly string[];
  readonly collector: Collector;
  /** Undefined where no group is watched. */
  readonly watch?: BacklogWatch | undefined;
  /** Ends and starts the programs of a group; undefined where there are none. */
  readonly programs?:
    { readonly pause: (name: string) => Promise<void>; readonly resume: (name: string) => void } | undefined;
  readonly onRequest: (request: ReaderRequest) => void;
}

/** How often groups are looked at while they catch up. */
const lookMs = 100;
const sampleMs = 250;

/** How long a user may take to do what was asked. */
const userMs = 600_000;

/** Until it is known how often a group commits. */
const usualCommitSeconds = 5;

/** What a group of the run's own reads within its reports. */
const reportSeconds = 0.2;

/** Keeps groups from reading while a backlog is made, and measures how they catch up. */
export class BacklogSteps implements ReaderSteps {
  readonly results: CatchUp[] = [];
  readonly #options: BacklogOptions;
  readonly #paused = new Set<string>();
  /** The phases that made a backlog since the last catch-up. */
  #filled: string[] = [];

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  readonly before = async (phase: number, readers: ReaderControl): Promise<void> => {
    // A group that is not to read the first phase does not read the warm-up.
    const ofWarmup = phase === 0 && this.#planned(0) === undefined ? this.#planned(1) : undefined;
    const planned = this.#planned(phase) ?? ofWarmup;
    if (planned?.pacing.kind !== 'backlog') return;
    if (ofWarmup === undefined) this.#filled.push(planned.name);
    const { plan } = this.#options;
    for (const name of planned.groups ?? plan.consumers.groups.map((group) => group.name)) {
      if (this.#paused.has(name)) continue;
      this.#paused.add(name);
      await this.#pause(name, readers);
    }
  };

  readonly during = (phase: number, readers: ReaderControl): Promise<void> | undefined => {
    const planned = this.#planned(phase);
    return planned?.pacing.kind === 'catchUp' ? this.#catchUp(phase, planned, readers) : undefined;
  };

  #planned(phase: number): PhasePlan | undefined {
    const { plan, phases } = this.#options;
    return plan.replay.phases.find(({ name }) => name === phases[phase]);
  }

  async #pause(name: string, readers: ReaderControl): Promise<void> {
    const { plan, programs, watch, onRequest } = this.#options;
    if (ownGroups(plan.consumers).some((group) => group.name === name)) {
      readers.pause(name);
      return;
    }
    const group = watchedGroups(plan.consumers).find((one) => one.name === name);
    if (group?.kind === 'command') await programs?.pause(name);
    else if (group?.kind === 'external') {
      const startMs = performance.now();
      let isAsked = false;
      while (!readers.stopped() && performance.now() - startMs < userMs) {
        await watch?.sample();
        if ((watch?.latest(name)?.members ?? 0) === 0) return;
        if (!isAsked) onRequest({ kind: 'stopConsumers', group: name, groupId: group.groupId });
        isAsked = true;
        await sleep(1000);
      }
    }
  }

  #resume(name: string, readers: ReaderControl): void {
    const { plan, programs, onRequest } = this.#options;
    const group = plan.consumers.groups.find((one) => one.name === name);
    if (group?.kind === 'own') readers.resume(name);
    else if (group?.kind === 'command') programs?.resume(name);
    else if (group !== undefined) onRequest({ kind: 'startConsumers', group: name, groupId: group.groupId });
  }

  async #catchUp(
    index: number,
    { name: phase, groups, pacing }: PhasePlan,
    readers: ReaderControl,
  ): Promise<void> {
    const { watch, collector, plan } = this.#options;
    await watch?.sample();
    const names = (groups ?? [...this.#paused]).filter((name) => this.#paused.delete(name));
    const ratePerSecond = pacing.kind === 'catchUp' ? (pacing.ratePerSecond ?? 0) : 0;
    const startMs = performance.now();
    const courses = names.map((name) => {
      const behind = this.#behind(name) ?? 0;
      const done = this.#done(name) ?? 0;
      const kind = plan.consumers.groups.find((group) => group.name === name)?.kind;
      return new GroupCourse({ name, kind, behind, done, stillMs: plan.limits.drainNs / 1e6, ratePerSecond });
    });
    for (const name of names) this.#resume(name, readers);
    let sampledMs = startMs;
    while (!readers.stopped() && courses.some(({ isOver }) => !isOver)) {
      await sleep(lookMs);
      if (watch !== undefined && performance.now() - sampledMs >= sampleMs) {
        sampledMs = performance.now();
        await watch.sample().catch(() => undefined);
      }
      const seconds = (performance.now() - startMs) / 1000;
      for (const course of courses) course.look(seconds, this.#behind(course.name), this.#done(course.name));
    }
    const filled = this.#filled.flatMap((name) => collector.phases.find((one) => one.name === name) ?? []);
    const messages = filled.reduce((sum, { acked }) => sum + acked, 0);
    const bytes = filled.reduce((sum, one) => sum + one.bytes, 0);
    this.#filled = [];
    this.results.push({
      phase: collector.phases[index]?.name ?? phase,
      backlog: { phases: filled.map(({ name }) => name), messages, bytes },
      whilePerSecond: ratePerSecond === 0 ? null : ratePerSecond,
      groups: courses.map((course) => course.result(messages === 0 ? null : bytes / messages)),
      compared: null,
    });
  }

  /** Messages of the run that a group has still to read; undefined where that is not known. */
  #behind(name: string): number | undefined {
    const received = this.#received(name);
    if (received === undefined) return this.#options.watch?.behind(name);
    return Math.max(0, this.#options.collector.acked - received);
  }

  /** Messages of the run that a group has read, or committed where it is watched. */
  #done(name: string): number | undefined {
    return this.#received(name) ?? this.#options.watch?.latest(name)?.committed;
  }

  /** Undefined for a group that is watched. */
  #received(name: string): number | undefined {
    const { plan, collector } = this.#options;
    const own = ownGroups(plan.consumers).findIndex((group) => group.name === name);
    return own < 0 ? undefined : ([...collector.received.values()][own] ?? 0);
  }
}

interface CourseOptions {
  readonly name: string;
  readonly kind: ConsumerGroupPlan['kind'] | undefined;
  /** When it was started again. */
  readonly behind: number;
  /** What it had read, or committed, until then. */
  readonly done: number;
  readonly stillMs: number;
  readonly ratePerSecond: number;
}

/** A group that catches up. */
class GroupCourse {
  readonly #options: CourseOptions;
  readonly #points: DrainPoint[] = [];
  readonly #patience: Patience;
  #seconds: number | undefined;
  #behind: number;
  #isGivenUp = false;

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#behind = options.behind;
    // However long a backlog takes: it is given up only where it stands still.
    this.#patience = new Patience(options.stillMs, Infinity);
  }

  get name(): string {
    return this.#options.name;
  }

  get isOver(): boolean {
    return this.#seconds !== undefined || this.#isGivenUp;
  }

  /** @param done - what it has read, or committed, by now */
  look(seconds: number, behind: number | undefined, done: number | undefined): void {
    if (this.isOver || behind === undefined || done === undefined) return;
    const { kind, ratePerSecond } = this.#options;
    this.#behind = behind;
    const read = Math.max(0, done - this.#options.done);
    if (read > (this.#points.at(-1)?.read ?? 0)) this.#points.push({ seconds, read });
    // What comes within a report or a commit is always there.
    const within = kind === 'own' ? reportSeconds : 1.2 * (stepSeconds(this.#points) ?? usualCommitSeconds);
    if (behind === 0 || (read > 0 && behind <= ratePerSecond * within)) this.#seconds = seconds;
    // A user may take a while to start a consumer.
    else if (read > 0 || kind !== 'external' || seconds * 1000 > userMs)
      this.#isGivenUp = this.#patience.note(seconds * 1000, this.#options.behind - read) !== undefined;
  }

  result(meanBytes: number | null): CatchUp['groups'][number] {
    const { name, kind, behind } = this.#options;
    const isOwn = kind === 'own';
    const { startSeconds, perSecond } = drainOf(this.#points, !isOwn);
    return {
      ...{ name, own: isOwn, behind, read: this.#points.at(-1)?.read ?? 0, startSeconds },
      seconds: this.#seconds ?? null,
      drainPerSecond: perSecond,
      drainBytesPerSecond: perSecond === null || meanBytes === null ? null : perSecond * meanBytes,
      leftBehind: this.#seconds === undefined ? this.#behind : 0,
    };
  }
}
