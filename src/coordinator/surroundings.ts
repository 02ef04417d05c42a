import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { type LocalBroker, processCpuSeconds } from '../broker/localProcesses.js';
import type { Finding } from '../results/findings.js';
import { freshBrokersOf, machineLoadOf, type MachineReading } from '../measure/machineLoad.js';

/** Reads the machine's load at each phase's start and end, and knows how old the brokers are. */
export class Surroundings {
  readonly #brokers: readonly LocalBroker[] | undefined;
  readonly #helpers: readonly number[];
  readonly #consumersCpuSeconds: () => number;
  readonly #phases = new Map<string, { startMs: number; from: MachineReading; to?: MachineReading }>();

  /**
   * @param brokers - of this machine; undefined where their processes are unknown
   * @param helpers - processes that the harness has started to measure with
   * @param consumersCpuSeconds - CPU time until now of programs that were started as consumers
   */
  constructor(
    brokers: readonly LocalBroker[] | undefined,
    helpers: readonly number[],
    consumersCpuSeconds: () => number = () => 0,
  ) {
    this.#brokers = brokers;
    this.#helpers = helpers;
    this.#consumersCpuSeconds = consumersCpuSeconds;
  }

  /** @param atMs - since 1970 */
  onPhase(name: string, kind: 'start' | 'end', atMs: number): void {
    const reading = {
      ...readMachine(
        this.#brokers?.map(({ pid }) => pid),
        this.#helpers,
      ),
      consumersSeconds: this.#consumersCpuSeconds(),
    };
    const phase = this.#phases.get(name);
    if (kind === 'start') this.#phases.set(name, { startMs: atMs, from: reading });
    else if (phase !== undefined) phase.to = reading;
  }

  /** @param measured - the phases that count */
  findings(measured: readonly string[]): Finding[] {
    const phases = [...this.#phases].filter(([name]) => measured.includes(name));
    const firstMs = Math.min(...phases.map(([, { startMs }]) => startMs));
    return [
      ...(phases.length === 0 ? [] : freshBrokersOf(this.#brokers ?? [], firstMs)),
      ...phases.flatMap(([name, { from, to }]) => (to === undefined ? [] : machineLoadOf(name, from, to))),
    ];
  }
}

/**
 * Reads what this machine has done until now.
 *
 * @param brokers - the brokers' processes; undefined where they are unknown
 * @param helpers - processes that the harness has started to measure with
 */
function readMachine(
  brokers: readonly number[] | undefined,
  helpers: readonly number[],
): Omit<MachineReading, 'consumersSeconds'> {
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
