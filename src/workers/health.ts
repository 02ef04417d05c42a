import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { monotonicNs } from './clock.js';
import { threadCpuSeconds } from './threadCpu.js';
import type { WorkerHealth } from '../results/runFolder.js';

/** Sampling interval of the event loop's delay. */
const resolutionMs = 10;

/** Watches whether this thread keeps up. */
export class HealthMonitor {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  #utilization = performance.eventLoopUtilization();
  #queueFullNs = 0;
  #awaitedNs = 0;
  #cpuSeconds = threadCpuSeconds();
  #takenNs = monotonicNs();

  constructor() {
    this.#delay.enable();
  }

  /** Counts time in which librdkafka's queue was full. */
  countQueueFull(nanoseconds: number): void {
    this.#queueFullNs += nanoseconds;
  }

  /** Counts time in which an alert was due, and not made or read yet. */
  countAwaited(nanoseconds: number): void {
    this.#awaitedNs += nanoseconds;
  }

  /** What was seen since the last call. */
  take(): WorkerHealth {
    // The sampling timer's own period is part of what Node reports as delay.
    const delayUs = Math.max(0, this.#delay.percentile(99) / 1000 - resolutionMs * 1000);
    const utilization = performance.eventLoopUtilization(this.#utilization).utilization;
    const queueFullSeconds = this.#queueFullNs / 1e9;
    this.#delay.reset();
    this.#utilization = performance.eventLoopUtilization();
    const awaitedSeconds = this.#awaitedNs / 1e9;
    this.#queueFullNs = 0;
    this.#awaitedNs = 0;
    return {
      eventLoopDelayP99Us: this.#delay.count === 0 && Number.isNaN(delayUs) ? 0 : delayUs,
      eventLoopUtilization: utilization,
      cpuCores: this.#takeCpu(),
      queueFullSeconds,
      awaitedSeconds,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #takeCpu(): number | null {
    const [cpuSeconds, nowNs] = [threadCpuSeconds(), monotonicNs()];
    const [cpuBefore, before] = [this.#cpuSeconds, this.#takenNs];
    this.#cpuSeconds = cpuSeconds;
    this.#takenNs = nowNs;
    if (cpuSeconds === null || cpuBefore === null) return null;
    return ((cpuSeconds - cpuBefore) * 1e9) / Math.max(1, nowNs - before);
  }

  stop(): void {
    this.#delay.disable();
  }
}
