import { stat } from 'node:fs/promises';
import { AlertSimError } from '../../errors.js';
import { createAlertScanner, type OnInvalid, type ScannedAlert } from '../alertScanner.js';
import type { AlertLayout } from '../alertSchema.js';
import type { ReadCodecName } from '../codecs.js';
import { isContainerFile, openContainer, type Container } from '../container.js';
import { JoinedContainers } from '../containerErrors.js';
import { AlertReader, type ReadOptions } from '../sources/alertReader.js';
import { inputFiles, type StandardInput } from '../sources/inputs.js';
import { isPlainReading, readOptionsOf, type ReadingPlan } from '../sources/reading.js';
import { microsecondsOfMjd } from '../timeOffset.js';

export interface VisitSurvey {
  /** Identifier of the visit, or of visit and detector in older schemas. */
  readonly visit: bigint | undefined;
  /** Of its first alert in the file, MJD, days. */
  readonly mjd: number;
  readonly alerts: number;
}

export interface TimeSurvey {
  /** Time offsets count from this one. MJD, days. */
  readonly firstMjd: number;
  /** MJD, days. */
  readonly earliestMjd: number;
  /** MJD, days. */
  readonly latestMjd: number;
  readonly spanSeconds: number;
  /** Whether no alert is earlier than the one before it in the file. */
  readonly sorted: boolean;
}

/** A sum of the alerts that a name stands for: a container, or files of other kinds. */
export interface ContainerSurvey {
  readonly path: string;
  /** More than one for a folder or a pattern. */
  readonly files: number;
  readonly fileBytes: number;
  /** Undefined for what is not a single container. */
  readonly codec: ReadCodecName | undefined;
  /** Of the first alert. */
  readonly layout: AlertLayout;
  /** Names of other schemas than that of the first alert. */
  readonly otherSchemas: readonly string[];
  /** Undefined for what is not a single container. */
  readonly blocks: number | undefined;
  readonly alerts: number;
  /** Undefined when there are no alerts. */
  readonly recordBytes: RecordBytes | undefined;
  /** Undefined when there are no alerts. */
  readonly times: TimeSurvey | undefined;
  /** In the order of their first alerts. */
  readonly visits: readonly VisitSurvey[];
}

export interface RecordBytes {
  readonly total: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

export interface SurveyOptions {
  readonly reading: ReadingPlan;
  readonly stdin?: StandardInput;
  /** The schema of a frame's id, where it is not one of Rubin's. */
  readonly schemaOf?: ReadOptions['schemaOf'];
  readonly signal: AbortSignal;
  /** Called before the alerts are read; undefined where their number is not known. */
  readonly onTotal: (alerts: number | undefined) => void;
  /** Gets the error of alerts that are left out, and their number; 0 where that is unknown. */
  readonly onInvalid: OnInvalid;
  /** Called after each block with the numbers read so far. */
  readonly onProgress: (alerts: number, bytes: number) => void;
}

/**
 * Reads all alerts that a name stands for and sums them up, which checks every block and every record, too;
 * undefined when the signal stopped it.
 *
 * @throws `BAD_INPUT_FILE` when they are damaged
 */
export async function surveyContainer(
  path: string,
  options: SurveyOptions,
): Promise<ContainerSurvey | undefined> {
  if (!isPlainReading(options.reading) || !(await isContainerFile(path))) return surveyFiles(path, options);
  const container = await openContainer(path);
  try {
    return await survey(container, options);
  } catch (thrown) {
    if (thrown instanceof JoinedContainers) return await surveyFiles(path, options);
    throw thrown;
  } finally {
    await container.close();
  }
}

async function surveyFiles(
  path: string,
  { reading, stdin, schemaOf, signal, onTotal, onProgress, onInvalid }: SurveyOptions,
): Promise<ContainerSurvey | undefined> {
  const files = await inputFiles([path], stdin);
  let fileBytes = 0;
  for (const file of files) fileBytes += (await stat(file.path)).size;
  onTotal(undefined);
  const sums = new Sums();
  const layouts = new Map<string, AlertLayout>();
  const options = { ...(await readOptionsOf(reading, onInvalid)), schemaOf };
  for await (const alert of new AlertReader(options).alertsIn(files)) {
    if (signal.aborted) return undefined;
    layouts.set(alert.schemaText, alert.scanner.layout);
    sums.add(alert);
    onProgress(sums.alerts, sums.totalBytes);
  }
  const [layout, ...others] = layouts.values();
  if (layout === undefined)
    throw new AlertSimError('BAD_INPUT_FILE', `${path} holds no alerts: name another file`);
  const otherSchemas = [...new Set(others.map(({ name }) => name))];
  const unknown = { codec: undefined, blocks: undefined };
  return { path, files: files.length, fileBytes, layout, otherSchemas, ...unknown, ...sums.result() };
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
  const { layout } = scanner;
  return { path, files: 1, fileBytes, codec, layout, otherSchemas: [], blocks, ...sums.result() };
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
    // Without an identifier the time distinguishes visits: all alerts of one have the same.
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
