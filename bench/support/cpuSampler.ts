import { cpuSecondsIn } from '../../src/workers/threadCpu.js';

export interface CpuSample {
  /** Since 1970. */
  readonly atMs: number;
  /** Processor time since the process began. */
  readonly seconds: number;
}

const everyMs = 50;

/** Samples the processor time of another process, so that any stretch of it can be asked for afterwards. */
export class CpuSampler {
  readonly #samples: CpuSample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      const seconds = cpuSecondsIn(`/proc/${pid}/stat`);
      if (seconds !== null) this.#samples.push({ atMs: Date.now(), seconds });
    }, everyMs);
  }

  /** In order; empty where the system does not report it. */
  get samples(): readonly CpuSample[] {
    return this.#samples;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * Number of cores that a process used over a stretch of time: processor time per second, between the
 * outermost samples within the stretch; NaN for fewer than two.
 *
 * @remarks Worked example: 1.0 s at 0 ms and 1.5 s at 1,000 ms are 0.5 cores between the two.
 * @param fromMs - since 1970
 */
export function coresBetween(samples: readonly CpuSample[], fromMs: number, toMs: number): number {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const [first] = within;
  const last = within.at(-1);
  if (first === undefined || last === undefined || last.atMs === first.atMs) return NaN;
  return (1000 * (last.seconds - first.seconds)) / (last.atMs - first.atMs);
}
