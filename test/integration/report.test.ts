import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { formatCount, formatMicroseconds } from '../../src/report/format.js';
import { findChromium, withPage, type OpenPage } from './support/browser.js';
import { runCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { pythonWithHdrHistogram } from './support/python.js';
import { watchedRun } from '../report/run/watchedRun.js';
import { makeFolder, wholeFolder } from '../results/runFolders.js';
import type { IntervalRecord, RunSummary } from '../../src/results/runFolder.js';
import { latencyNames } from '../../src/scenario/metricNames.js';
import { writeReport } from '../../src/report/run/runPage.js';

const scenario = `
name: report
alerts: {synthetic: {visits: 1, alertsPerVisit: 60, meanBytes: 20000, cutouts: false}}
reservoir: {topic: report-reservoir}
stream: {topic: report-stream, partitions: 2}
replay:
  warmup: 0s
  phases:
    - {name: steady, rate: 100/s, duration: 3s}
    - {name: ramp, rate: {from: 50/s, to: 250/s}, duration: 3s}
consumers: {groups: 1, members: 1}
expect: {lost: 0, ack.p99: "< 60m", achievedRate: ">= 1%"}
`;

let kafka: TestKafka;
let work: string;
let folder: string;
let summary: RunSummary;
let printed: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'report-run-'));
  kafka = await startTestKafka();
  const file = join(work, 'report.yaml');
  writeFileSync(file, `${scenario}kafka: {bootstrap: "${kafka.bootstrap}"}\n`);
  const runs = join(work, 'runs');
  const result = await runCommand(['run', file, '--out', runs]);
  // A machine that is too slow makes the run invalid; the report is written all the same.
  expect(result, result.stderr).toMatchObject({ code: expect.toBeOneOf([0, 5]) as number });
  printed = result.stdout;
  folder = join(runs, readdirSync(runs)[0] ?? '');
  summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as RunSummary;
});

afterAll(async () => {
  await kafka.stop();
  rmSync(work, { recursive: true, force: true });
});

function copyOfRun(change: (path: string) => void): string {
  const copy = mkdtempSync(join(work, 'copy-'));
  cpSync(folder, copy, { recursive: true });
  change(copy);
  return copy;
}

function chromiumOr(context: TestContext): string {
  const found = findChromium();
  if (found === undefined) context.skip();
  return found;
}

async function soundness({ page, complaints, requests }: OpenPage, least = 6): Promise<void> {
  const figures = page.locator('.chart-figure');
  const count = await figures.count();
  expect(count).toBeGreaterThanOrEqual(least);
  for (let index = 0; index < count; index += 1) {
    const figure = figures.nth(index);
    // A chart that failed to draw is an empty element, or one without a path.
    expect(await figure.locator('.chart svg path').count()).toBeGreaterThan(2);
    expect(await figure.locator('.chart').getAttribute('aria-label')).toMatch(/\w{3}/);
    expect(await figure.locator('details table tbody tr').count()).toBeGreaterThan(0);
  }
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(complaints).toEqual([]);
  expect(requests).toEqual([]);
}

/** The cells of a table's rows, by the row's heading. */
async function cellsOf({ page }: OpenPage, caption: string): Promise<Record<string, string[]>> {
  const rows = page
    .locator('table', { has: page.locator('caption', { hasText: caption }) })
    .locator('tbody tr');
  const cells: Record<string, string[]> = {};
  for (const row of await rows.all()) {
    const [head = '', ...others] = (await row.locator('th, td').allTextContents()).map((text) => text.trim());
    cells[head] = others;
  }
  return cells;
}

describe('report.html of a run', () => {
  it('is written by the run, which says where it is', () => {
    expect(printed).toContain(`The report is ${pathToFileURL(join(folder, 'report.html')).href}`);
    expect(statSync(join(folder, 'report.html')).size).toBeLessThan(4e6);
  });

  it('holds the figures of summary.json', async (context) => {
    await withPage(
      chromiumOr(context),
      join(folder, 'report.html'),
      { widthPx: 1200, scheme: 'light' },
      async (open) => {
        await soundness(open);
        const micro = (value: number | null): string => (value === null ? '–' : formatMicroseconds(value));
        const percentiles = await cellsOf(open, 'Percentiles of all measured phases');
        const labels = {
          scheduleLag: 'Schedule lag',
          ack: 'Ack',
          response: 'Response',
          endToEnd: 'End to end',
        };
        for (const name of latencyNames) {
          const { count, p50, p90, p95, p99, p999, max, mean } = summary.latency[name];
          expect(percentiles[labels[name]]).toEqual([
            formatCount(count),
            ...[p50, p90, p95, p99, p999, max, mean].map(micro),
          ]);
        }
        const phases = await cellsOf(open, 'The phases in order');
        for (const { name, counts, latency } of summary.phases) {
          expect(phases[name]?.[1]).toBe(formatCount(counts.acked));
          expect(phases[name]?.[11]).toBe(micro(latency.ack.p99));
        }
        expect(Object.keys(phases)).toEqual(['steady', 'ramp']);
        // The log holds what the summary holds: no warm-up.
        const curve = await cellsOf(open, 'Percentiles from latency.hlog');
        expect(Object.keys(curve)).toHaveLength(4);
        expect(await open.page.locator('.sums .held').count()).toBe(2);
      },
    );
  });

  it.for([
    ['in the dark', 1200, 'dark'],
    ['on a phone', 375, 'light'],
  ] as const)('is sound %s', async ([, widthPx, scheme], context) => {
    await withPage(chromiumOr(context), join(folder, 'report.html'), { widthPx, scheme }, soundness);
  });

  it('lets the keyboard choose a percentile, and draws it', async (context) => {
    await withPage(
      chromiumOr(context),
      join(folder, 'report.html'),
      { widthPx: 1200, scheme: 'light' },
      async ({ page }) => {
        const chart = page.locator('#latency .chart');
        expect(await chart.innerText()).toContain('p99 of each interval');
        await page.locator('#latency input[checked]').focus();
        await page.keyboard.press('ArrowLeft');
        await expect.poll(() => chart.innerText()).toContain('p90 of each interval');
      },
    );
  });

  it('prints', async (context) => {
    await withPage(
      chromiumOr(context),
      join(folder, 'report.html'),
      { widthPx: 1200, scheme: 'dark' },
      async ({ page }) => {
        const pdf = await page.pdf({ format: 'A4' });
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
        // Charts were made as narrow as the paper before.
        expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(1);
      },
    );
  });

  it('is harmless whatever names are in it', async (context) => {
    const evil = '"><script>document.title="broken"</script><img src=x onerror=alert(1)>';
    const copy = copyOfRun((path) => {
      const text = JSON.stringify(evil).slice(1, -1);
      for (const name of ['manifest.json', 'summary.json', 'intervals.ndjson']) {
        const file = join(path, name);
        const replaced = readFileSync(file, 'utf8')
          .replaceAll('"steady"', () => `"${text}"`)
          .replaceAll(/"scenario": "report"/g, () => `"scenario": "${text}"`)
          .replaceAll(/"name": "report"/g, () => `"name": "${text}"`);
        writeFileSync(file, replaced);
      }
    });
    await withPage(
      chromiumOr(context),
      await writeReport(copy),
      { widthPx: 1200, scheme: 'light' },
      async (open) => {
        await soundness(open);
        expect(await open.page.title()).toContain(evil);
        expect(await open.page.locator('h1').innerText()).toBe(evil);
        expect(await open.page.locator('img').count()).toBe(0);
        await open.page.locator('#rate .chart').hover({ position: { x: 400, y: 120 } });
        await open.page.locator('#stack .chart').hover({ position: { x: 300, y: 50 } });
        expect(await open.page.locator('img').count()).toBe(0);
        expect(open.complaints).toEqual([]);
      },
    );
  });

  it('draws the brokers’ figures where they were recorded', async (context) => {
    const copy = copyOfRun((path) => {
      const file = join(path, 'intervals.ndjson');
      const lines = readFileSync(file, 'utf8').trim().split('\n');
      const withBroker = lines.map((line, index) => {
        const record = JSON.parse(line) as IntervalRecord;
        return JSON.stringify({ ...record, broker: { 1: { cpuCores: 1 + (index % 3), handlerIdle: 0.5 } } });
      });
      writeFileSync(file, `${withBroker.join('\n')}\n`);
    });
    await withPage(
      chromiumOr(context),
      await writeReport(copy),
      { widthPx: 1200, scheme: 'light' },
      async (open) => {
        await soundness(open);
        const drawn = await open.page.locator('#broker-load .chart').innerText();
        expect(drawn).toContain('CPU of the broker’s process, in cores');
        expect(drawn).toContain('Idle threads of the broker');
        const figures = await cellsOf(open, 'The brokers’ metrics in each phase');
        expect(figures['Request handlers idle']).toEqual(['50.0 %', '50.0 %']);
      },
    );
  });

  it('names the shards of a run on several machines, on a phone, too', async (context) => {
    const copy = copyOfRun((path) => {
      const file = join(path, 'summary.json');
      const notes = [
        'shard 1 (node-b, process 7) was unresponsive for 6.2 s: it died, was stopped, or was cut off',
      ];
      const shards = {
        runKey: 'tuesday',
        shards: [
          { shard: 0, host: 'node-a', clockBoundUs: 210, notes: [] },
          { shard: 1, host: 'node-b', clockBoundUs: 380, notes },
        ],
        clockBoundUs: 590,
        clockNote: 'the clocks agree to 590 µs',
      };
      writeFileSync(file, JSON.stringify({ ...summary, shards }));
    });
    await withPage(
      chromiumOr(context),
      await writeReport(copy),
      { widthPx: 375, scheme: 'dark' },
      async (open) => {
        await soundness(open);
        const cells = await cellsOf(open, 'The shards of the run tuesday');
        expect(cells['shard 0']).toEqual(['node-a', '± 210 µs', '✓ no trouble']);
        expect(cells['shard 1']?.[2]).toContain('was unresponsive for 6.2 s');
        // Found by its heading, and reached by the keyboard where it is wider than the screen.
        const section = open.page.getByRole('region', { name: 'Shards', exact: true });
        expect(await section.locator('.scrolls[tabindex="0"]').count()).toBe(1);
        const used = await cellsOf(open, 'What the first shard’s process used in each phase');
        expect(used.steady?.[0]).toBe(summary.phases[0]?.harness?.cpuCores?.toFixed(2));
      },
    );
  });

  it('tells what is there of a run that died, and that it died', async (context) => {
    const copy = copyOfRun((path) => {
      rmSync(join(path, 'summary.json'));
      const file = join(path, 'intervals.ndjson');
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -40));
    });
    await withPage(
      chromiumOr(context),
      await writeReport(copy),
      { widthPx: 1200, scheme: 'light' },
      async (open) => {
        await soundness(open);
        const text = await open.page.locator('.verdict').innerText();
        expect(text).toContain('No result');
        expect(text).toContain('there is no summary.json');
        expect(text).toContain('the last line of intervals.ndjson is cut off');
        expect(Object.keys(await cellsOf(open, 'The phases in order'))).toContain('steady');
      },
    );
  });
});

describe('rubin-alert-sim report', () => {
  it('says in a sentence what is no run folder, and ends with 2', async () => {
    const result = await runCommand(['report', join(work, 'runs')]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(
      /^rubin-alert-sim: .* is not a run folder: it holds one; name one, for example /,
    );
    expect(result.stderr).not.toContain('    at ');
  });
});

describe('report.html of watched groups', () => {
  it.for([
    ['1 group, 1 partition', { groups: 1, partitions: 1, seconds: 111 }, 1200, 'light', 8],
    ['5 groups, 45 partitions, on a phone', { groups: 5, partitions: 45, seconds: 111 }, 375, 'light', 8],
    [
      '20 groups, 400 partitions, in the dark',
      { groups: 20, partitions: 400, seconds: 111 },
      1200,
      'dark',
      8,
    ],
    ['a watch', { groups: 1, partitions: 8, seconds: 60, isWatch: true }, 1200, 'light', 2],
  ] as const)('is sound: %s', async ([, run, widthPx, scheme, least], context) => {
    const chromium = chromiumOr(context);
    const page = await writeReport(makeFolder({ ...watchedRun(run), hlog: wholeFolder.hlog }));
    expect(statSync(page).size).toBeLessThan(4e6);
    await withPage(chromium, page, { widthPx, scheme }, async (open) => {
      await soundness(open, least);
      const { width = 0 } = (await open.page.locator('#lag .chart').boundingBox()) ?? {};
      expect(width).toBeGreaterThan(300);
    });
  });

  it('shows a slow partition among 400 darker than those beside it', async (context) => {
    const run = { groups: 1, partitions: 400, seconds: 222, slow: [133] };
    const page = await writeReport(makeFolder({ ...watchedRun(run), hlog: wholeFolder.hlog }));
    await withPage(chromiumOr(context), page, { widthPx: 1200, scheme: 'light' }, async (open) => {
      // The fills of the last column, from the top: a row is 8 partitions.
      const fills: number[][] = await open.page.evaluate(`(() => {
        const paths = [...document.querySelectorAll('#partitions .chart svg path[fill^="rgb"]')];
        const cells = paths.map((path) => ({ box: path.getBoundingClientRect(), fill: path.getAttribute('fill') }));
        const right = Math.max(...cells.map(({ box }) => box.x));
        return cells
          .filter(({ box }) => box.x > right - 0.5 && box.height < 12)
          .sort((one, other) => one.box.y - other.box.y)
          .map(({ fill }) => fill.match(/[0-9]+/g).map(Number));
      })()`);
      expect(fills).toHaveLength(50);
      const brightness = fills.map(([red = 0, green = 0, blue = 0]) => red + green + blue);
      expect(brightness.indexOf(Math.min(...brightness))).toBe(Math.floor(133 / 8));
    });
  });
});

describe('latency.hlog of a run', () => {
  it('is read by an independent reader with the counts and percentiles of summary.json', async (context) => {
    const python = await pythonWithHdrHistogram();
    if (python === undefined) return context.skip();
    const runs = join(work, 'warm');
    // What is sent to warm up is not measured, and so it is not in the log either.
    await runCommand(['run', join(work, 'report.yaml'), '--set', 'replay.warmup=1s', '--out', runs]);
    const warm = join(runs, readdirSync(runs)[0] ?? '');
    const { latency } = JSON.parse(readFileSync(join(warm, 'summary.json'), 'utf8')) as RunSummary;
    const script = join(import.meta.dirname, 'support', 'readHlog.py');
    const { stdout } = await promisify(execFile)(python, [script, join(warm, 'latency.hlog')]);
    const read = JSON.parse(stdout) as Record<string, Record<string, number>>;
    expect(Object.keys(read).sort()).toEqual([...latencyNames].sort());
    for (const name of latencyNames) {
      const { count, p50, p90, p95, p99, p999, max } = latency[name];
      expect(count).toBeGreaterThan(0);
      const upTo = (value: number | undefined): number => Math.min(max ?? 0, value ?? NaN);
      const { count: found, ...others } = read[name] ?? {};
      expect({ name, count: found }).toEqual({ name, count });
      expect({
        name,
        p50: upTo(others.p50),
        p90: upTo(others.p90),
        p95: upTo(others.p95),
        p99: upTo(others.p99),
        p999: upTo(others.p999),
      }).toEqual({ name, p50, p90, p95, p99, p999 });
    }
    // Making the virtual environment takes its time on a busy machine; afterwards it is there.
  }, 300_000);
});
