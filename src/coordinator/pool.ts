import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import type { RunControl } from '../workers/control.js';
import work from '../workers/entry.js';
import type { FromWorker, ToWorker, WorkerTask } from '../workers/protocol.js';
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
  /** A sentence with the worker's name, so that the result shows which one it was. */
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
  /** How long after the command a phase begins, so that every producer has received it. */
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

/** What pools of this machine alone have in common. */
export abstract class OneMachine {
  readonly machines = 1;

  shardOf(): undefined {
    return undefined;
  }

  gather(): Promise<WorkerFailure[]> {
    return Promise.resolve([]);
  }

  facts(): undefined {
    return undefined;
  }
}

/**
 * Runs its tasks in this thread, for commands with a single worker: a thread would load every module once more
 * (0.3 s of CPU, 30 MB), and share two cores with this one, which has nothing else to do.
 */
export class ThisThread extends OneMachine implements Pool {
  readonly leadNs: number;
  readonly #control: RunControl;

  /**
   * @param control - every task sees it
   * @param leadNs - see {@link Pool.leadNs}
   */
  constructor(control: RunControl, leadNs = 5e6) {
    super();
    this.#control = control;
    this.leadNs = leadNs;
  }

  start<Task extends WorkerTask>(task: TaskOf<Task>, hear: (message: FromWorker) => void): RunningWorker {
    const { port1, port2 } = new MessageChannel();
    const whole = { ...task, port: port2, control: this.#control.shared } as unknown as WorkerTask;
    return runningWorker(task, port1, work(whole), hear);
  }

  /** There is no thread to end. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Follows a worker.
 *
 * @param worker - its name and machine
 * @param port - this end of its channel
 * @param work - settles when its task has ended
 * @param hear - gets each of its reports
 */
export function runningWorker(
  { name, shard }: Pick<TaskOf<WorkerTask>, 'name' | 'shard'>,
  port: MessagePort,
  work: Promise<unknown>,
  hear: (message: FromWorker) => void,
): RunningWorker {
  let heardMs = performance.now();
  let failure: WorkerFailure | undefined;
  port.on('message', (message: FromWorker) => {
    heardMs = performance.now();
    if (message.type === 'failed') {
      const { code, message: reason } = message;
      failure = { name, shard, code, message: `${name}: ${reason}`, reason };
    } else hear(message);
  });
  const closed = new Promise<void>((resolve) => port.once('close', resolve));
  const ended = work.then(
    async () => {
      // Messages of the worker from before its end are still in the port.
      await closed;
      return failure;
    },
    (thrown: unknown): WorkerFailure => {
      port.close();
      const message = `the worker ${name} died: ${messageOf(thrown)}`;
      return failure ?? { name, shard, code: 'INTERNAL', message };
    },
  );
  return {
    name,
    shard,
    tell: (message) => {
      port.postMessage(message);
    },
    ended,
    heardMs: () => heardMs,
  };
}
