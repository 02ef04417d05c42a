import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { rateOf } from '../../../src/results/averages.js';
import { watchedRun } from './watchedRun.js';
import { interval, makeFolder, summary, wholeFolder, type FolderFiles } from '../../results/runFolders.js';
import type { ShardsSummary } from '../../../src/results/runFolder.js';
import { writeReport } from '../../../src/report/run/runPage.js';

async function reportOf(files: FolderFiles): Promise<string> {
  return readFile(await writeReport(makeFolder({ ...wholeFolder, ...files })), 'utf8');
}

/** The texts of a table's rows, the headings first; undefined where no table has such a caption. */
function tableOf(page: string, caption: RegExp): string[][] | undefined {
  const table = page
    .split('<table>')
    .slice(1)
    .map((text) => text.split('</table>')[0] ?? '')
    .find((text) => caption.test(text.split('</caption>')[0] ?? ''));
  return table
    ?.split('<tr>')
    .slice(1)
    .map((row) =>
      [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) =>
        cell.replace(/<[^>]*>/g, '').trim(),
      ),
    );
}

const [steady] = summary.phases;
const [group] = summary.groups;
if (steady === undefined || group === undefined) throw new Error('the test run has a phase and a group');

describe('what the harness itself used, in the report', () => {
  const caption = /What the load generator’s process used in each phase/;

  it('is told of each phase, the warm-up in brackets', async () => {
    const warmup = {
      ...steady,
      name: 'warm-up',
      measured: false,
      harness: { cpuCores: null, rssBytesMax: 1e8 },
    };
    const page = await reportOf({ summary: { ...summary, phases: [warmup, steady] } });
    expect(tableOf(page, caption)).toEqual([
      ['Phase', 'CPU, cores, mean', 'Memory, at most'],
      ['(warm-up)', '–', '100 MB'],
      ['steady', '0.40', '200 MB'],
    ]);
  });

  it('comes from the intervals where a run has died, each weighted by its length', async () => {
    const lines = [
      interval(0, { harness: { cpuCores: 1, rssBytes: 1e8 } }),
      interval(1, { seconds: 3, harness: { cpuCores: 0.2, rssBytes: 3e8 } }),
    ];
    const intervals = lines.map((one) => `${JSON.stringify(one)}\n`).join('');
    const page = await reportOf({ summary: undefined, intervals });
    expect(tableOf(page, caption)?.[1]).toEqual(['steady', '0.40', '300 MB']);
  });

  it('is left out of a run from before it was recorded', async () => {
    const phases = [{ ...steady, harness: undefined }];
    expect(tableOf(await reportOf({ summary: { ...summary, phases } }), caption)).toBeUndefined();
  });
});

describe('rates in tables and cards', () => {
  /** A count with its rounding error. */
  const numberIn = (cell: string | undefined): number => Number((cell ?? '').replaceAll(',', ''));

  it.each([
    ['visits: 2,000 within a burst of 3 s', 2000, 1.659e8, 2.984, { messages: 2000, seconds: 3 }],
    ['flat out', 123_456, 12_345_600, 10.037, null],
    ['few alerts in an hour', 505, 4.2e7, 168.4, { messages: 505, seconds: 168.333 }],
    ['less than one a second', 7, 700, 60.5, { messages: 7, seconds: 60 }],
  ])('divide: %s', async (_, acked, bytes, seconds, planned) => {
    const rate = rateOf({ acked, bytes, seconds, planned });
    const counts = { ...steady.counts, acked };
    const phases = [{ ...steady, counts, rate }];
    const page = await reportOf({ summary: { ...summary, counts, rate, phases } });
    const [heads = [], row = []] = tableOf(page, /The phases in order/) ?? [];
    const cell = (head: string): number => numberIn(row[heads.indexOf(head)]);
    const isClose = (ratio: number, shown: number): void => {
      expect(Math.abs(ratio / shown - 1)).toBeLessThan(0.006);
    };
    isClose(cell('Acknowledged') / cell('Time, s'), cell('Achieved /s'));
    if (bytes > 1e6) isClose(cell('MB sent') / cell('Time, s'), cell('MB/s'));
    if (planned !== null) isClose(cell('Due') / cell('Due in, s'), cell('Target /s'));
    const card =
      /<dt>Achieved rate<\/dt>\s*<dd><b>([\d.,]+)\/s<\/b><span>([\d,]+) acknowledged in ([\d.,]+) s/.exec(
        page,
      );
    isClose(numberIn(card?.[2]) / numberIn(card?.[3]), numberIn(card?.[1]));
    expect(numberIn(card?.[2])).toBe(acked);
  });
});

describe('how far behind a group was, in the report', () => {
  it.each([
    ['where it is known', 500, '500'],
    ['where it had read to the end', 0, '0'],
    ['where it was not looked up', undefined, '–'],
  ])('is told %s', async (_, behind, text) => {
    const groups = [{ ...group, lost: 600, behind }];
    const table = tableOf(await reportOf({ summary: { ...summary, groups } }), /What each consumer group/);
    expect(table?.[0]?.slice(2, 4)).toEqual(['Lost', 'Still to read at the end']);
    expect(table?.[1]?.slice(2, 4)).toEqual(['600', text]);
  });
});

describe('watched groups, in the report', () => {
  const caption = /How far behind each group was/;
  const figures = { partitions: 8, seconds: 111, slow: [3] };

  it('have a table, charts of lag over time and by partition, and their visits', async () => {
    const page = await reportOf({ ...watchedRun({ groups: 2, ...figures }), hlog: wholeFolder.hlog });
    const table = tableOf(page, caption);
    expect(table?.map((row) => row.slice(0, 3))).toEqual([
      ['Group', 'Committed', 'Not committed'],
      ['mine-1team-mine-1', expect.stringMatching(/^\d,\d{3}$/), expect.stringMatching(/^\d,\d{3}$/)],
      ['group-2team-group-2', '11,990', '10'],
    ]);
    expect(tableOf(page, /How each group commits/)?.[1]?.slice(1)).toEqual([
      ...['900 ms', '2.10 s', '2.50 s', '5.00 s', '5.10 s', '100', '4', '0'],
    ]);
    expect(tableOf(page, /How much of each visit/)).toHaveLength(1 + 2 * 2);
    expect(tableOf(page, /Lag by partition/)?.[1]?.slice(0, 2)).toEqual(['mine-1', '3']);
    expect(page).toContain('<figure id="lag"');
    expect(page).toContain('<figure id="partitions"');
    expect(page).toContain('The group mine-1 committed');
  });

  it('have the page for themselves where nothing was sent', async () => {
    const page = await reportOf(watchedRun({ groups: 1, isWatch: true, ...figures }));
    expect([...page.matchAll(/<h2 id="(\w+)"/g)].map(([, id]) => id)).toEqual([
      'result',
      'watched',
      'settings',
    ]);
    expect(page).toContain('Watched</h2>');
    expect(page).not.toContain('The run folder is not complete');
    expect(page).not.toContain('No phase');
  });

  it('are drawn of a run that was killed, too', async () => {
    const page = await reportOf({ ...watchedRun({ groups: 1, ...figures }), summary: undefined });
    expect(page).toContain('<figure id="lag"');
    expect(tableOf(page, caption)).toBeUndefined();
  });

  it('have no section where there are none', async () => {
    expect(await reportOf({})).not.toContain('id="watched"');
  });
});

describe('the shards of a run, in the report', () => {
  const shards: ShardsSummary = {
    runKey: 'tuesday',
    shards: [
      { shard: 0, host: 'node-a', clockBoundUs: 210, notes: [] },
      { shard: 1, host: 'node-<b>', clockBoundUs: 380.5, notes: ['it was paused', 'it was <lost>'] },
      { shard: 2, host: null, clockBoundUs: null, notes: ['shard 2 of 3 never came'] },
    ],
    clockBoundUs: 591,
    clockNote: 'clocks agree to 591 µs',
  };

  it('are named, each with its clock and what befell it', async () => {
    const page = await reportOf({ summary: { ...summary, shards } });
    expect(tableOf(page, /The shards of the run tuesday/)).toEqual([
      ['Shard', 'Machine', 'Clock bound', 'What befell it'],
      ['shard 0', 'node-a', '± 210 µs', '✓ no trouble'],
      ['shard 1', 'node-&lt;b&gt;', '± 381 µs', 'it was paused; it was &lt;lost&gt;'],
      ['shard 2', '–', '–', 'shard 2 of 3 never came'],
    ]);
    expect(page).toContain('<p>Clocks agree to 591 µs.</p>');
    expect(page).toContain('<section aria-labelledby="shards">');
    // Only the first shard's process is described.
    expect(tableOf(page, /What the first shard’s process used/)).toHaveLength(2);
  });

  it('have no section in a run on one machine', async () => {
    expect(await reportOf({})).not.toContain('id="shards"');
  });
});
