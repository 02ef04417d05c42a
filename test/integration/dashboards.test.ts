import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './support/commandLine.js';
import {
  interpolated,
  openVariables,
  readDashboards,
  type DashboardFile,
  type Panel,
  type Target,
} from './support/grafana.js';
import { startMembers } from './support/groupMembers.js';
import { findInfluxd2, isMissing, startInflux1, startInflux2, type TestInflux } from './support/influx.js';
import { asGrafana, type Ask, type InfluxSeries } from './support/influxQl.js';
import { startJmxtrans, type TestJmxtrans } from './support/jmxtrans.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { until } from './support/servers.js';
import type { IntervalRecord } from '../../src/results/runFolder.js';

/**
 * A real broker, read by a real jmxtrans into a real InfluxDB, under two runs of a stairs scenario: every query that
 * Grafana would send is sent.
 */
const stepSeconds = 20;
const rates = { from: 100, to: 300, steps: 3 };
const scenario = (bootstrap: string, { url, bucket, org = '', token = '' }: TestInflux): string => `
name: stairs
kafka: { bootstrap: '${bootstrap}' }
alerts: { synthetic: { visits: 1, alertsPerVisit: 300, meanBytes: 5000, cutouts: false } }
reservoir: { topic: stairs-reservoir, partitions: 2, workers: 1 }
stream: { topic: stairs.stream, partitions: 4 }
replay:
  workers: 1
  warmup: 2s
  phases:
    - { name: stairs, rate: { from: ${rates.from}/s, to: ${rates.to}/s, steps: ${rates.steps} }, duration: ${rates.steps * stepSeconds}s }
consumers: { groups: [{ name: ours, members: 1 }, { name: theirs, external: dashboards-test }] }
expect: { achievedRate: any }
outputs: { influx: { url: '${url}', bucket: ${bucket}, org: ${org}, token: ${token} } }
`;

const dashboards = readDashboards();
const isOwn = ({ query }: Target): boolean => query.includes('alertsim_');

let folder: string;
let kafka: TestKafka;
let influx2: TestInflux;
let ask2: Ask;
let ask1: Ask;
let jmxtrans: TestJmxtrans;
let long: readonly IntervalRecord[];
let range: { fromMs: number; toMs: number; interval: string };
const stops: (() => Promise<void>)[] = [];

describe.skipIf(isMissing(await findInfluxd2()))('dashboards on real servers', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'test-dashboards-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    kafka = await startTestKafka({ jmx: true });
    stops.push(kafka.stop);
    influx2 = await startInflux2();
    stops.push(influx2.stop);
    ask2 = asGrafana(influx2);
    const influx1 = await startInflux1();
    stops.push(influx1.stop);
    ask1 = asGrafana(influx1);
    const fromMs = Date.now();
    jmxtrans = await startJmxtrans({
      'jmx.host': '127.0.0.1',
      'jmx.port': String(kafka.jmxPort),
      'jmx.alias': 'kafka-1',
      'influx.url': `${influx2.url}/`,
      'influx.password': influx2.token ?? '',
      'influx.database': influx2.bucket,
    });
    stops.push(jmxtrans.stop);
    await until('jmxtrans has written', 60_000, async () => {
      return (await ask2('SELECT last("Uptime") FROM "jvm_runtime"')).length > 0;
    });

    const theirs = { bootstrap: kafka.bootstrap, topic: 'stairs.stream', group: 'dashboards-test' };
    const members = await startMembers(theirs, [1000]);
    stops.push(members.stop);

    const file = join(folder, 'stairs.yaml');
    await writeFile(file, scenario(kafka.bootstrap, influx2));
    await execute(file, '--set', 'replay.phases.0.duration=9s');
    long = await execute(file);
    // Two more readings, so that the last slope is there too.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    range = { fromMs, toMs: Date.now(), interval: '10s' };
    for (const run of readdirSync(join(folder, 'runs'))) await publish(run, influx1);
    const own = (await brokerPoints()).join('\n');
    for (const { url, token } of [influx2, influx1]) {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Token ${token}` };
      const address = `${url}/write?db=alerts&rp=autogen&precision=ms`;
      expect((await fetch(address, { method: 'POST', headers, body: own })).status).toBe(204);
    }
  }, 300_000);

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  }, 60_000);

  const opened: readonly (readonly [
    string,
    (name: string, options: readonly string[]) => readonly string[] | undefined,
  ])[] = [
    ['as they open', () => undefined],
    ['with one run, its phase and topic chosen', (name, options) => choice[name]?.(options)],
  ];

  describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))(
    '%s',
    (_title, dashboard) => {
      it.each(opened)('answers every query %s', async (_how, choose) => {
        expect(await unanswered(dashboard, ask2, () => true, choose)).toEqual([]);
      });

      it.each(opened)('answers every query of our own figures on InfluxDB 1.6 %s', async (_how, choose) => {
        expect(await unanswered(dashboard, ask1, isOwn, choose)).toEqual([]);
      });
    },
  );

  it('finds the newest run, every phase and the topics for the variables', async () => {
    const [dashboard] = dashboards.filter(({ uid }) => uid === 'alertsim-rate-load');
    const { options } = await openVariables(dashboard?.templating.list ?? [], ask2);
    expect(options.get('run')?.[0]).toMatch(/-stairs(-2)?$/);
    expect(options.get('run')).toHaveLength(2);
    expect(options.get('run')).toEqual([...(options.get('run') ?? [])].sort().reverse());
    // Where readers keep up, nothing is left to catch up on, and there is no drain.
    expect(options.get('phase')?.filter((phase) => phase !== 'drain')).toEqual(['stairs', 'warm-up']);
    expect(options.get('topic')).toEqual(['stairs-reservoir', 'stairs.stream']);
    expect(options.get('broker')).toEqual(['kafka-1']);
    expect(options.get('variant')).toEqual(['none']);
  });

  it('draws the two runs of Compare runs over the same seconds', async () => {
    const panel = panelOf('alertsim-compare', 'Achieved rate');
    const series = await answer('alertsim-compare', panel, 0);
    expect(series).toHaveLength(2);
    for (const { columns, values } of series) {
      expect(columns).toEqual(['time', 'elapsed', 'alerts/s']);
      const elapsed = values.map((row) => row[1]).filter((value) => value !== null);
      expect(elapsed[0]).toBeLessThan(5);
      expect(elapsed).toEqual([...elapsed].sort((a, b) => Number(a) - Number(b)));
    }
    const lengths = series.map(({ values }) => Number(values.at(-1)?.[1])).sort((a, b) => a - b);
    // Counted from the first second, which itself has none before it.
    expect(lengths[0]).toBeGreaterThan(6);
    expect(lengths[0]).toBeLessThan(25);
    expect(lengths[1]).toBeGreaterThan(rates.steps * stepSeconds - 4);
    expect(lengths[1]).toBeLessThan(rates.steps * stepSeconds + 20);
  });

  it('adds the latency stack up to the mean end-to-end latency', async () => {
    const panel = panelOf('alertsim-latency', 'Latency stack');
    const parts = await Promise.all([0, 1, 2].map((query) => answer('alertsim-latency', panel, query)));
    const [lag, ack, rest] = parts.map((series) => newest(series).values);
    const whole = newest(
      await ask2(
        `SELECT sum("t") / sum("c") FROM (SELECT "mean" * "count" AS "t", "count" AS "c" FROM "alertsim_latency" ` +
          `WHERE "latency" = 'endToEnd' AND "phase" = 'stairs' AND time >= ${range.fromMs}ms GROUP BY "run") ` +
          `WHERE time >= ${range.fromMs}ms GROUP BY time(10s), "run" fill(none)`,
      ),
    );
    const at = (rows: InfluxSeries['values'] | undefined, time: unknown): number =>
      Number(rows?.find((row) => row[0] === time)?.[1]);
    const inside = whole.values.slice(1, -1);
    expect(inside.length).toBeGreaterThan(3);
    for (const [time, mean] of inside) {
      // An alert that is read in another pixel than it was acknowledged in makes the only difference.
      const sum = at(lag, time) + at(ack, time) + at(rest, time);
      expect(Math.abs(sum / Number(mean) - 1)).toBeLessThan(0.15);
    }
  });

  it('shows the same p99 as the run folder', async () => {
    const panel = panelOf('alertsim-rate-load', 'Response p99');
    const series = newest(await answer('alertsim-rate-load', panel, 0));
    const shown = Math.max(...series.values.map((row) => Number(row[1])));
    const recorded = long
      .filter(({ phase }) => phase === 'stairs')
      .map(({ latency }) => latency.response?.p99 ?? 0);
    expect(shown).toBe(Math.max(...recorded));
  });

  it('follows the harness’s own rate with the growth of MessagesIn, within 5 %', async () => {
    const [counter] = await ask2(
      `SELECT "Count" FROM "kafka_topic" WHERE "name" = 'MessagesInPerSec' AND "topic" = 'stairs.stream'`,
    );
    const readings = (counter?.values ?? []).map(([time, count]) => [Number(time), Number(count)] as const);
    const stairs = long.filter(({ phase }) => phase === 'stairs');
    const startMs = Date.parse(stairs[0]?.time ?? '') - (stairs[0]?.seconds ?? 0) * 1000;
    const spans = [
      [startMs, startMs + rates.steps * stepSeconds * 1000],
      ...Array.from({ length: rates.steps }, (_, step) => [
        startMs + step * stepSeconds * 1000,
        startMs + (step + 1) * stepSeconds * 1000,
      ]),
    ] as [number, number][];
    const ratios = spans.map(([from, to]) => {
      const inside = readings.filter(([time]) => time >= from && time <= to);
      const [firstMs = 0, firstCount = 0] = inside[0] ?? [];
      const [lastMs = 0, lastCount = 0] = inside.at(-1) ?? [];
      expect(lastMs - firstMs).toBeGreaterThan(stepSeconds * 400);
      return (lastCount - firstCount) / (ackedUntil(lastMs) - ackedUntil(firstMs));
    });
    console.log(
      `MessagesIn over the harness's own, whole and by step: ${ratios.map((r) => r.toFixed(4)).join(' ')}`,
    );
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  });

  it('reads the broker without a fault, and logs no secret', async () => {
    expect(jmxtrans.ended()).toBeUndefined();
    const log = await jmxtrans.log();
    // A topic that a run recreates is gone while it is read: jmxtrans logs that, and goes on.
    expect(log).not.toMatch(/refused|unauthori[sz]ed|authentication|parse/i);
    expect(log).not.toContain(influx2.token ?? '?');
  });
});

const choice: Readonly<Record<string, (options: readonly string[]) => readonly string[]>> = {
  run: (options) => options.slice(0, 1),
  phase: () => ['stairs'],
  topic: () => ['stairs.stream'],
  broker: () => ['kafka-1'],
  variant: () => ['none'],
  latency: () => ['endToEnd'],
  resolution: () => ['5s'],
};

/** Runs the scenario, and returns its intervals. */
async function execute(file: string, ...options: readonly string[]): Promise<readonly IntervalRecord[]> {
  const runs = join(folder, 'runs');
  const { code, stdout, stderr } = await runCommand(['run', file, '--out', runs, ...options]);
  // A run that the busy machine made late is a run all the same, and so is one whose topic, made anew, their group did
  // not see in time: its metrics are what is checked here.
  if (code !== 0 && code !== 4 && code !== 5)
    throw new Error(`the run ended with ${String(code)}: ${stdout}${stderr}`);
  const newestRun = readdirSync(runs).sort().at(-1) ?? '';
  return readFileSync(join(runs, newestRun, 'intervals.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as IntervalRecord);
}

/** Delivers a finished run to another InfluxDB. */
async function publish(run: string, { url, bucket }: TestInflux): Promise<void> {
  const address = ['--url', url, '--bucket', bucket, '--org', '', '--token', ''];
  const result = await runCommand(['publish', join(folder, 'runs', run), ...address]);
  expect(result).toMatchObject({ code: 0 });
}

/** What runs write that can ask the broker: here its CPU time comes from jmxtrans. */
async function brokerPoints(): Promise<string[]> {
  const series = await ask2(
    `SELECT non_negative_derivative("ProcessCpuTime", 1s) / 1000000000 FROM "jvm_os"`,
  );
  const cores = series.flatMap(({ values }) => values);
  return readdirSync(join(folder, 'runs')).flatMap((run) => {
    const lines = readFileSync(join(folder, 'runs', run, 'intervals.ndjson'), 'utf8')
      .trim()
      .split('\n');
    return lines
      .map((line) => JSON.parse(line) as IntervalRecord)
      .flatMap(({ time, phase, broker }) => {
        const reading = cores.findLast(([at]) => Number(at) <= Date.parse(time));
        if (reading === undefined || broker !== null) return [];
        const tags = `run=${run},scenario=stairs,variant=none,phase=${phase ?? 'drain'},broker=1`;
        return [`alertsim_broker,${tags} cpuCores=${String(reading[1])} ${Date.parse(time)}`];
      });
  });
}

/** The queries of a dashboard, its variables and annotations among them, that give no row, or only nulls. */
async function unanswered(
  dashboard: DashboardFile,
  ask: Ask,
  which: (target: Target) => boolean,
  choose: (name: string, options: readonly string[]) => readonly string[] | undefined,
): Promise<string[]> {
  const { list } = dashboard.templating;
  const { values, options } = await openVariables(list, ask, choose);
  const targets = [
    ...dashboard.panels.flatMap(({ title, targets: queries = [] }) =>
      queries.map((target) => ({ title, target })),
    ),
    ...(dashboard.annotations.list ?? []).map(({ name, target }) => ({ title: name, target })),
  ].filter(({ target }) => which(target));
  const empty: string[] = [];
  for (const { title, target } of targets) {
    const query = interpolated(target.query, list, values, options, range);
    const series = await ask(query);
    const figures = series.flatMap(({ values: rows }) => rows.flatMap((row) => row.slice(1)));
    if (!figures.some((figure) => figure !== null)) empty.push(`${title} ${target.refId}: ${query}`);
  }
  return empty;
}

/** What a panel's query answers for both runs, all phases but the warm-up. */
async function answer(uid: string, panel: Panel, query: number): Promise<readonly InfluxSeries[]> {
  const dashboard = dashboards.find((candidate) => candidate.uid === uid);
  const list = dashboard?.templating.list ?? [];
  const { values, options } = await openVariables(list, ask2, (name) =>
    name === 'phase' ? ['stairs'] : undefined,
  );
  return ask2(interpolated(panel.targets?.[query]?.query ?? '', list, values, options, range));
}

function panelOf(uid: string, title: string): Panel {
  const dashboard = dashboards.find((candidate) => candidate.uid === uid);
  const panel = dashboard?.panels.find((candidate) => candidate.title === title);
  if (panel === undefined) throw new Error(`${uid} has no panel ${title}`);
  return panel;
}

/** The series of the run that started last. */
function newest(series: readonly InfluxSeries[]): InfluxSeries {
  const last = [...series].sort((a, b) => (a.tags?.run ?? '').localeCompare(b.tags?.run ?? '')).at(-1);
  if (last === undefined) throw new Error('there is no series');
  return last;
}

/** Alerts that the harness saw acknowledged until a time, between its seconds in proportion. */
function ackedUntil(timeMs: number): number {
  return long.reduce((sum, { time, seconds, counts }) => {
    const endMs = Date.parse(time);
    const share = (timeMs - (endMs - seconds * 1000)) / (seconds * 1000);
    return sum + counts.acked * Math.min(1, Math.max(0, share));
  }, 0);
}
