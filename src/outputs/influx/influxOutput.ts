import type { RunOutput, RunStart } from '../runOutput.js';
import { ownCommand } from '../../ownCommand.js';
import { openRunFolder } from '../../results/readRunFolder.js';
import { deliverAll, LiveDelivery, type DeliveryRules } from './delivery.js';
import type { PointSink } from './influxServer.js';
import {
  endEvent,
  intervalPoints,
  linesOf,
  outageEvents,
  phaseEvent,
  phasePoints,
  startEvent,
  type PointData,
  type RunTags,
} from './points.js';
import type { IntervalRecord, OutputReport, RunSummary } from '../../results/runFolder.js';

export interface InfluxOutputOptions {
  readonly sink: PointSink;
  readonly rules: DeliveryRules;
  /** How long the run's end may wait for a server that took points before. */
  readonly lastMs: number;
  /** How long it may wait for a server that never took any. */
  readonly lastMsUnseen: number;
  /** Called at the first fault, while the run continues. */
  readonly onFault: (fault: string) => void;
}

/** How long the end of a run waits; the points are in the run folder in any case. */
export const defaultWaits = { lastMs: 10_000, lastMsUnseen: 3000 } as const;

/** Sends a run's results to InfluxDB as they come; never slows or fails the run. */
export function influxOutput(options: InfluxOutputOptions): RunOutput {
  return new InfluxOutput(options);
}

class InfluxOutput implements RunOutput {
  readonly #options: InfluxOutputOptions;
  readonly #delivery: LiveDelivery;
  readonly #phaseStarts = new Map<string, number>();
  #run: RunTags = { run: '', scenario: '', variant: 'none' };
  #folder = '';
  #made = 0;

  constructor(options: InfluxOutputOptions) {
    this.#options = options;
    this.#delivery = new LiveDelivery(options.sink, options.rules, options.onFault);
  }

  readonly onStart = ({ id, folder, scenario, variant, startedAtMs }: RunStart): void => {
    this.#run = { run: id, scenario, variant: variant ?? 'none' };
    this.#folder = folder;
    this.#add(undefined, [startEvent(this.#run, startedAtMs)]);
  };

  readonly onPhase: NonNullable<RunOutput['onPhase']> = ({ phase, kind, atMs }) => {
    const startMs = kind === 'start' ? atMs : this.#phaseStarts.get(phase);
    if (startMs === undefined) return;
    this.#phaseStarts.set(phase, startMs);
    this.#add(undefined, [phaseEvent(this.#run, phase, startMs, kind === 'end' ? atMs : undefined)]);
  };

  readonly onInterval = (record: IntervalRecord): void => {
    this.#add(record.time, intervalPoints(this.#run, record));
  };

  readonly onEnd = async (summary: RunSummary): Promise<OutputReport> => {
    const { sink, lastMs, lastMsUnseen } = this.#options;
    const { result } = this.#delivery;
    this.#add(undefined, [
      ...phasePoints(this.#run, summary),
      ...outageEvents(this.#run, summary),
      endEvent(this.#run, summary),
    ]);
    const startMs = performance.now();
    const withinMs = result.delivered > 0 ? lastMs : lastMsUnseen;
    const delivered = await this.#delivery.finish(withinMs);
    const leftMs = withinMs - (performance.now() - startMs);
    if (delivered && leftMs > 0) await this.#deliverLetGo(leftMs);
    sink.close();
    const undelivered = Math.max(0, this.#made - result.delivered);
    const later = undelivered > 0 ? `; later, ${ownCommand('publish', this.#folder)} delivers them` : '';
    return {
      output: 'influx',
      delivered: result.delivered,
      undelivered,
      fault: result.fault === undefined ? null : `${result.fault}${later}`,
    };
  };

  /** What memory had no room for is read again from the run folder. */
  async #deliverLetGo(withinMs: number): Promise<void> {
    const { sink, rules } = this.#options;
    const { letGo, result } = this.#delivery;
    if (letGo.size === 0) return;
    const run = this.#run;
    const folder = this.#folder;
    const untilMs = performance.now() + withinMs;
    async function* chunks(): AsyncGenerator<readonly string[]> {
      for await (const record of (await openRunFolder(folder)).intervals()) {
        if (performance.now() >= untilMs) return;
        if (letGo.has(record.time)) yield linesOf(intervalPoints(run, record));
      }
    }
    try {
      await deliverAll(sink, chunks(), rules, { batchMs: withinMs }, result);
    } catch (thrown) {
      // The run folder is gone or cannot be read, which the run reports itself.
      result.fault ??= `cannot read the run folder ${folder} again: ${String(thrown)}`;
    }
  }

  #add(time: string | undefined, points: readonly PointData[]): void {
    const lines = linesOf(points);
    this.#made += lines.length;
    this.#delivery.add({ time, lines });
  }
}
