import { calendarText } from '../alerts/timeOffset.js';
import { surveyContainer, type ContainerSurvey, type VisitSurvey } from '../alerts/tools/surveyContainer.js';
import { formatBytes, formatCount, formatSeconds } from '../report/format.js';
import { interrupted, type CommandContext } from './context.js';

/**
 * Prints what is in a container.
 *
 * @param asJson - one JSON object instead of lines for people
 * @throws `BAD_INPUT_FILE` when the container is damaged; `INTERRUPTED`
 */
export async function describeContainer(
  file: string,
  asJson: boolean,
  context: CommandContext,
): Promise<void> {
  const survey = await surveyed(file, context);
  if (asJson) context.print(JSON.stringify(infoJson(survey), undefined, 2));
  else for (const line of alignRows(infoRows(survey), ['left', 'left'])) context.print(line);
}

/**
 * Prints how many alerts each visit has, and the total.
 *
 * @param asJson - one JSON object instead of a table
 * @throws `BAD_INPUT_FILE` when a container is damaged; `INTERRUPTED`
 */
export async function countVisits(
  files: readonly string[],
  asJson: boolean,
  context: CommandContext,
): Promise<void> {
  const surveys: ContainerSurvey[] = [];
  for (const file of files) surveys.push(await surveyed(file, context));
  const visits = mergeVisits(surveys.flatMap((survey) => survey.visits));
  const total = visits.reduce((sum, { alerts }) => sum + alerts, 0);
  if (asJson) {
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

async function surveyed(file: string, context: CommandContext): Promise<ContainerSurvey> {
  let stop: () => void = () => undefined;
  let update: (alerts: number, bytes: number) => void = () => undefined;
  const survey = await surveyContainer(file, {
    signal: context.signal,
    onTotal: (total) => {
      ({ stop, update } = context.progress({ title: 'reading', unit: 'alerts', total }));
    },
    onProgress: (alerts, bytes) => {
      update(alerts, bytes);
    },
  }).finally(() => {
    stop();
  });
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
  const { path, fileBytes, codec, blocks, alerts } = survey;
  return {
    file: path,
    fileBytes,
    schema: layout.name,
    schemaVersion: versionText(layout.version) ?? null,
    schemaId: layout.schemaId ?? null,
    codec,
    blocks,
    alerts,
    visits: visits.length,
    recordBytes: recordBytes ?? null,
    times: times ?? null,
  };
}

function infoRows(survey: ContainerSurvey): readonly (readonly string[])[] {
  const { path, fileBytes, layout, codec, blocks, alerts, recordBytes, times, visits } = survey;
  const rows = [
    ['file', path],
    ['size', `${formatBytes(fileBytes)} (${fileBytes} bytes)`],
    ['schema', layout.name],
    ['schema version', versionText(layout.version) ?? 'not one of Rubin'],
    ['schema id', layout.schemaId === undefined ? 'none' : String(layout.schemaId)],
    ['codec', codec],
    ['blocks', formatCount(blocks)],
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
