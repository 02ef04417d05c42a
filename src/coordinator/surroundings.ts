import type { LocalBroker } from '../broker/localProcesses.js';
import type { Finding } from '../measure/findings.js';
import { freshBrokersOf, machineLoadOf, type MachineReading } from '../measure/machineLoad.js';
import { readMachine } from './machineReading.js';

/** Reads the machine's load at each phase's start and end, and knows how old the brokers are. */
export class Surroundings {
  readonly #brokers: readonly LocalBroker[] | undefined;
  readonly #helpers: readonly number[];
  readonly #phases = new Map<string, { startMs: number; from: MachineReading; to?: MachineReading }>();

  /**
   * @param brokers - of this machine; undefined where their processes are unknown
   * @param helpers - processes that the harness has started to measure with
   */
  constructor(brokers: readonly LocalBroker[] | undefined, helpers: readonly number[]) {
    this.#brokers = brokers;
    this.#helpers = helpers;
  }

  /** @param atMs - since 1970 */
  onPhase(name: string, kind: 'start' | 'end', atMs: number): void {
    const reading = readMachine(
      this.#brokers?.map(({ pid }) => pid),
      this.#helpers,
    );
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
