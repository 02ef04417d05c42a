import { drainOf, stepSeconds, type DrainPoint } from '../measure/drainRate.js';
import { Patience } from '../measure/patience.js';
import type { CatchUp } from '../results/runFolder.js';
import {
  ownGroups,
  watchedGroups,
  type ConsumerGroupPlan,
  type ExternalGroupPlan,
  type PhasePlan,
  type Plan,
} from '../scenario/plan.js';
import type { Collector } from './collector.js';
import type { ReaderControl, ReaderSteps } from './loadRun.js';
import type { SearchWatch, WatchedSample } from './probeWatch.js';
import { sleep } from './sleep.js';

/** Something that only the user can do; whether unseen consumers have stopped cannot be seen. */
export interface ReaderRequest {
  readonly kind: 'stopConsumers' | 'stopUnseenConsumers' | 'startConsumers';
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
  readonly partitions: readonly (WatchedSample['partitions'][number] & {
    readonly committed: number | null;
  })[];
}

/** Groups whose commits and members can be seen. */
export interface BacklogWatch extends SearchWatch {
  readonly latest: (name: string) => BacklogSample | undefined;
  /** @param members - whether members are described, too */
  readonly sample: (members?: boolean) => Promise<void>;
  /** The consumers of a group are to be stopped: that they leave is no rebalance of its own. */
  readonly suspended: (name: string) => void;
  /** They are to be started again. */
  readonly resumed: (name: string) => void;
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

/** The same where it cannot be seen whether it was done. */
const unseenMs = 30_000;

/** A consumer that reads has committed within this time: clients do so every 5 s unless told otherwise. */
const commitMs = 8_000;

/** Until it is known how often a group commits. */
const usualCommitSeconds = 5;

/** What a group of the run's own reads within its reports. */
const reportSeconds = 0.2;

/** How often a group that cannot be read is tried before a backlog. */
const mostAttempts = 8;

/** Within this time it has reported what it had read when it was told to stop. */
const heldReportMs = 1200;

/** A group that is kept from reading. */
interface Paused {
  readonly sinceMs: number;
  /** Whether its consumers are known to have stopped. */
  readonly hasStopped: boolean;
  /** What it can have read, or had committed, by then; undefined where that is not known. */
  readonly done: number | undefined;
}

/** Keeps groups from reading while a backlog is made, and measures how they catch up. */
export class BacklogSteps implements ReaderSteps {
  readonly results: CatchUp[] = [];
  readonly #options: BacklogOptions;
  readonly #paused = new Map<string, Paused>();
  /** The phases that made a backlog since the last catch-up. */
  #filled: string[] = [];

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  readonly before = async (phase: number, readers: ReaderControl): Promise<void> => {
    // A group that is not to read the first phase does not read the warm-up.
    const ofWarmup = phase === 0 && this.#planned(0) === undefined ? this.#planned(1) : undefined;
    const planned = this.#planned(phase) ?? ofWarmup;
    if (planned?.pacing.kind === 'catchUp') await this.#awaitCommits(this.#pausedOf(planned), readers);
    if (planned?.pacing.kind !== 'backlog') return;
    if (ofWarmup === undefined) this.#filled.push(planned.name);
    const { plan, collector } = this.#options;
    const names = planned.groups ?? plan.consumers.groups.map((group) => group.name);
    const paused: [name: string, hasStopped: boolean][] = [];
    for (const name of names)
      if (!this.#paused.has(name)) paused.push([name, await this.#pause(name, readers)]);
    const isOwn = (name: string): boolean => this.#groupOf(name)?.kind === 'own';
    if (collector.acked > 0 && paused.some(([name]) => isOwn(name))) await sleep(heldReportMs);
    const sinceMs = performance.now();
    const isFresh = await this.#sampleSince(Date.now());
    for (const [name, hasStopped] of paused) {
      const seen = isOwn(name) || isFresh(name) ? this.#done(name) : undefined;
      // One of ours may be handed what had come before; with rereads it has received more than there is.
      const done = isOwn(name) ? Math.max(collector.acked, seen ?? 0) : seen;
      this.#paused.set(name, { sinceMs, hasStopped, done });
    }
  };

  readonly during = (phase: number, readers: ReaderControl): Promise<void> | undefined => {
    const planned = this.#planned(phase);
    return planned?.pacing.kind === 'catchUp' ? this.#catchUp(phase, planned, readers) : undefined;
  };

  /** Samples until all groups were read after an instant, a few times at most; which of them were. */
  async #sampleSince(atMs: number): Promise<(name: string) => boolean> {
    const { plan, watch } = this.#options;
    const isFresh = (name: string): boolean => (watch?.latest(name)?.atMs ?? -Infinity) >= atMs;
    const names = watchedGroups(plan.consumers).map(({ name }) => name);
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      await watch?.sample();
      if (names.every(isFresh)) break;
      await sleep(sampleMs);
    }
    return isFresh;
  }

  #planned(phase: number): PhasePlan | undefined {
    const { plan, phases } = this.#options;
    return plan.replay.phases.find(({ name }) => name === phases[phase]);
  }

  #groupOf(name: string): ConsumerGroupPlan | undefined {
    return this.#options.plan.consumers.groups.find((group) => group.name === name);
  }

  /** The paused groups that a phase lets read again. */
  #pausedOf({ groups }: PhasePlan): readonly string[] {
    return (groups ?? [...this.#paused.keys()]).filter((name) => this.#paused.has(name));
  }

  /** Whether its consumers are known to have stopped. */
  async #pause(name: string, readers: ReaderControl): Promise<boolean> {
    const { programs, watch } = this.#options;
    const group = this.#groupOf(name);
    if (group?.kind === 'own') readers.pause(name);
    else watch?.suspended(name);
    if (group?.kind === 'external') return this.#pauseExternal(group, readers);
    if (group?.kind === 'command') await programs?.pause(name);
    return true;
  }

  /** Consumers that assign themselves their partitions are never members: they show in commits only. */
  async #pauseExternal({ name, groupId }: ExternalGroupPlan, readers: ReaderControl): Promise<boolean> {
    const { watch, onRequest } = this.#options;
    const startMs = performance.now();
    let asked: ReaderRequest['kind'] | undefined;
    while (!readers.stopped() && performance.now() - startMs < userMs) {
      await watch?.sample(true);
      const { members = null, partitions = [] } = watch?.latest(name) ?? {};
      const hasCommits = partitions.some(({ committed }) => committed !== null);
      if (members === 0 && asked === 'stopConsumers') return true;
      if (members === 0 && !hasCommits) return false;
      const isSeen = members !== null && members > 0;
      if (!isSeen && performance.now() - startMs >= unseenMs) return false;
      const kind = isSeen ? 'stopConsumers' : 'stopUnseenConsumers';
      if (asked === undefined || isSeen !== (asked === 'stopConsumers'))
        onRequest({ kind, group: name, groupId });
      asked = kind;
      await sleep(1000);
    }
    return false;
  }

  /** Gives consumers that may not have stopped the time in which a commit shows it. */
  async #awaitCommits(names: readonly string[], readers: ReaderControl): Promise<void> {
    const { watch } = this.#options;
    const mayRead = (name: string): boolean => {
      const paused = this.#paused.get(name);
      return (
        paused?.hasStopped === false &&
        performance.now() - paused.sinceMs < commitMs &&
        (this.#done(name) ?? 0) <= (paused.done ?? 0)
      );
    };
    while (!readers.stopped() && names.some(mayRead)) {
      await sleep(sampleMs);
      await watch?.sample();
    }
  }

  #resume(name: string, readers: ReaderControl): void {
    const { programs, watch, onRequest } = this.#options;
    const group = this.#groupOf(name);
    if (group?.kind === 'own') readers.resume(name);
    else watch?.resumed(name);
    if (group?.kind === 'command') programs?.resume(name);
    else if (group?.kind === 'external')
      onRequest({ kind: 'startConsumers', group: name, groupId: group.groupId });
  }

  async #catchUp(index: number, planned: PhasePlan, readers: ReaderControl): Promise<void> {
    const { watch, collector, plan } = this.#options;
    const { name: phase, pacing } = planned;
    await watch?.sample();
    const names = this.#pausedOf(planned);
    const ratePerSecond = pacing.kind === 'catchUp' ? (pacing.ratePerSecond ?? 0) : 0;
    const startMs = performance.now();
    const courses = names.map((name) => {
      const behind = this.#behind(name) ?? 0;
      const done = this.#done(name) ?? 0;
      const readEarly = Math.max(0, done - (this.#paused.get(name)?.done ?? done));
      const kind = this.#groupOf(name)?.kind;
      const stillMs = plan.limits.drainNs / 1e6;
      return new GroupCourse({ name, kind, behind, done, readEarly, stillMs, ratePerSecond });
    });
    for (const name of names) this.#paused.delete(name);
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
  /** What it had read, or committed, until then, and how much of that while its backlog was made. */
  readonly done: number;
  readonly readEarly: number;
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
    const { name, kind, behind, readEarly } = this.#options;
    const isOwn = kind === 'own';
    const { startSeconds, perSecond } = drainOf(this.#points, !isOwn);
    return {
      ...{ name, own: isOwn, behind, readEarly, read: this.#points.at(-1)?.read ?? 0, startSeconds },
      seconds: this.#seconds ?? null,
      drainPerSecond: perSecond,
      drainBytesPerSecond: perSecond === null || meanBytes === null ? null : perSecond * meanBytes,
      leftBehind: this.#seconds === undefined ? this.#behind : 0,
    };
  }
}
