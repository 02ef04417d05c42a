import { AlertSimError } from '../../errors.js';
import type { FolderFault, OpenRunFolder } from '../../results/readRunFolder.js';
import type { Manifest, RunSummary } from '../../results/runFolder.js';
import { deliverAll, type Delivered, type DeliveryRules, type Patience } from './delivery.js';
import type { PointSink } from './influxServer.js';
import {
  endEvent,
  intervalPoints,
  linesOf,
  outageEvents,
  phaseEvent,
  phasePoints,
  startEvent,
  type RunTags,
} from './points.js';

export interface PublishOptions {
  readonly folder: OpenRunFolder;
  readonly manifest: Manifest;
  readonly sink: PointSink;
  readonly rules: DeliveryRules;
  readonly patience: Patience;
  /** Called after each interval with the number read so far. */
  readonly onInterval: (intervals: number) => void;
}

export interface Published extends Delivered {
  /** Whether all that the folder holds was sent. */
  readonly complete: boolean;
  /** Intervals that were read. */
  readonly intervals: number;
  /** What is missing or damaged in the folder. */
  readonly faults: readonly FolderFault[];
}

/**
 * Delivers the points of a finished run, made again from its folder. They are the points that the run itself
 * sent: what is in the database already is not duplicated. From a damaged folder it delivers what is whole.
 *
 * @throws `BAD_INPUT_FILE` where there is nothing to deliver
 */
export async function publishRun(options: PublishOptions): Promise<Published> {
  const { folder, manifest, sink, rules, patience, onInterval } = options;
  const { name, variant = 'none' } = manifest.scenario;
  const run: RunTags = { run: manifest.id, scenario: name, variant };
  const result: Delivered = { delivered: 0, rejected: 0, fault: undefined };
  const faults = [...folder.faults];
  let intervals = 0;

  async function* chunks(): AsyncGenerator<readonly string[]> {
    yield linesOf([startEvent(run, Date.parse(manifest.startedAt))]);
    for await (const record of folder.intervals((fault) => faults.push(fault))) {
      intervals += 1;
      onInterval(intervals);
      yield linesOf(intervalPoints(run, record));
    }
    if (intervals === 0) {
      throw new AlertSimError(
        'BAD_INPUT_FILE',
        `${folder.path} has no whole interval in intervals.ndjson: there is nothing to publish`,
      );
    }
    if (folder.summary !== undefined) yield* endOf(run, folder.summary);
  }

  const complete = await deliverAll(sink, chunks(), rules, patience, result);
  return { ...result, complete, intervals, faults };
}

/** The points that are known at a run's end only. */
function* endOf(run: RunTags, summary: RunSummary): Generator<readonly string[]> {
  for (const phase of summary.phases) {
    const startMs = Date.parse(phase.startedAt);
    const endMs = Date.parse(phase.endedAt);
    // The end of a phase that was cut short was never reported.
    yield linesOf([phaseEvent(run, phase.name, startMs, endMs > startMs ? endMs : undefined)]);
  }
  yield linesOf([...phasePoints(run, summary), ...outageEvents(run, summary), endEvent(run, summary)]);
}
