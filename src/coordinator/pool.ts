import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { messageOf } from '../errors.js';
import { leaveThreadsAtExit } from '../kafka/exitNow.js';
import type { RunControl } from '../workers/control.js';
import type { FromWorker, ToWorker, WorkerTask } from '../workers/protocol.js';
import { installationFolder } from '../version.js';
import type { ShardsResult } from '../results/runFolder.js';

/** A task without what the pool adds, and the machine of a run on several that does it. */
export type TaskOf<Task extends WorkerTask> = Omit<Task, 'port' | 'control'> & {
  readonly shard?: number | undefined;
};

/** A worker's name in messages and results: `replay 1`, or `shard 2 replay 5`. */
export function workerName(shard: number | undefined, name: string): string {
  return shard === undefined ? name : `shard ${shard} ${name}`;
}

/** A worker at work in a thread of the pool. */
export interface RunningWorker {
  /** In messages and results. */
  readonly name: string;
  /** The machine of a run on several. */
  readonly shard?: number | undefined;
  /** Sends it a message. */
  readonly tell: (message: ToWorker) => void;
  /** Resolves when its task has ended: undefined when it ended well, else why it did not. Never rejects. */
  readonly ended: Promise<WorkerFailure | undefined>;
  /** Time of its last message, by `performance.now()`. */
  readonly heardMs: () => number;
}

/** Why a worker did not end well. */
export interface WorkerFailure {
  readonly name: string;
  /** Code of its error. */
  readonly code: Extract<FromWorker, { type: 'failed' }>['code'];
  /** A sentence. */
  readonly message: string;
  /** The machine of a run on several. */
  readonly shard?: number | undefined;
  /** Its machine was lost with all of its workers. */
  readonly machineLost?: true | undefined;
  /** The same without the worker's name, for commands with a single worker; undefined where there is none. */
  readonly reason?: string | undefined;
}

/** Runs the tasks of a run: in threads of this machine, or of several. */
export interface Pool {
  readonly machines: number;
  /** How long after the command a phase begins, so that every lane has received it. */
  readonly leadNs: number;
  /**
   * The machine where a worker is to work; undefined on one machine.
   *
   * @param index - from 0, among its kind
   */
  readonly shardOf: (kind: WorkerTask['kind'], index: number) => number | undefined;
  readonly start: <Task extends WorkerTask>(
    task: TaskOf<Task>,
    hear: (message: FromWorker) => void,
  ) => RunningWorker;
  /** Waits for the other machines; why those that did not come are missing. */
  readonly gather: () => Promise<WorkerFailure[]>;
  /**
   * The machines; undefined on one machine.
   *
   * @param failures - each is noted with its machine
   */
  readonly facts: (failures?: readonly WorkerFailure[]) => ShardsResult | undefined;
  /**
   * Ends all threads; unfinished tasks are dropped.
   *
   * @param working - threads with an unfinished task are ended (default), or left to the system at the
   * program's end. Node aborts the whole process when it ends a thread whose Kafka client is still connected:
   * use `leave` when there is a result to print.
   */
  readonly close: (working?: 'end' | 'leave') => Promise<void>;
}

/** The threads of this machine. */
export class WorkerPool implements Pool {
  readonly machines = 1;
  readonly leadNs: number;
  readonly #piscina: Piscina;
  readonly #control: RunControl;
  #working = 0;

  /**
   * @param threads - how many tasks run at the same time: each has a thread of its own
   * @param control - every task sees it
   * @param leadNs - see {@link Pool.leadNs}
   */
  constructor(threads: number, control: RunControl, leadNs = 50e6) {
    this.#control = control;
    this.leadNs = leadNs;
    this.#piscina = new Piscina({
      // The compiled file, even when this one runs from its source in a test.
      filename: join(installationFolder, 'dist', 'src', 'workers', 'entry.js'),
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: 1000,
      // An idle thread of Piscina otherwise sleeps in Atomics.wait, which stops its timers and Kafka's
      // events.
      atomics: 'disabled',
    });
  }

  start<Task extends WorkerTask>(task: TaskOf<Task>, hear: (message: FromWorker) => void): RunningWorker {
    const { name, shard } = task;
    const { port1, port2 } = new MessageChannel();
    let heardMs = performance.now();
    let failure: WorkerFailure | undefined;
    port1.on('message', (message: FromWorker) => {
      heardMs = performance.now();
      if (message.type === 'failed') {
        const { code, message: reason } = message;
        failure = { name, shard, code, message: named(name, reason), reason };
      } else hear(message);
    });
    const closed = new Promise<void>((resolve) => port1.once('close', resolve));
    const whole = { ...task, port: port2, control: this.#control.shared } as unknown as WorkerTask;
    this.#working += 1;
    const ended = this.#piscina.run(whole, { transferList: [port2] }).then(
      async () => {
        this.#working -= 1;
        // Messages of the worker from before its end are still in the port.
        await closed;
        return failure;
      },
      (thrown: unknown): WorkerFailure => {
        this.#working -= 1;
        port1.close();
        const message = `the worker ${name} died: ${messageOf(thrown)}`;
        return failure ?? { name, shard, code: 'INTERNAL', message };
      },
    );
    return {
      name,
      shard,
      tell: (message) => {
        port1.postMessage(message);
      },
      ended,
      heardMs: () => heardMs,
    };
  }

  /** There is one machine. */
  shardOf(): undefined {
    return undefined;
  }

  /** No other machines to wait for. */
  gather(): Promise<WorkerFailure[]> {
    return Promise.resolve([]);
  }

  facts(): undefined {
    return undefined;
  }

  async close(working: 'end' | 'leave' = 'end'): Promise<void> {
    // Piscina ends all of its threads or none.
    if (working === 'end' || this.#working === 0) await this.#piscina.destroy();
    else leaveThreadsAtExit();
  }
}

/** A worker's last sentence with its name, so that the result shows which one it was. */
function named(worker: string, sentence: string): string {
  return sentence.includes(worker) ? sentence : `${worker}: ${sentence}`;
}
