import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { messageOf } from '../errors.js';
import { leaveThreadsAtExit } from '../kafka/exitNow.js';
import type { ShardsSummary } from '../measure/shards.js';
import type { RunControl } from '../workers/control.js';
import type { FromWorker, ToWorker, WorkerTask } from '../workers/protocol.js';
import { installationFolder } from '../version.js';

/** A task without what the pool adds. */
export type TaskOf<Task extends WorkerTask> = Omit<Task, 'port' | 'control'>;

/** A worker at work in a thread of the pool. */
export interface RunningWorker {
  /** Its name in messages and results. */
  readonly name: string;
  /** Tells it something. */
  readonly tell: (message: ToWorker) => void;
  /**
   * Resolves when its task has ended: undefined when it ended well, else why it did not. Never rejects.
   */
  readonly ended: Promise<WorkerFailure | undefined>;
  /** When it last told anything, milliseconds of `performance.now()`. */
  readonly heardMs: () => number;
}

/** Why a worker did not end well. */
export interface WorkerFailure {
  /** The worker. */
  readonly name: string;
  /** The code of its error. */
  readonly code: Extract<FromWorker, { type: 'failed' }>['code'];
  /** What happened, a sentence. */
  readonly message: string;
  /** The same without the worker's name, for commands with a single worker; undefined where it could not say it. */
  readonly reason?: string | undefined;
}

/** Where the tasks of a run are done: in threads of this machine, or of several. */
export interface Pool {
  /** How many machines there are. */
  readonly machines: number;
  /** How long after the command a phase begins, so that every lane has heard of it, nanoseconds. */
  readonly leadNs: number;
  /**
   * What a worker's name starts with, by where it will work: empty on one machine, else `shard 2 `.
   *
   * @param kind - what it is to do
   * @param index - which one of its kind, from 0
   * @param of - of how many
   */
  readonly labelOf: (kind: WorkerTask['kind'], index: number, of: number) => string;
  /** Starts a task; a worker whose name starts with a machine's label works there. */
  readonly start: <Task extends WorkerTask>(
    task: TaskOf<Task>,
    hear: (message: FromWorker) => void,
  ) => RunningWorker;
  /** Waits for the other machines; why those that did not come are missing. */
  readonly gather: () => Promise<WorkerFailure[]>;
  /**
   * What is known of the machines; undefined on one machine.
   *
   * @param failures - why workers did not end well: each is noted with its machine
   */
  readonly facts: (failures?: readonly WorkerFailure[]) => ShardsSummary | undefined;
  /**
   * Ends all threads; tasks that still run are given up.
   *
   * @param working - what becomes of threads with a task that still runs: they are ended, as they are where it is left
   * out, or left to the system at the program's end. Node aborts the whole process when it ends a thread whose Kafka
   * client is still connected: who has a result to tell leaves them.
   */
  readonly close: (working?: 'end' | 'leave') => Promise<void>;
}

/** The threads of this machine. */
export class WorkerPool implements Pool {
  /** See {@link Pool}. */
  readonly machines = 1;
  /** See {@link Pool}. */
  readonly leadNs = 50e6;
  readonly #piscina: Piscina;
  readonly #control: RunControl;
  #working = 0;

  /**
   * @param threads - how many tasks run at the same time: each has a thread of its own
   * @param control - the run's flags, which every task sees
   */
  constructor(threads: number, control: RunControl) {
    this.#control = control;
    this.#piscina = new Piscina({
      // The compiled file, also when this one runs from its source in a test.
      filename: join(installationFolder, 'dist', 'src', 'workers', 'entry.js'),
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 1000,
      // An idle thread of Piscina otherwise sleeps in Atomics.wait, which stops its timers and Kafka's events.
      atomics: 'disabled',
    });
  }

  /**
   * Starts a task.
   *
   * @param task - what to do
   * @param hear - told what the worker tells
   * @returns the worker
   */
  start<Task extends WorkerTask>(task: TaskOf<Task>, hear: (message: FromWorker) => void): RunningWorker {
    const { port1, port2 } = new MessageChannel();
    let heardMs = performance.now();
    let failure: WorkerFailure | undefined;
    port1.on('message', (message: FromWorker) => {
      heardMs = performance.now();
      if (message.type === 'failed') {
        const { code, message: reason } = message;
        failure = { name: task.name, code, message: named(task.name, reason), reason };
      } else hear(message);
    });
    const closed = new Promise<void>((resolve) => port1.once('close', resolve));
    const whole = { ...task, port: port2, control: this.#control.shared } as unknown as WorkerTask;
    this.#working += 1;
    const ended = this.#piscina.run(whole, { transferList: [port2] }).then(
      async () => {
        this.#working -= 1;
        // What the worker told before it ended is on its way through the port.
        await closed;
        return failure;
      },
      (thrown: unknown): WorkerFailure => {
        this.#working -= 1;
        port1.close();
        const message = `the worker ${task.name} died: ${messageOf(thrown)}`;
        return failure ?? { name: task.name, code: 'INTERNAL', message };
      },
    );
    return {
      name: task.name,
      tell: (message) => {
        port1.postMessage(message);
      },
      ended,
      heardMs: () => heardMs,
    };
  }

  /** Returns no label: there is one machine. */
  labelOf(): string {
    return '';
  }

  /** There is nobody to wait for. */
  gather(): Promise<WorkerFailure[]> {
    return Promise.resolve([]);
  }

  /** There is one machine. */
  facts(): undefined {
    return undefined;
  }

  /** See {@link Pool}. */
  async close(working: 'end' | 'leave' = 'end'): Promise<void> {
    // Piscina ends all of its threads or none.
    if (working === 'end' || this.#working === 0) await this.#piscina.destroy();
    else leaveThreadsAtExit();
  }
}

/** A worker's last sentence with its name, so that the result says whose it was. */
function named(worker: string, sentence: string): string {
  return sentence.includes(worker) ? sentence : `${worker}: ${sentence}`;
}
