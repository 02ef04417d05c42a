import type { FromWorker, ToWorker } from '../../workers/protocol.js';
import type { RunningWorker, WorkerFailure } from '../pool.js';
import { Silence } from './silence.js';
import type { WorkerNews } from './messages.js';

/** A longer silence is reported, though the shard came back: it may have been late with its alerts. */
const noteworthyMs = 3000;

/**
 * A shard shows each second that it lives. A longer pause is its own, and says nothing about each of its
 * workers.
 */
const mostPerMessageMs = 1500;

/** Another machine's description of itself. */
export interface ShardPresence {
  /** Its process; a shard that was started again has another number. */
  readonly incarnation: number;
  readonly host: string;
  readonly pid: number;
  /** How far its clock may be off. */
  boundNs: number;
}

interface RemoteWorker {
  readonly name: string;
  readonly hear: (message: FromWorker) => void;
  /** How long it has been silent while its shard was not. */
  readonly silence: Silence;
  readonly end: (failure: WorkerFailure | undefined) => void;
}

/** The first shard's knowledge of another one. */
export class RemoteShard {
  /** From 0. */
  readonly shard: number;
  /** Undefined before it came. */
  presence: ShardPresence | undefined;
  /** Problems, a sentence each. */
  readonly notes: string[] = [];
  /** Why it does not take part any more; undefined as long as it does. */
  lost: string | undefined;
  /** Whether it has announced its end. */
  left = false;
  readonly #workers = new Map<number, RemoteWorker>();
  #silence: Silence | undefined;

  /** @param shard - from 0 */
  constructor(shard: number) {
    this.shard = shard;
  }

  /** Its name in messages: with the machine and the process, where they are known. */
  get name(): string {
    return this.presence === undefined
      ? `shard ${this.shard}`
      : `shard ${this.shard} (${this.presence.host}, process ${this.presence.pid})`;
  }

  /**
   * Something came from it.
   *
   * @param nowMs - of a monotonic clock
   */
  heard(nowMs: number): void {
    for (const { silence } of this.#workers.values()) silence.look(nowMs);
    this.#silence ??= new Silence(nowMs);
    const silentMs = this.#silence.heard(nowMs);
    if (silentMs >= noteworthyMs && this.lost === undefined) {
      this.notes.push(
        `${this.name} was unresponsive for ${seconds(silentMs)} s and came back: it was paused, overloaded, or cut off`,
      );
    }
  }

  /**
   * Checks whether it is still there.
   *
   * @param nowMs - of the same clock
   * @param mostMs - how long it may be silent
   */
  look(nowMs: number, mostMs: number): void {
    if (this.#silence === undefined || this.lost !== undefined || this.left) return;
    const silentMs = this.#silence.look(nowMs);
    if (silentMs >= mostMs) {
      this.lose(
        `${this.name} was unresponsive for ${seconds(silentMs)} s: it died, was stopped, or was cut off from Kafka`,
      );
    }
  }

  /**
   * It does not take part any more: all of its workers fail.
   *
   * @param why - a sentence
   */
  lose(why: string): void {
    if (this.lost !== undefined) return;
    this.lost = why;
    this.notes.push(why);
    for (const { name, end } of this.#workers.values()) end(this.#lostWith(name, why));
    this.#workers.clear();
  }

  /**
   * Takes the reports of its workers, in order.
   *
   * @param nowMs - of the same clock
   */
  take(news: readonly WorkerNews[], nowMs: number): void {
    for (const item of news) {
      const worker = this.#workers.get(item.worker);
      if (worker === undefined) continue;
      if ('told' in item) {
        worker.silence.heard(nowMs);
        worker.hear(item.told);
      } else {
        this.#workers.delete(item.worker);
        worker.end(item.ended === null ? undefined : { ...item.ended, shard: this.shard });
      }
    }
  }

  /** A worker on that machine. */
  worker(
    number: number,
    name: string,
    hear: (message: FromWorker) => void,
    tell: (message: ToWorker) => void,
  ): RunningWorker {
    const silence = new Silence(performance.now(), mostPerMessageMs);
    const ended = new Promise<WorkerFailure | undefined>((resolve) => {
      if (this.lost === undefined) this.#workers.set(number, { name, hear, silence, end: resolve });
      else resolve(this.#lostWith(name, this.lost));
    });
    // A worker that hangs in a machine that lives is silent by itself; one of a machine that is silent is
    // lost with it.
    return { name, shard: this.shard, tell, ended, heardMs: () => performance.now() - silence.silentMs };
  }

  #lostWith(name: string, message: string): WorkerFailure {
    return { name, shard: this.shard, machineLost: true, code: 'SERVICE_UNAVAILABLE', message };
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
