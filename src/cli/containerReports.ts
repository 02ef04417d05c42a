import { isRecordingFile, surveyRecording, type RecordingSurvey } from '../alerts/recording.js';
import { defaultPort } from '../broker/brokerConfig.js';
import { calendarText } from '../alerts/timeOffset.js';
import { surveyContainer, type ContainerSurvey, type VisitSurvey } from '../alerts/tools/surveyContainer.js';
import { registryTarget, schemasOfRegistry } from '../coordinator/registeredIds.js';
import { LeftOutCounter } from '../coordinator/sourceFacts.js';
import { formatBytes, formatCount, formatSeconds } from '../report/format.js';
import { leftOutLines } from '../report/planText.js';
import { interrupted, type CommandContext } from './context.js';
import { readingOf, type FieldValues } from './readingOptions.js';
import { namedRegistry, type RegistryValue } from './registryOption.js';

/** Options of commands that look into files. */
export interface LookValues extends FieldValues, RegistryValue {
  /** One JSON object instead of lines for people. */
  readonly json?: boolean;
}

/** Logs what was left out of files, if anything. */
export function logLeftOut(counter: LeftOutCounter, { log }: CommandContext): void {
  for (const line of leftOutLines(counter.leftOut)) log.warning('container', line);
}

/**
 * Prints what is in files of alerts.
 *
 * @throws `BAD_INPUT_FILE` when they are damaged; `INTERRUPTED`
 */
export async function describeContainer(
  file: string,
  values: LookValues,
  context: CommandContext,
): Promise<void> {
  if (await isRecordingFile(file)) {
    describeRecording(await surveyedRecording(file, context), values, context);
    return;
  }
  const survey = await surveyed(file, values, context);
  if (values.json === true) context.print(JSON.stringify(infoJson(survey), undefined, 2));
  else for (const line of alignRows(infoRows(survey), ['left', 'left'])) context.print(line);
}

/**
 * Prints how many alerts each visit has, and the total.
 *
 * @throws `BAD_INPUT_FILE` when a file is damaged; `INTERRUPTED`
 */
export async function countVisits(
  files: readonly string[],
  values: LookValues,
  context: CommandContext,
): Promise<void> {
  const [only = ''] = files;
  if (files.length === 1 && (await isRecordingFile(only))) {
    countPartitions(await surveyedRecording(only, context), values, context);
    return;
  }
  const surveys: ContainerSurvey[] = [];
  for (const file of files) surveys.push(await surveyed(file, values, context));
  const visits = mergeVisits(surveys.flatMap((survey) => survey.visits));
  const total = visits.reduce((sum, { alerts }) => sum + alerts, 0);
  if (values.json === true) {
    context.print(JSON.stringify({ total, visits: visits.map(visitJson) }, undefined, 2));
    return;
  }
  const [first] = surveys;
  const heading = [
    first?.layout.visitPath?.at(-1) ?? 'visit',
    'MJD',
    `time (${first?.layout.scale ?? 'as recorded'})`,
    'alerts',
  ];
  const rows = visits.map(({ visit, mjd, alerts }) => [
    visit === undefined ? '-' : String(visit),
    String(mjd),
    calendarText(mjd),
    formatCount(alerts),
  ]);
  const sum = [`total of ${formatCount(visits.length)}`, '', '', formatCount(total)];
  for (const line of alignRows([heading, ...rows, sum], ['left', 'left', 'left', 'right']))
    context.print(line);
}

async function surveyedRecording(file: string, context: CommandContext): Promise<RecordingSurvey> {
  const display = context.progress({ title: 'reading', unit: 'messages', total: undefined });
  const survey = await surveyRecording(file, context.signal, display.update).finally(display.stop);
  if (survey === undefined) throw interrupted(`${file} was not read to its end`);
  return survey;
}

function describeRecording(survey: RecordingSurvey, { json }: LookValues, { print }: CommandContext): void {
  if (json === true) {
    print(JSON.stringify(survey, undefined, 2));
    return;
  }
  const { path, fileBytes, topic, codec, blocks, messages, tombstones, withKey, bytes } = survey;
  const { partitions, firstMs, lastMs } = survey;
  const behind = partitions.reduce((sum, partition) => sum + partition.behind, 0);
  const rows = [
    ['file', path],
    ['size', `${formatBytes(fileBytes)} (${fileBytes} bytes)`],
    ['recording of', topic === undefined ? 'a topic' : `the topic ${topic}`],
    ['codec', codec],
    ['blocks', formatCount(blocks)],
    ['messages', formatCount(messages)],
    ['with a key', formatCount(withKey)],
    ['without a value', formatCount(tombstones)],
    ['values', `${formatBytes(bytes)}, mean ${formatBytes(bytes / messages)}`],
    ['partitions', formatCount(partitions.length)],
    ['first', new Date(firstMs).toISOString()],
    ['last', new Date(lastMs).toISOString()],
    ['time span', formatSeconds((lastMs - firstMs) / 1000)],
    ['out of order', behind === 0 ? 'none' : `${formatCount(behind)} before one ahead in their partition`],
  ];
  for (const line of alignRows(rows, ['left', 'left'])) print(line);
}

function countPartitions(
  { partitions, messages }: RecordingSurvey,
  { json }: LookValues,
  { print }: CommandContext,
): void {
  if (json === true) {
    print(JSON.stringify({ total: messages, partitions }, undefined, 2));
    return;
  }
  const rows = partitions.map((partition, number) => [
    String(number),
    formatCount(partition.messages),
    partition.messages === 0 ? '-' : `${partition.firstOffset} to ${partition.lastOffset}`,
  ]);
  const sum = [`total of ${formatCount(partitions.length)}`, formatCount(messages), ''];
  for (const line of alignRows(
    [['partition', 'messages', 'offsets'], ...rows, sum],
    ['left', 'right', 'left'],
  ))
    print(line);
}

/** The registry beside it has schemas that are not Rubin's. */
const localBroker = `localhost:${defaultPort}`;

async function surveyed(file: string, values: LookValues, context: CommandContext): Promise<ContainerSurvey> {
  const counter = new LeftOutCounter();
  let stop: () => void = () => undefined;
  let update: (alerts: number, bytes: number) => void = () => undefined;
  const schemas = schemasOfRegistry(await registryTarget(namedRegistry(values), localBroker));
  const survey = await surveyContainer(file, {
    reading: readingOf(values),
    schemaOf: schemas.schemaOf,
    stdin: () => process.stdin,
    onInvalid: counter.invalid,
    signal: context.signal,
    onTotal: (total) => {
      ({ stop, update } = context.progress({ title: 'reading', unit: 'alerts', total }));
    },
    onProgress: (alerts, bytes) => {
      update(alerts, bytes);
    },
  }).finally(async () => {
    stop();
    await schemas.close();
  });
  logLeftOut(counter, context);
  if (survey === undefined) throw interrupted(`${file} was not read to its end`);
  return survey;
}

/** Visits of several files, in the order of their times; a visit may be spread over files. */
function mergeVisits(visits: readonly VisitSurvey[]): readonly VisitSurvey[] {
  const merged = new Map<bigint | number, VisitSurvey>();
  for (const next of visits) {
    const key = next.visit ?? next.mjd;
    const known = merged.get(key) ?? { ...next, alerts: 0 };
    merged.set(key, { ...known, mjd: Math.min(known.mjd, next.mjd), alerts: known.alerts + next.alerts });
  }
  return [...merged.values()].sort((a, b) => a.mjd - b.mjd);
}

/** JSON numbers lose digits of 64-bit identifiers, which therefore are text. */
function visitJson({ visit, mjd, alerts }: VisitSurvey): unknown {
  return { visit: visit === undefined ? null : String(visit), mjd, alerts };
}

function infoJson({ layout, recordBytes, times, visits, ...survey }: ContainerSurvey): unknown {
  const { path, files, fileBytes, otherSchemas, codec, blocks, alerts } = survey;
  return {
    file: path,
    fileBytes,
    schema: layout.name,
    schemaVersion: versionText(layout.version) ?? null,
    schemaId: layout.schemaId ?? null,
    survey: layout.survey?.name ?? null,
    otherSchemas,
    files,
    codec: codec ?? null,
    blocks: blocks ?? null,
    alerts,
    visits: visits.length,
    recordBytes: recordBytes ?? null,
    times: times ?? null,
  };
}

function infoRows(survey: ContainerSurvey): readonly (readonly string[])[] {
  const { path, files, fileBytes, layout, otherSchemas, codec, blocks, alerts, recordBytes, times, visits } =
    survey;
  const rows = [
    ['file', files === 1 ? path : `${path}, ${formatCount(files)} files`],
    ['size', `${formatBytes(fileBytes)} (${fileBytes} bytes)`],
    ['schema', [layout.name, ...otherSchemas].join(', ')],
    ['schema version', versionText(layout.version) ?? 'not one of Rubin'],
    ['schema id', layout.schemaId === undefined ? 'none' : String(layout.schemaId)],
    ...(codec === undefined ? [] : [['codec', codec]]),
    ...(blocks === undefined ? [] : [['blocks', formatCount(blocks)]]),
    ['alerts', formatCount(alerts)],
    ['visits', formatCount(visits.length)],
  ];
  if (recordBytes !== undefined) {
    const { min, mean, max, total } = recordBytes;
    rows.push(
      ['alert size', `${formatBytes(min)} to ${formatBytes(max)}, mean ${formatBytes(mean)}`],
      ['alerts in all', `${formatBytes(total)} before compression`],
    );
  }
  if (times !== undefined) {
    rows.push(
      ['first alert', timeText(times.firstMjd, layout)],
      ['earliest', timeText(times.earliestMjd, layout)],
      ['latest', timeText(times.latestMjd, layout)],
      ['time span', formatSeconds(times.spanSeconds)],
      ['in order of time', times.sorted ? 'yes' : 'no'],
    );
  }
  return rows;
}

function versionText(version: ContainerSurvey['layout']['version']): string | undefined {
  return version === undefined ? undefined : `${version.major}.${version.minor}`;
}

function timeText(mjd: number, { scale }: ContainerSurvey['layout']): string {
  return `MJD ${mjd} (${calendarText(mjd)}${scale === undefined ? '' : ` ${scale}`})`;
}

/** Columns of the width of their widest cell, two spaces apart. */
function alignRows(
  rows: readonly (readonly string[])[],
  sides: readonly ('left' | 'right')[],
): readonly string[] {
  const widths = sides.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, (row[column] ?? '').length), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        sides[column] === 'right' ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
