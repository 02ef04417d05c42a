import type { HarnessUse } from '../measure/interval.js';

/** Tells what this process used since it was asked last: all threads, librdkafka's too. */
export class ProcessUse {
  #usage = process.cpuUsage();
  #atMs = Date.now();

  /**
   * What was used since the last call.
   *
   * @param nowMs - now, milliseconds since 1970
   * @returns CPU and memory
   */
  take(nowMs: number): HarnessUse {
    const { user, system } = process.cpuUsage(this.#usage);
    const elapsedMs = Math.max(1, nowMs - this.#atMs);
    this.#usage = process.cpuUsage();
    this.#atMs = nowMs;
    return { cpuCores: (user + system) / 1000 / elapsedMs, rssBytes: process.memoryUsage.rss() };
  }
}
