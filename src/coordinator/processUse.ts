import type { HarnessUse } from '../measure/interval.js';

/** CPU and memory of this process since the last call: all threads, librdkafka's too. */
export class ProcessUse {
  #usage = process.cpuUsage();
  #atMs = Date.now();

  /** CPU since the last call, and memory. */
  take(nowMs: number): HarnessUse {
    const { user, system } = process.cpuUsage(this.#usage);
    const elapsedMs = Math.max(1, nowMs - this.#atMs);
    this.#usage = process.cpuUsage();
    this.#atMs = nowMs;
    return { cpuCores: (user + system) / 1000 / elapsedMs, rssBytes: process.memoryUsage.rss() };
  }
}
