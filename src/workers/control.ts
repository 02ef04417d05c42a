/**
 * How long an interrupted load waits for a silent broker, for readers to catch up, and for a worker to end.
 */
export const hurryMs = 1000;

/**
 * Flags that the coordinator and its workers share in memory: a worker sees them in the middle of a busy
 * loop, without a turn of its event loop.
 */
export class RunControl {
  /** To hand to a worker. */
  readonly shared: SharedArrayBuffer;
  readonly #flags: Int32Array;

  /** @param shared - the memory of another thread's control; undefined makes a new one */
  constructor(shared?: SharedArrayBuffer) {
    this.shared = shared ?? new SharedArrayBuffer(16);
    this.#flags = new Int32Array(this.shared);
  }

  /** Whether the load must end: producers send nothing more and wait for their acknowledgements. */
  get stopped(): boolean {
    return Atomics.load(this.#flags, 0) !== 0;
  }

  /** Ends the load in all workers. */
  stop(): void {
    Atomics.store(this.#flags, 0, 1);
  }

  /** The phase that ends before its schedule, by its number; -1 for none. */
  get endedPhase(): number {
    return Atomics.load(this.#flags, 3) - 1;
  }

  /** Ends a phase in all workers; the load goes on with the next one. */
  endPhase(phase: number): void {
    Atomics.store(this.#flags, 3, phase + 1);
  }

  /** Whether a user wants the end: what does not come within {@link hurryMs} is not waited for. */
  get hurried(): boolean {
    return Atomics.load(this.#flags, 2) !== 0;
  }

  /** Ends the load in all workers, without a long wait for anything. */
  hurry(): void {
    Atomics.store(this.#flags, 2, 1);
    this.stop();
  }

  /** Whether consumers must end too: nothing more is expected to come. */
  get finished(): boolean {
    return Atomics.load(this.#flags, 1) !== 0;
  }

  finish(): void {
    Atomics.store(this.#flags, 1, 1);
  }
}
