import { cpuSecondsIn } from '../../src/workers/threadCpu.js';

/** What a process had used at an instant. */
export interface CpuSample {
  /** The instant, milliseconds since 1970. */
  readonly atMs: number;
  /** Processor time since the process began, seconds. */
  readonly seconds: number;
}

const everyMs = 50;

/** Looks at the processor time of another process all the while, so that any stretch of it can be asked for afterwards. */
export class CpuSampler {
  readonly #samples: CpuSample[] = [];
  readonly #timer: NodeJS.Timeout;

  /**
   * @param pid - the process
   */
  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const seconds = cpuSecondsIn(`/proc/${pid}/stat`);
      if (seconds !== null) this.#samples.push({ atMs: Date.now(), seconds });
    }, everyMs);
  }

  /** What was seen, in order; nothing where the system does not tell. */
  get samples(): readonly CpuSample[] {
    return this.#samples;
  }

  /** Ends the looking. */
  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * How many cores a process used over a stretch of time.
 *
 * @remarks Worked example: 1.0 s at 0 ms and 1.5 s at 1,000 ms are 0.5 cores between the two.
 * @param samples - in the order of time
 * @param fromMs - start of the stretch, milliseconds since 1970
 * @param toMs - its end
 * @returns processor time a second, between the outermost samples within the stretch; NaN of fewer than two
 */
export function coresBetween(samples: readonly CpuSample[], fromMs: number, toMs: number): number {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const [first] = within;
  const last = within.at(-1);
  if (first === undefined || last === undefined || last.atMs === first.atMs) return NaN;
  return (1000 * (last.seconds - first.seconds)) / (last.atMs - first.atMs);
}
