import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlertReader, type InputFile } from '../alerts/sources/alertReader.js';
import { framingOf, messageBody, valueBytesOf, type FramingChoice } from '../alerts/sources/framing.js';
import { checkSpace, inputFiles, type StandardInput } from '../alerts/sources/inputs.js';
import { readOptionsOf, type ReadingPlan } from '../alerts/sources/reading.js';
import { SortedFile, sortedBytes } from '../alerts/sources/sortedFile.js';
import { temporaryFolder } from '../alerts/sources/temporaryFolder.js';
import { TimeIndex, type Moved } from '../alerts/sources/timeIndex.js';
import { microsecondsOfMjd } from '../alerts/timeOffset.js';
import type { Disorder, Gap } from '../alerts/timeOrder.js';
import { AlertSimError, messageOf } from '../errors.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { LeftOut } from '../scenario/planEstimate.js';
import type { FramedSchema, PreloadSource, SchemaIds } from '../workers/protocol.js';

/** What must be known of a scenario's alerts before they are sent. */
export interface AlertFacts {
  readonly source: PreloadSource;
  /** On the wire. */
  readonly meanBytes: number;
  /** From the first to the latest alert, as recorded. */
  readonly spanUs: number;
  /** Of a file; undefined where all alerts are in order of time. */
  readonly disorder?: Disorder | undefined;
  /** Between two alerts of a file; undefined for alerts that are generated. */
  readonly longestGap?: Gap | undefined;
  /** Identifies these alerts: a reservoir is recognised by it. */
  readonly fingerprint: string;
  /** Of a registry, where they are not the alerts' own. */
  readonly schemaIds?: SchemaIds | undefined;
  /** Of files; undefined for a container that is read as it is. */
  readonly leftOut?: LeftOut | undefined;
  /** Whether alerts are made while they are sent: `source` has none then, and there is no reservoir. */
  readonly isAhead?: boolean;
}

export interface Watch {
  readonly progress: ProgressFactory;
  readonly signal: AbortSignal;
}

/** Facts about alerts in files, and what was left out of them. */
export interface SourceFacts extends AlertFacts {
  readonly leftOut: LeftOut;
}

export interface SourceRequest {
  /** Files, folders, patterns; `-` for standard input. */
  readonly names: readonly string[];
  /** What these stand for, where that is known. */
  readonly files?: readonly InputFile[] | undefined;
  readonly reading: ReadingPlan;
  readonly stdin?: StandardInput | undefined;
  /** What may wait in memory to be sent in order; more is sorted on disk. Default 16 MiB. */
  readonly mostHeldBytes?: number;
}

/** What may wait in memory to be sent in order; more is sorted on disk. */
const defaultHeldBytes = 16 * 1024 * 1024;

const listedFaults = 5;

/**
 * Looks at alerts in files of any kind: reads them once for their number, times and sizes, and finds the way to
 * send them in order of time.
 *
 * @throws `BAD_INPUT_FILE`, `DISK_FULL`, `INTERRUPTED`
 */
export async function sourceFacts(request: SourceRequest, watch?: Watch): Promise<SourceFacts> {
  const files = request.files ?? (await inputFiles(request.names, request.stdin));
  const key = await stateOf(files, request.reading);
  const facts = known.get(key) ?? (await factsOf(files, request, watch));
  known.set(key, facts);
  return facts;
}

/** Facts about files that were read already: valid until one of them changes. */
const known = new Map<string, SourceFacts>();

/** One file after the other: of 100,000, each would take memory for its answer at once. */
async function stateOf(files: readonly InputFile[], reading: ReadingPlan): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(reading));
  for (const { path } of files) {
    const { size, mtimeMs } = await stat(path);
    hash.update(JSON.stringify([path, size, mtimeMs]));
  }
  return hash.digest('hex');
}

async function factsOf(
  files: readonly InputFile[],
  request: SourceRequest,
  watch: Watch | undefined,
): Promise<SourceFacts> {
  const { reading, mostHeldBytes = defaultHeldBytes } = request;
  const found = await indexed(files, request, watch);
  const { index, leftOut, framed } = found;
  if (index.alerts === 0) throw withoutAlerts(request.names, leftOut);
  const order = index.order(reading.keepOrder === true);
  const { firstUs, spanUs, disorder, longestGap, moved } = order;
  const common = { reading, firstUs, framed, alerts: index.alerts };
  const source: PreloadSource =
    moved !== undefined && moved.heldBytes > mostHeldBytes
      ? { kind: 'sorted', ...common, ...(await sortedOnDisk(files, request, index, moved, watch)) }
      : { kind: 'files', ...common, files, ranks: moved?.ranks };
  return {
    source,
    meanBytes: index.bytes / index.alerts,
    ...{ spanUs, disorder, longestGap, leftOut },
    fingerprint: fingerprintOf(request.reading, found.digest),
  };
}

interface Indexed {
  readonly index: TimeIndex;
  readonly leftOut: LeftOut;
  /** Of times, sizes and ids. */
  readonly digest: string;
  readonly framed: readonly FramedSchema[];
}

async function indexed(
  files: readonly InputFile[],
  { reading }: SourceRequest,
  watch: Watch | undefined,
): Promise<Indexed> {
  const counter = new LeftOutCounter();
  const display = watch?.progress({ title: 'looking at the alerts', unit: 'alerts', total: undefined });
  const options = {
    ...(await readOptionsOf(reading, counter.invalid)),
    onPassedOver: counter.passed,
  };
  const choice: FramingChoice = { framing: reading.framing, schemaId: undefined };
  const index = new TimeIndex();
  const hash = createHash('sha256');
  const framed = new Map<string, FramedSchema>();
  try {
    for await (const alert of new AlertReader(options).alertsIn(files)) {
      if (watch?.signal.aborted === true) throw interruptedLook();
      const body = messageBody(alert, choice);
      if (body.schemaId !== undefined && !framed.has(alert.schemaText))
        framed.set(alert.schemaText, { text: alert.schemaText, ownId: body.schemaId });
      index.add(microsecondsOfMjd(alert.mjd), valueBytesOf(body));
      hash.update(`${alert.id ?? ''} ${alert.mjd} ${body.bytes.length} ${body.schemaId ?? ''}\n`);
      display?.update(index.alerts, index.bytes);
    }
  } finally {
    display?.stop();
  }
  return { index, leftOut: counter.leftOut, digest: hash.digest('hex'), framed: [...framed.values()] };
}

async function sortedOnDisk(
  files: readonly InputFile[],
  { reading }: SourceRequest,
  { alerts, bytes }: TimeIndex,
  moved: Moved,
  watch: Watch | undefined,
): Promise<{ readonly path: string; readonly schemaTexts: readonly string[] }> {
  await checkSpace(sortedBytes(alerts, bytes), `sort ${alerts} alerts by time`);
  const path = join(temporaryFolder(), 'sorted');
  const file = await SortedFile.create(path, moved);
  const display = watch?.progress({ title: 'sorting by time', unit: 'alerts', total: alerts });
  const choice: FramingChoice = { framing: reading.framing, schemaId: undefined };
  const schemas = new Map<string, number>();
  const options = await readOptionsOf(reading);
  let sent = 0;
  try {
    for await (const alert of new AlertReader(options).alertsIn(files)) {
      if (watch?.signal.aborted === true)
        throw new AlertSimError('INTERRUPTED', 'interrupted while sorting the alerts: nothing was changed');
      const body = messageBody(alert, choice);
      const framing = framingOf(alert, choice);
      const isRecord = framing === 'confluent' || framing === 'raw';
      const schema = isRecord ? numberOf(schemas, alert.schemaText) : undefined;
      if (!file.add({ ...body, timeUs: microsecondsOfMjd(alert.mjd), schema })) throw changed(files);
      sent += body.bytes.length;
      display?.update(file.written, sent);
    }
    if (file.written !== alerts) throw changed(files);
  } catch (thrown) {
    await rm(dirname(path), { recursive: true, force: true });
    throw thrown;
  } finally {
    display?.stop();
    await file.close();
  }
  return { path, schemaTexts: [...schemas.keys()] };
}

function numberOf(schemas: Map<string, number>, text: string): number {
  const known = schemas.get(text) ?? schemas.size;
  schemas.set(text, known);
  return known;
}

/** The error for Ctrl-C before anything was sent. */
export function interruptedLook(): AlertSimError {
  return new AlertSimError('INTERRUPTED', 'interrupted while looking at the alerts: nothing was changed');
}

/** Counts what is left out of alerts, and keeps the first errors. */
export class LeftOutCounter {
  #alerts = 0;
  #stretches = 0;
  #passed = 0;
  readonly #invalid: string[] = [];
  readonly #beside: string[] = [];

  readonly invalid = (error: Error, alerts: number): void => {
    if (alerts === 0) this.#stretches += 1;
    this.#alerts += alerts;
    if (this.#invalid.length < listedFaults) this.#invalid.push(messageOf(error));
  };

  readonly passed = (place: string, what: string): void => {
    this.#passed += 1;
    if (this.#beside.length < listedFaults) this.#beside.push(`${place}: ${what}`);
  };

  get leftOut(): LeftOut {
    return {
      invalidAlerts: this.#alerts,
      invalidStretches: this.#stretches,
      firstInvalid: this.#invalid,
      passedOver: this.#passed,
      firstPassedOver: this.#beside,
    };
  }
}

function withoutAlerts(names: readonly string[], { firstInvalid, firstPassedOver }: LeftOut): AlertSimError {
  const [why] = [...firstInvalid, ...firstPassedOver];
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${names.join(', ')} holds no alerts${why === undefined ? '' : `: ${why}`}: name other files`,
  );
}

function changed(files: readonly InputFile[]): AlertSimError {
  const what = files.length === 1 ? (files[0]?.place ?? '') : `one of the ${files.length} files`;
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${what} has changed while it was read: start again when nothing writes to it`,
  );
}

/** Of the alerts and of how they are sent: a reservoir of the same alerts in another framing is another one. */
function fingerprintOf({ framing, keepOrder }: ReadingPlan, digest: string): string {
  const text = JSON.stringify([digest, framing ?? null, keepOrder ?? false]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
