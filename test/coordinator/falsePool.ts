import { OneMachine, type Pool, type RunningWorker, type WorkerFailure } from '../../src/coordinator/pool.js';
import type { FromWorker, ToWorker, WorkerTask } from '../../src/workers/protocol.js';
import type { RunControl } from '../../src/workers/control.js';

/** A worker that is no thread: the test lets it tell, die, or say nothing. */
export interface FalseWorker {
  /** Its task. */
  readonly task: Readonly<Record<string, unknown>>;
  /** Tells the coordinator something. */
  readonly say: (message: FromWorker) => void;
  /** Ends its task. */
  readonly end: (failure?: WorkerFailure) => void;
  /** Whether it has ended. */
  ended: boolean;
}

/** How a worker of the pool behaves: told of its start, and of each message to it. */
export interface Behaviour {
  readonly onStart?: (worker: FalseWorker) => void;
  readonly onTold?: (worker: FalseWorker, message: ToWorker) => void;
}

/** Where workers do as the test says, under false clocks. */
export class FalsePool extends OneMachine implements Pool {
  readonly leadNs = 0;
  readonly workers = new Map<string, FalseWorker>();
  readonly #behaviourOf: (name: string, kind: WorkerTask['kind']) => Behaviour;

  constructor(behaviourOf: (name: string, kind: WorkerTask['kind']) => Behaviour) {
    super();
    this.#behaviourOf = behaviourOf;
  }

  start(
    task: { readonly name: string; readonly kind: WorkerTask['kind'] },
    hear: (message: FromWorker) => void,
  ): RunningWorker {
    const { name, kind } = task;
    const behaviour = this.#behaviourOf(name, kind);
    let heardMs = performance.now();
    let resolve: (failure?: WorkerFailure) => void = () => undefined;
    const ended = new Promise<WorkerFailure | undefined>((settle) => {
      resolve = settle;
    });
    const worker: FalseWorker = {
      task: { ...task },
      ended: false,
      say: (message) => {
        if (worker.ended) return;
        heardMs = performance.now();
        hear(message);
      },
      end: (failure) => {
        worker.ended = true;
        resolve(failure);
      },
    };
    this.workers.set(name, worker);
    setTimeout(() => behaviour.onStart?.(worker), 1);
    return {
      name,
      tell: (message) => {
        setTimeout(() => {
          if (!worker.ended) behaviour.onTold?.(worker, message);
        }, 1);
      },
      ended,
      heardMs: () => heardMs,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const ready: FromWorker = {
  type: 'ready',
  alertsInMemory: 1,
  alertsOfShare: 1,
};

const health = {
  eventLoopDelayP99Us: 0,
  eventLoopUtilization: 0,
  queueFullSeconds: 0,
  awaitedSeconds: 0,
  rssBytes: 0,
  cpuCores: null,
};

/** A producer that sends one message a phase after `phaseMs`, or when the load is stopped; it tells each second. */
export function soundProducer(control: RunControl, phaseMs: number): Behaviour {
  return {
    onStart: ({ say }) => {
      say(ready);
    },
    onTold: (worker, order) => {
      if (order.type === 'end') {
        worker.say({ type: 'sentAccount', account: { producer: 0, partitions: [], errors: {} } });
        worker.end();
        return;
      }
      if (order.type !== 'phase') return;
      const { phase } = order;
      const endMs = performance.now() + phaseMs;
      const tick = (): void => {
        if (worker.ended) return;
        const done = performance.now() >= endMs || control.stopped;
        worker.say({
          type: 'producer',
          phase,
          untilNs: 0,
          counts: { sent: 1, acked: 1, failed: 0, bytes: 1, failures: [] },
          gaps: [],
          inFlight: 0,
          latencies: [],
          health,
        });
        if (done) worker.say({ type: 'phaseDone', phase, scheduled: 1, endNs: performance.now() * 1e6 });
        else setTimeout(tick, 1000);
      };
      tick();
    },
  };
}

/** A member that tells each second that it read nothing, until the load is over. */
export function soundConsumer(control: RunControl): Behaviour {
  return {
    onStart: (worker) => {
      worker.say(ready);
      const tick = (): void => {
        if (worker.ended) return;
        worker.say({
          type: 'consumer',
          group: 'group',
          received: 0,
          bytes: 0,
          lag: 0,
          assignedPartitions: 1,
          latencies: [],
          health,
        });
        if (!control.finished) {
          setTimeout(tick, 1000);
          return;
        }
        worker.say({ type: 'receivedAccount', group: 'group', account: { streams: [] }, positions: [] });
        worker.end();
      };
      tick();
    },
  };
}
