import { AlertSimError } from '../../errors.js';
import { deliverAll, type Patience } from './deliverAll.js';
import { endEvent, outageEvents, phaseEvent, startEvent } from './events.js';
import { readIntervals, readSummary, type RunManifest } from './finishedRun.js';
import type { Delivered, DeliveryRules } from './liveDelivery.js';
import { intervalPoints, linesOf, phasePoints, type RunTags } from './points.js';
import type { PointSink } from './pointSink.js';

export interface PublishOptions {
  readonly folder: string;
  readonly manifest: RunManifest;
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
  /** What is missing in the folder, half a sentence each. */
  readonly lacks: readonly string[];
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
  const summary = await readSummary(folder);
  const result: Delivered = { delivered: 0, rejected: 0, fault: undefined };
  const damagedLines: number[] = [];
  let intervals = 0;

  async function* chunks(): AsyncGenerator<readonly string[]> {
    yield linesOf([startEvent(run, Date.parse(manifest.startedAt))]);
    for await (const line of readIntervals(folder)) {
      if (line.kind === 'damaged') {
        damagedLines.push(line.line);
        continue;
      }
      intervals += 1;
      onInterval(intervals);
      yield linesOf(intervalPoints(run, line.record));
    }
    if (intervals === 0) {
      throw new AlertSimError(
        'BAD_INPUT_FILE',
        `${folder} has no whole interval in intervals.ndjson: there is nothing to publish`,
      );
    }
    if (summary === undefined) return;
    for (const phase of summary.phases) {
      const startMs = Date.parse(phase.startedAt);
      const endMs = Date.parse(phase.endedAt);
      // The end of a phase that was cut short was never reported.
      yield linesOf([phaseEvent(run, phase.name, startMs, endMs > startMs ? endMs : undefined)]);
    }
    yield linesOf([...phasePoints(run, summary), ...outageEvents(run, summary), endEvent(run, summary)]);
  }

  const complete = await deliverAll(sink, chunks(), rules, patience, result);
  const [firstDamaged] = damagedLines;
  return {
    ...result,
    complete,
    intervals,
    lacks: [
      ...(firstDamaged === undefined
        ? []
        : [
            damagedLines.length === 1
              ? `line ${firstDamaged} of intervals.ndjson is damaged`
              : `${damagedLines.length} lines of intervals.ndjson are damaged, line ${firstDamaged} first`,
          ]),
      ...(summary === undefined
        ? ['the run has not ended, or was ended by force: it has no summary.json']
        : []),
    ],
  };
}
