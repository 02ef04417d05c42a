import { createAlertScanner, type ScannedAlert } from '../alertScanner.js';
import type { AlertLayout } from '../alertSchema.js';
import type { CodecName } from '../codecs.js';
import { openContainer, type Container } from '../container.js';
import { microsecondsOfMjd } from '../timeOffset.js';

/** The alerts of one visit. */
export interface VisitSurvey {
  /** Identifier of the visit, or of visit and detector in older schemas; undefined where the schema has none. */
  readonly visit: bigint | undefined;
  /** Time of its first alert in the file, MJD, days. */
  readonly mjd: number;
  /** How many alerts it has. */
  readonly alerts: number;
}

/** Times of a container's alerts. */
export interface TimeSurvey {
  /** Time of the first alert in the file, from which time offsets count, MJD, days. */
  readonly firstMjd: number;
  /** The earliest time, MJD, days. */
  readonly earliestMjd: number;
  /** The latest time, MJD, days. */
  readonly latestMjd: number;
  /** From the earliest to the latest, seconds. */
  readonly spanSeconds: number;
  /** Whether no alert is earlier than the one before it in the file. */
  readonly sorted: boolean;
}

/** What is in a container of alerts. */
export interface ContainerSurvey {
  /** The container. */
  readonly path: string;
  /** Its size, bytes. */
  readonly fileBytes: number;
  /** How its blocks are compressed. */
  readonly codec: CodecName;
  /** Where the parts of its alerts are. */
  readonly layout: AlertLayout;
  /** Number of blocks. */
  readonly blocks: number;
  /** Number of alerts. */
  readonly alerts: number;
  /** Size of the alerts' Avro records; undefined when there are none. */
  readonly recordBytes: RecordBytes | undefined;
  /** Their times; undefined when there are none. */
  readonly times: TimeSurvey | undefined;
  /** Their visits, in the order of their first alerts. */
  readonly visits: readonly VisitSurvey[];
}

/** Sizes of Avro records, bytes. */
export interface RecordBytes {
  /** All together. */
  readonly total: number;
  /** The smallest. */
  readonly min: number;
  /** Total divided by number. */
  readonly mean: number;
  /** The largest. */
  readonly max: number;
}

/** How to survey. */
export interface SurveyOptions {
  /** Ends the survey early when aborted. */
  readonly signal: AbortSignal;
  /** Told how many alerts the container has, before they are read. */
  readonly onTotal: (alerts: number) => void;
  /** Told after each block: how many alerts were read, and their bytes. */
  readonly onProgress: (alerts: number, bytes: number) => void;
}

/**
 * Reads all of a container and sums it up. That checks every block and every record, too.
 *
 * @param path - the container
 * @param options - progress, and the signal to stop
 * @returns the sums, or undefined when the signal ended the survey
 * @throws `BAD_INPUT_FILE` when the container is at fault
 */
export async function surveyContainer(
  path: string,
  options: SurveyOptions,
): Promise<ContainerSurvey | undefined> {
  const container = await openContainer(path);
  try {
    return await survey(container, options);
  } finally {
    await container.close();
  }
}

async function survey(
  container: Container,
  { signal, onTotal, onProgress }: SurveyOptions,
): Promise<ContainerSurvey | undefined> {
  const { path, fileBytes, codecName: codec } = container;
  const scanner = createAlertScanner(container.schema, path);
  const { records, blocks } = await container.countRecords();
  onTotal(records);
  const sums = new Sums();
  for await (const block of container.blocks()) {
    if (signal.aborted) return undefined;
    for (const alert of scanner.alertsOf(block)) sums.add(alert);
    onProgress(sums.alerts, sums.totalBytes);
  }
  return { path, fileBytes, codec, layout: scanner.layout, blocks, ...sums.result() };
}

class Sums {
  alerts = 0;
  totalBytes = 0;
  #minBytes = Infinity;
  #maxBytes = 0;
  #firstMjd = NaN;
  #previousMjd = -Infinity;
  #earliestMjd = Infinity;
  #latestMjd = -Infinity;
  #sorted = true;
  readonly #visits = new Map<bigint | number, { visit: bigint | undefined; mjd: number; alerts: number }>();

  add({ avro, mjd, visit }: ScannedAlert): void {
    if (this.alerts === 0) this.#firstMjd = mjd;
    this.alerts += 1;
    this.totalBytes += avro.length;
    this.#minBytes = Math.min(this.#minBytes, avro.length);
    this.#maxBytes = Math.max(this.#maxBytes, avro.length);
    this.#earliestMjd = Math.min(this.#earliestMjd, mjd);
    this.#latestMjd = Math.max(this.#latestMjd, mjd);
    this.#sorted &&= mjd >= this.#previousMjd;
    this.#previousMjd = mjd;
    // Without an identifier the time tells visits apart: all alerts of one have the same.
    const key = visit ?? mjd;
    const known = this.#visits.get(key);
    if (known === undefined) this.#visits.set(key, { visit, mjd, alerts: 1 });
    else known.alerts += 1;
  }

  result(): Pick<ContainerSurvey, 'alerts' | 'recordBytes' | 'times' | 'visits'> {
    const { alerts, totalBytes } = this;
    const visits = [...this.#visits.values()];
    if (alerts === 0) return { alerts, recordBytes: undefined, times: undefined, visits };
    const spanUs = microsecondsOfMjd(this.#latestMjd) - microsecondsOfMjd(this.#earliestMjd);
    return {
      alerts,
      recordBytes: { total: totalBytes, min: this.#minBytes, mean: totalBytes / alerts, max: this.#maxBytes },
      times: {
        firstMjd: this.#firstMjd,
        earliestMjd: this.#earliestMjd,
        latestMjd: this.#latestMjd,
        spanSeconds: spanUs / 1e6,
        sorted: this.#sorted,
      },
      visits,
    };
  }
}
