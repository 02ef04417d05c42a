import { describe, expect, it } from 'vitest';
import { threadCpuSeconds } from '../../src/workers/threadCpu.js';

describe('CPU time of this thread', () => {
  it.runIf(process.platform === 'linux')('grows by what was computed', () => {
    const before = threadCpuSeconds() ?? NaN;
    const processBefore = process.cpuUsage();
    const processSeconds = (): number => {
      const { user, system } = process.cpuUsage(processBefore);
      return (user + system) / 1e6;
    };
    while (processSeconds() < 0.3);
    const grown = (threadCpuSeconds() ?? NaN) - before;
    // Other threads of the process share in its CPU time, and ticks are 10 ms.
    expect(grown).toBeGreaterThan(0.1);
    expect(grown).toBeLessThan(processSeconds() + 0.02);
  });
});
