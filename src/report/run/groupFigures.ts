import { largestLags, partitionsPerRow } from '../../results/partitionRows.js';
import type { WatchedGroup, WatchedInterval } from '../../results/runFolder.js';
import { formatCount, formatDuration, formatPosition, orDash } from '../format.js';
import { type LagCell, partitionMap } from '../html/charts/heatMap.js';
import type { TimeSpan } from '../html/charts/parts.js';
import type { TimePanel, TimeSeries } from '../html/charts/timeChart.js';
import type { DataTable } from '../html/dataTable.js';
import type { Figure } from '../html/figure.js';
import { phaseStrip, pointsOf, ratePanel, spanOf, timeView } from './timeParts.js';
import type { TimeGroup } from './timeline.js';

/** The charts of watched groups over time. */

/** So many lines can be told apart: five colours, in three looks. */
const mostLines = 15;
const colors = ['series1', 'series2', 'series3', 'series4', 'series5'] as const;
const looks = ['line', 'dashed', 'dotted'] as const;

/** The groups of a run that were seen, by the lag that they had at most: the largest first. */
export function watchedNames(points: readonly TimeGroup[]): string[] {
  const most = new Map<string, number>();
  for (const { intervals } of points) {
    for (const { watched } of intervals) {
      for (const [name, { lagMessages }] of Object.entries(watched)) {
        most.set(name, Math.max(most.get(name) ?? 0, lagMessages));
      }
    }
  }
  return [...most].sort(([, one], [, other]) => other - one).map(([name]) => name);
}

/** The largest value of a group in a point; null where it was not seen, or has none. */
function largest(
  { intervals }: TimeGroup,
  name: string,
  of: (seen: WatchedInterval) => number | null,
): number | null {
  const values = intervals.flatMap(({ watched }) => {
    const seen = watched[name];
    const value = seen === undefined ? null : of(seen);
    return value === null ? [] : [value];
  });
  return values.length === 0 ? null : Math.max(...values);
}

/** Lag over time, in messages and in seconds, and the load below it. */
export function lagFigure(points: readonly TimeGroup[], names: readonly string[]): Figure {
  const shown = names.slice(0, mostLines);
  const linesOf = (of: (seen: WatchedInterval) => number | null): TimeSeries[] =>
    shown.map((name, index) => ({
      name,
      color: colors[index % colors.length] ?? 'series1',
      look: looks[Math.floor(index / colors.length)] ?? 'line',
      points: pointsOf(points, (point) => largest(point, name, of)),
    }));
  const hasLoad = points.some(
    ({ achievedPerSecond, targetPerSecond }) => achievedPerSecond > 0 || targetPerSecond !== null,
  );
  const panels: TimePanel[] = [
    {
      title: 'Messages in the topic that the group has not committed',
      format: '$short',
      heightPx: 170,
      series: linesOf(({ lagMessages }) => lagMessages),
    },
    {
      title: 'Age of the oldest of them',
      format: '$duration',
      heightPx: 130,
      series: linesOf(({ lagSeconds }) => lagSeconds),
    },
    ...(hasLoad ? [ratePanel(points, 90)] : []),
  ];
  const worst = names[0] ?? '';
  const most = Math.max(
    0,
    ...points.map((point) => largest(point, worst, ({ lagMessages }) => lagMessages) ?? 0),
  );
  const description = `Lag of ${names.length === 1 ? 'the group' : `${names.length} groups`} over time: at most ${formatCount(most)} messages, of ${worst}.`;
  const others = names.length - shown.length;
  return {
    id: 'lag',
    title: 'Lag',
    caption:
      `How far each group is behind, by what it has committed, once a second${hasLoad ? '; below it, the load' : ''}.` +
      (others > 0
        ? ` The ${shown.length} groups with the largest lag are drawn; ${others} more are in the table.`
        : ''),
    description,
    ...timeView('Lag', points, { description, span: spanOf(points), panels }),
    table: {
      caption: 'Lag over time',
      columns: [
        { head: 'Time', align: 'left' },
        { head: 'Phase', align: 'left' },
        ...names.flatMap((name) => [{ head: `${name}, messages` }, { head: `${name}, age` }]),
      ],
      rows: points.map((point) => [
        formatPosition(point.startSeconds),
        point.phase ?? 'catching up',
        ...names.flatMap((name) => [
          orDash(
            largest(point, name, ({ lagMessages }) => lagMessages),
            formatCount,
          ),
          orDash(
            largest(point, name, ({ lagSeconds }) => lagSeconds),
            formatDuration,
          ),
        ]),
      ]),
    },
  };
}

/** More rows are not told apart on a screen. */
const mostRows = 50;
/** Columns of a group; fewer where many groups have many partitions, because the page is sent by mail. */
const mostColumns = 160;
const mostCells = 30_000;

/** Lag by partition over time, a view a group: it shows a slow partition. */
export function partitionFigure(
  points: readonly TimeGroup[],
  names: readonly string[],
  groups: readonly WatchedGroup[],
): Figure {
  const span = spanOf(points);
  const views = names.map((name) => {
    const partitions = partitionCount(name, points);
    const perRow = partitionsPerRow(partitions, mostRows);
    const rows = Math.ceil(partitions / perRow);
    const columns = Math.max(20, Math.min(mostColumns, Math.floor(mostCells / names.length / rows)));
    return { name, partitions, perRow, cells: cellsOf(points, name, { partitions, perRow, columns }) };
  });
  const widest = Math.max(1, ...views.map(({ partitions }) => partitions));
  const together = Math.max(...views.map(({ perRow }) => perRow));
  const description =
    'Heat map of the lag of each partition over time: a row is a partition, a column a stretch of time, and the darker a ' +
    'cell, the further the group is behind there.';
  return {
    id: 'partitions',
    title: 'Lag by partition',
    caption:
      'A row that stands out is a partition that is slow. Where nothing is behind there is no colour.' +
      (together > 1
        ? ` A row stands for up to ${together} partitions, and shows the one that is furthest behind.`
        : ''),
    description,
    choice: 'Group',
    views: views.map(({ name, partitions, cells }) => ({
      label: name,
      option: partitionMap(`${name}. ${description}`, span, partitions, cells),
    })),
    strip: phaseStrip(points, span),
    heightPx: 100 + Math.max(44, Math.min(300, 12 * widest)),
    table: partitionTable(groups),
  };
}

function partitionCount(name: string, points: readonly TimeGroup[]): number {
  let count = 1;
  for (const { intervals } of points) {
    for (const { watched } of intervals) count = Math.max(count, watched[name]?.partitionCount ?? 0);
  }
  return count;
}

function cellsOf(
  points: readonly TimeGroup[],
  name: string,
  grid: { readonly partitions: number; readonly perRow: number; readonly columns: number },
): LagCell[] {
  const { partitions, perRow, columns } = grid;
  const perColumn = Math.max(1, Math.ceil(points.length / columns));
  const cells: LagCell[] = [];
  for (let at = 0; at < points.length; at += perColumn) {
    const column = points.slice(at, at + perColumn);
    const lags = column.flatMap(({ intervals }) =>
      intervals.flatMap(({ watched }) => watched[name]?.partitions ?? []),
    );
    const span: TimeSpan = {
      startSeconds: column[0]?.startSeconds ?? 0,
      endSeconds: column.at(-1)?.endSeconds ?? 0,
    };
    for (const [firstPartition, lag] of largestLags(lags, perRow)) {
      const lastPartition = Math.min(partitions, firstPartition + perRow) - 1;
      cells.push({ ...span, firstPartition, lastPartition, lag });
    }
  }
  return cells;
}

/** More are left out: those that were furthest behind are shown. */
const mostPartitionRows = 200;

function partitionTable(groups: readonly WatchedGroup[]): DataTable {
  const all = groups.flatMap(({ name, partitions }) => partitions.map((one) => ({ name, ...one })));
  const shown = [...all].sort((one, other) => other.meanLag - one.meanLag).slice(0, mostPartitionRows);
  const rest = all.length - shown.length;
  return {
    caption: `Lag by partition${rest > 0 ? `: the ${shown.length} that were furthest behind of ${all.length}` : ''}`,
    showsCaption: rest > 0,
    columns: [
      { head: 'Group', align: 'left' },
      { head: 'Partition' },
      { head: 'Committed' },
      { head: 'Mean lag' },
      { head: 'Largest lag' },
      { head: 'Oldest at most' },
      { head: 'Lag at the end' },
    ],
    rows: shown.map(({ name, partition, committed, meanLag, maxLag, maxLagSeconds, lastLag }) => [
      name,
      String(partition),
      formatCount(committed),
      formatCount(meanLag),
      formatCount(maxLag),
      orDash(maxLagSeconds, formatDuration),
      formatCount(lastLag),
    ]),
  };
}
