import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { leaveThreadsAtExit } from '../kafka/exitNow.js';
import { installationFolder } from '../version.js';
import type { RunControl } from '../workers/control.js';
import type { FromWorker, WorkerTask } from '../workers/protocol.js';
import { OneMachine, runningWorker, type Pool, type RunningWorker, type TaskOf } from './pool.js';

/** The threads of this machine. */
export class WorkerPool extends OneMachine implements Pool {
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
    super();
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
    const { port1, port2 } = new MessageChannel();
    const whole = { ...task, port: port2, control: this.#control.shared } as unknown as WorkerTask;
    this.#working += 1;
    const ended = this.#piscina.run(whole, { transferList: [port2] }).finally(() => {
      this.#working -= 1;
    });
    return runningWorker(task, port1, ended, hear);
  }

  async close(working: 'end' | 'leave' = 'end'): Promise<void> {
    // Piscina ends all of its threads or none.
    if (working === 'end' || this.#working === 0) await this.#piscina.destroy();
    else leaveThreadsAtExit();
  }
}
