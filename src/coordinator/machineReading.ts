import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { processCpuSeconds } from '../broker/localProcesses.js';
import type { MachineReading } from '../measure/machineLoad.js';

/**
 * Reads what this machine has done until now.
 *
 * @param brokers - the brokers' processes; undefined where they are unknown
 * @param helpers - processes that the harness has started to measure with
 */
export function readMachine(
  brokers: readonly number[] | undefined,
  helpers: readonly number[],
): MachineReading {
  const { user, system } = process.cpuUsage();
  const cores = cpus();
  const [loadAverage = 0] = loadavg();
  return {
    atMs: Date.now(),
    cores: cores.length,
    idleSeconds: cores.reduce((sum, { times }) => sum + times.idle, 0) / 1000,
    harnessSeconds: (user + system) / 1e6 + (cpuSecondsOf(helpers) ?? 0),
    brokersSeconds: brokers === undefined ? null : (cpuSecondsOf(brokers) ?? null),
    cpuWaitSeconds: cpuWaitSeconds(),
    loadAverage,
  };
}

/** Undefined where one of them has ended: a broker that came back is another process. */
function cpuSecondsOf(pids: readonly number[]): number | undefined {
  let sum = 0;
  for (const pid of pids) {
    const seconds = processCpuSeconds(pid);
    if (seconds === undefined) return undefined;
    sum += seconds;
  }
  return sum;
}

/**
 * Linux's pressure stall information: `some avg10=0.00 avg60=0.00 avg300=0.00 total=12345` in microseconds.
 */
function cpuWaitSeconds(): number | null {
  try {
    const total = /^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1];
    return total === undefined ? null : Number(total) / 1e6;
  } catch {
    return null;
  }
}
