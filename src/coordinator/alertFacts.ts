import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { createAlertScanner } from '../alerts/alertScanner.js';
import { isContainerFile, openContainer, type Container } from '../alerts/container.js';
import { isRecordingFile } from '../alerts/recording.js';
import { JoinedContainers } from '../alerts/containerErrors.js';
import { isPlainReading } from '../alerts/sources/reading.js';
import { createAlertMaker } from '../alerts/synthetic/alertMaker.js';
import { OptionsError, type SyntheticOptions } from '../alerts/synthetic/options.js';
import { generatorVersion } from '../alerts/synthetic/writeContainer.js';
import { microsecondsOfMjd, taiMjdOf } from '../alerts/timeOffset.js';
import { TimeOrder } from '../alerts/timeOrder.js';
import { frameHeadBytes } from '../alerts/wireFormat.js';
import { AlertSimError } from '../errors.js';
import { ownCommand } from '../ownCommand.js';
import { readInstant } from '../scenario/instants.js';
import type { FileAlerts, Plan, SyntheticAlerts } from '../scenario/plan.js';
import type { Path } from '../scenario/source.js';
import type { PreloadSource } from '../workers/protocol.js';
import { recordingFacts, topicFacts } from './recordedFacts.js';
import { sourceFacts, type AlertFacts, type Watch } from './sourceFacts.js';

export type { AlertFacts, Watch } from './sourceFacts.js';

/** What is known of alerts before they are looked at. */
export type AlertsOf = Pick<Plan, 'alerts' | 'kafka'>;

const fingerprintedBytes = 256 * 1024;

/**
 * Inspects a scenario's alerts: how many, how large, and their times. A container is read whole, once for as
 * long as it does not change.
 *
 * @throws `BAD_INPUT_FILE` when the container is missing, damaged or empty; `INTERRUPTED`
 */
export async function alertFacts({ alerts, kafka }: AlertsOf, watch?: Watch): Promise<AlertFacts> {
  switch (alerts.kind) {
    case 'file':
      return filesFacts(alerts, watch);
    case 'topic':
      return topicFacts(alerts, kafka, watch);
    case 'synthetic':
      return syntheticFacts(alerts);
    case 'payload': {
      const { bytes, count, seed } = alerts;
      return {
        source: { kind: 'payload', bytes, seed, alerts: count },
        meanBytes: bytes,
        spanUs: 0,
        fingerprint: digest(JSON.stringify({ bytes, count, seed })),
      };
    }
  }
}

/** Something wrong with a value of a scenario. */
export interface ValueFault {
  readonly path: Path;
  readonly message: string;
}

/** What is wrong with a scenario's synthetic alerts that shows only when they are made. */
export function alertFaults({ alerts }: Pick<Plan, 'alerts'>): readonly ValueFault[] {
  if (alerts.kind !== 'synthetic') return [];
  try {
    syntheticFacts(alerts);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof OptionsError)) throw thrown;
    return thrown.faults.map(({ option, message }) => ({ path: pathOf(option), message }));
  }
}

/** @throws `BAD_USAGE` where options do not go together */
function syntheticFacts({ cadenceNs, start, history, objects, ...alerts }: SyntheticAlerts): AlertFacts {
  const { visits, alertsPerVisit, detectors, meanBytes, seed, cutouts, schema, solarSystem } = alerts;
  const startsAt = start === undefined ? undefined : readInstant(start, Date.now());
  const options = {
    ...{ visits, alertsPerVisit, detectors, meanBytes, seed, cutouts, schema, solarSystem },
    cadenceSeconds: cadenceNs / 1e9,
    ...(startsAt?.ok === true && { startMjd: taiMjdOf(startsAt.ms) }),
    ...{ historyNone: history.none, historyMedian: history.median, historyMax: history.max },
    ...{ objects: objects.count, recurrence: objects.recurrence },
  };
  const maker = createAlertMaker(options, scenarioKey);
  const isAhead = alerts.ahead !== undefined;
  return {
    source: { kind: 'synthetic', options, alerts: isAhead ? 0 : maker.count },
    isAhead,
    meanBytes: maker.meanBytes,
    spanUs: ((visits - 1) * cadenceNs) / 1000,
    fingerprint: digest(JSON.stringify({ generatorVersion, ...options })),
  };
}

function scenarioKey(option: keyof SyntheticOptions): string {
  const key = pathOf(option).join('.');
  return option === 'cutouts' ? `${key}: false` : key;
}

/** Where a scenario says what an option is. */
function pathOf(option: keyof SyntheticOptions): Path {
  const keys: Partial<Record<keyof SyntheticOptions, Path>> = {
    historyNone: ['history', 'none'],
    historyMedian: ['history', 'median'],
    historyMax: ['history', 'max'],
    objects: ['objects', 'count'],
    recurrence: ['objects', 'recurrence'],
    cadenceSeconds: ['cadence'],
    startMjd: ['start'],
  };
  return ['alerts', 'synthetic', ...(keys[option] ?? [option])];
}

/**
 * Facts about files. A single container, which can be read at any place and by several threads, goes the short
 * way where its alerts are sent as they are; all others are read as streams.
 */
async function filesFacts({ files, reading }: FileAlerts, watch: Watch | undefined): Promise<AlertFacts> {
  const [only = ''] = files;
  const isPlainFile = files.length === 1 && isPlainReading(reading);
  if (isPlainFile && (await isRecordingFile(only))) return recordingFacts(only, watch);
  if (isPlainFile && (await isContainerFile(only))) {
    const facts = await containerFacts(only, watch);
    if (facts !== undefined && (facts.disorder === undefined || reading.keepOrder)) return facts;
  }
  return sourceFacts({ names: files, reading }, watch);
}

/**
 * Looks at a container without reading all of it: a file that is cut off is found, alerts that are damaged
 * are not.
 *
 * @returns how many alerts it has, and when the first one was recorded; undefined where it has to be read as a
 * stream, because its alerts are sent in another framing, or it is several containers
 * @throws `BAD_INPUT_FILE` when the file is missing, cut off, empty of alerts, or its records have no time
 */
export async function containerSource(path: string): Promise<PreloadSource | undefined> {
  const container = await openContainer(path);
  try {
    const scanner = createAlertScanner(container.schema, path);
    if (scanner.layout.framing !== 'confluent') return undefined;
    const { records } = await container.countRecords();
    for await (const block of container.blocks()) {
      const [first] = scanner.alertsOf(block);
      if (first === undefined) continue;
      return { kind: 'file', path, firstUs: microsecondsOfMjd(first.mjd), alerts: records };
    }
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} holds no alerts: make some with \`${ownCommand('generate', path, '--force')}\``,
    );
  } catch (thrown) {
    if (thrown instanceof JoinedContainers) return undefined;
    throw thrown;
  } finally {
    await container.close();
  }
}

/** Facts about files that were read already, by path, size and time of change: valid until they change. */
const known = new Map<string, AlertFacts | undefined>();

async function containerFacts(path: string, watch: Watch | undefined): Promise<AlertFacts | undefined> {
  const container = await openContainer(path);
  try {
    const { mtimeMs } = await stat(path);
    const key = [path, container.fileBytes, mtimeMs].join();
    if (!known.has(key)) known.set(key, await scan(container, watch));
    return known.get(key);
  } catch (thrown) {
    if (thrown instanceof JoinedContainers) return undefined;
    throw thrown;
  } finally {
    await container.close();
  }
}

/** Undefined where the alerts are not sent as they are in the container. */
async function scan(container: Container, watch: Watch | undefined): Promise<AlertFacts | undefined> {
  const { path } = container;
  const scanner = createAlertScanner(container.schema, path);
  if (scanner.layout.framing !== 'confluent') return undefined;
  // A file that is cut off is found by the heads of its blocks, before all of it is read.
  const { records } = await container.countRecords();
  const order = new TimeOrder();
  const display = watch?.progress({ title: 'looking at the alerts', unit: 'alerts', total: records });
  let bytes = 0;
  try {
    for await (const block of container.blocks(undefined, { reuse: true })) {
      if (watch?.signal.aborted === true)
        throw new AlertSimError('INTERRUPTED', 'interrupted: the run had not begun');
      for (const { avro, mjd } of scanner.alertsOf(block)) {
        order.add(microsecondsOfMjd(mjd));
        bytes += frameHeadBytes + avro.length;
      }
      display?.update(order.alerts, bytes);
    }
  } finally {
    display?.stop();
  }
  const { alerts, firstUs, spanUs, disorder, longestGap } = order;
  if (alerts === 0) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} holds no alerts: name another container in alerts.file`,
    );
  }
  return {
    source: { kind: 'file', path, firstUs, alerts },
    meanBytes: bytes / alerts,
    ...{ spanUs, disorder, longestGap },
    fingerprint: await fileFingerprint(path, container.fileBytes),
  };
}

/** From its size, its beginning, which holds a random marker, and its end. */
async function fileFingerprint(path: string, fileBytes: number): Promise<string> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(Math.min(fileBytes, fingerprintedBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const hash = createHash('sha256').update(String(fileBytes)).update(bytes.subarray(0, bytesRead));
    const tail = await file.read(bytes, 0, bytes.length, fileBytes - bytes.length);
    return hash.update(bytes.subarray(0, tail.bytesRead)).digest('hex').slice(0, 16);
  } finally {
    await file.close();
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
