import type { RunSummary, Sampled, WatchedGroup } from '../../results/runFolder.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicroseconds,
  formatRate,
  formatShare,
  orDash,
} from '../format.js';
import { drainText, membersText } from '../groupWords.js';
import { dataTable } from '../html/dataTable.js';
import { figureMarkup } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { lagFigure, partitionFigure, watchedNames } from './groupFigures.js';
import type { ReportInputs } from './phaseRows.js';

/** Consumer groups that are not ours: how they kept up; undefined where none was watched. */
export function groupsSection({ record, timeline }: ReportInputs): Markup | undefined {
  const groups = record.summary?.watchedGroups ?? [];
  const names = watchedNames(timeline.groups);
  if (groups.length === 0 && names.length === 0) return undefined;
  return html`<section aria-labelledby="watched">
    <h2 id="watched">Watched consumer groups</h2>
    <p>
      Nothing is known of these groups but what they commit: lag is what is in the topic and not committed,
      and a message counts as done when its offset is committed.
    </p>
    ${record.summary === undefined ? html`<p>The run ended before its result was written, so there is no table of the groups.</p>` : groupTables(record.summary)}
    ${
      names.length > 0 &&
      html`${figureMarkup(lagFigure(timeline.groups, names))}
      ${figureMarkup(partitionFigure(timeline.groups, names, groups))}`
    }
    ${phaseTable(groups)} ${visitTable(groups)} ${programTable(groups)}
  </section>`;
}

function groupTables({ watchedGroups }: RunSummary): Markup {
  const micro = (value: number | null): string => orDash(value, formatMicroseconds);
  const head = ({ name, group }: WatchedGroup): Markup =>
    html`${name}${group !== name && html`<br /><code>${group}</code>`}`;
  return html`${dataTable({
    caption: 'How far behind each group was, and what it did with the messages of this run',
    showsCaption: true,
    columns: [
      { head: 'Group', align: 'left' },
      { head: 'Committed' },
      { head: 'Not committed' },
      ...['p50', 'p99', 'max'].map((statistic) => ({ head: `Lag ${statistic}` })),
      ...['p50', 'p99', 'max'].map((statistic) => ({ head: `Age ${statistic}` })),
      { head: 'All committed after' },
      { head: 'Within 60 s' },
    ],
    rows: watchedGroups.map((group) => [
      head(group),
      formatCount(group.committed),
      formatCount(group.uncommitted),
      ...sampledCells(group.lag.messages, formatCount),
      ...sampledCells(group.lag.seconds, formatDuration),
      drainText(group),
      orDash(group.committedWithin60s, formatShare),
    ]),
  })}
  ${dataTable({
    caption: 'How each group commits; its commit latencies are as coarse as the time between two commits',
    showsCaption: true,
    columns: [
      { head: 'Group', align: 'left' },
      ...['p50', 'p99', 'max'].map((statistic) => ({ head: `Commit latency ${statistic}` })),
      { head: 'Between commits p50' },
      { head: 'Between commits max' },
      { head: 'Committed /s' },
      { head: 'Members' },
      { head: 'Rebalances' },
    ],
    rows: watchedGroups.map((group) => [
      head(group),
      ...[group.commitLatency.p50, group.commitLatency.p99, group.commitLatency.max].map(micro),
      orDash(group.commits.intervalSeconds?.p50, formatDuration),
      orDash(group.commits.intervalSeconds?.max, formatDuration),
      formatRate(group.commits.perSecond),
      membersText(group),
      orDash(group.rebalances, formatCount),
    ]),
  })}`;
}

function sampledCells({ p50, p99, max }: Sampled, format: (value: number) => string): string[] {
  return [p50, p99, max].map((value) => orDash(value, format));
}

/** Undefined where there is one phase: the table of the groups says the same. */
function phaseTable(groups: readonly WatchedGroup[]): Markup | undefined {
  if (groups.every(({ phases }) => phases.length < 2)) return undefined;
  return dataTable({
    caption: 'Each group in each phase',
    showsCaption: true,
    columns: [
      { head: 'Group', align: 'left' },
      { head: 'Phase', align: 'left' },
      { head: 'Lag p50' },
      { head: 'Lag max' },
      { head: 'Lag at the end' },
      { head: 'Age p50' },
      { head: 'Age max' },
      { head: 'Within 60 s' },
      { head: 'Commit latency p50' },
      { head: 'p99' },
    ],
    rows: groups.flatMap(({ name, phases }) =>
      phases.map(({ name: phase, lag, commitLatency, committedWithin60s }) => [
        name,
        phase,
        orDash(lag.messages.p50, formatCount),
        orDash(lag.messages.max, formatCount),
        orDash(lag.messages.last, formatCount),
        orDash(lag.seconds.p50, formatDuration),
        orDash(lag.seconds.max, formatDuration),
        orDash(committedWithin60s, formatShare),
        orDash(commitLatency.p50, formatMicroseconds),
        orDash(commitLatency.p99, formatMicroseconds),
      ]),
    ),
  });
}

/** More are left out: those that took longest are shown. */
const mostVisits = 200;
/** More are folded up. */
const mostOpenVisits = 12;

/** What became of each visit; undefined without visits. */
function visitTable(groups: readonly WatchedGroup[]): Markup | undefined {
  const all = groups.flatMap(({ name, visits }) => visits.map((visit) => ({ name, ...visit })));
  if (all.length === 0) return undefined;
  const slowest = [...all].sort(
    (one, other) => (other.drainSeconds ?? Number.MAX_VALUE) - (one.drainSeconds ?? Number.MAX_VALUE),
  );
  const shown = new Set(slowest.slice(0, mostVisits));
  const caption =
    all.length > mostVisits
      ? `The ${mostVisits} of ${formatCount(all.length)} visits that took longest; summary.json has all`
      : 'How much of each visit was committed within 60 s, and how long after its last alert all was';
  const table = dataTable({
    caption,
    showsCaption: true,
    columns: [
      { head: 'Group', align: 'left' },
      { head: 'Phase', align: 'left' },
      { head: 'Visit' },
      { head: 'Due', align: 'left' },
      { head: 'Alerts' },
      { head: 'Within 60 s' },
      { head: 'All committed after' },
    ],
    rows: all
      .filter((visit) => shown.has(visit))
      .map(({ name, phase, visit, dueAt, alerts, committedWithin60s, drainSeconds }) => [
        name,
        phase,
        String(visit),
        `${dueAt.slice(11, 19)} UTC`,
        formatCount(alerts),
        orDash(committedWithin60s, formatShare),
        drainSeconds === null ? html`<span class="broken">✗ never</span>` : formatDuration(drainSeconds),
      ]),
  });
  if (shown.size <= mostOpenVisits) return table;
  return html`<details class="figures">
    <summary>Each visit</summary>
    ${table}
  </details>`;
}

/** The programs that the run started as consumers; undefined where there were none. */
function programTable(groups: readonly WatchedGroup[]): Markup | undefined {
  const all = groups.flatMap(({ name, process }) =>
    (process?.members ?? []).map((member) => ({ name, ...member })),
  );
  if (all.length === 0) return undefined;
  return dataTable({
    caption: 'The programs that this run started as consumers',
    showsCaption: true,
    columns: [
      { head: 'Group', align: 'left' },
      { head: 'Member' },
      { head: 'CPU, s' },
      { head: 'Memory, at most' },
      { head: 'Its growth an hour' },
      { head: 'Ended before its time' },
      { head: 'Started again' },
      { head: 'Ended by', align: 'left' },
      { head: 'Output', align: 'left' },
    ],
    rows: all.map((program) => [
      program.name,
      String(program.member),
      program.cpuSeconds.toFixed(1),
      formatBytes(program.rssBytesMax),
      orDash(program.memoryGrowth?.bytesPerHour, formatBytes),
      formatCount(program.exitCount),
      formatCount(program.restarts),
      program.endedBy ?? '–',
      html`<code>${program.log}</code>`,
    ]),
  });
}
