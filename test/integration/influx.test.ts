import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand, type CommandResult } from './support/commandLine.js';
import {
  findInfluxd1,
  findInfluxd2,
  isMissing,
  startInflux1,
  startInflux2,
  type InfluxRow,
  type TestInflux,
} from './support/influx.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import type { IntervalRecord, OutputReport, RunSummary } from '../../src/results/runFolder.js';

const missing1 = isMissing(await findInfluxd1());
const missing2 = isMissing(await findInfluxd2());

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'influx-test-'));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The destination of points in a scenario. */
type Target = Readonly<Record<string, string | undefined>>;

interface FinishedRun {
  readonly result: CommandResult;
  readonly path: string;
  readonly id: string;
  readonly summary: RunSummary;
  readonly report: OutputReport | undefined;
  readonly intervals: readonly IntervalRecord[];
}

const short = '{name: steady, rate: 300/s, duration: 2s}';
/** A busy machine may miss a rate: that is not what these tests are about. */
const patient = 'expect: {achievedRate: ">= 1%"}';

let scenarios = 0;

/** Writes a scenario into a folder of its own, with topics of its own. */
async function scenario(
  target: Target,
  phases = short,
  more = patient,
): Promise<{ file: string; out: string }> {
  const own = await mkdtemp(join(folder, 'run-'));
  scenarios += 1;
  const file = join(own, 'scenario.yaml');
  const influx = Object.entries(target)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  await writeFile(
    file,
    `name: influx-test
kafka: {bootstrap: "${kafka.bootstrap}"}
alerts: {payload: {bytes: 500, count: 200}}
reservoir: {topic: influx-reservoir-${scenarios}, partitions: 1, workers: 1}
stream: {topic: influx-stream-${scenarios}, partitions: 2}
replay: {workers: 1, phases: [${phases}]}
consumers: {groups: 1, members: 1}
limits: {selfCheck: {scheduleLagP99: 20s, eventLoopDelayP99: 20s}}
outputs: {influx: {${influx.join(', ')}}}
${more}`,
  );
  return { file, out: join(own, 'runs') };
}

async function finished(result: CommandResult, out: string): Promise<FinishedRun> {
  const [id] = await readdir(out).catch(() => []);
  if (id === undefined) throw new Error(`there is no run folder: ${result.stdout}${result.stderr}`);
  const path = join(out, id);
  const summary = JSON.parse(await readFile(join(path, 'summary.json'), 'utf8')) as RunSummary;
  const lines = (await readFile(join(path, 'intervals.ndjson'), 'utf8')).trimEnd().split('\n');
  const intervals = lines.map((line) => JSON.parse(line) as IntervalRecord);
  return { result, path, id, summary, report: summary.outputs[0], intervals };
}

async function run(target: Target, phases = short, more = patient): Promise<FinishedRun> {
  const { file, out } = await scenario(target, phases, more);
  return finished(await runCommand(['run', file, '--out', out]), out);
}

function publish(path: string, target: Target): Promise<CommandResult> {
  const options = Object.entries(target).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key}`, value],
  );
  return runCommand(['publish', path, ...options]);
}

const targetOf = ({ url, bucket, org, token, user, password }: TestInflux): Target => ({
  url,
  bucket,
  org,
  token,
  user,
  password,
});

const group = 'rubin-alert-sim-group-1';

/** Expected rows of the run's folder by measurement, in order. */
function expectedRows({ intervals, id }: FinishedRun): Record<string, InfluxRow[]> {
  const rows: Record<string, InfluxRow[]> = { latency: [], histogram: [], rate: [], lag: [], worker: [] };
  for (const record of intervals) {
    const { counts, latency, buckets, lag, workers, read } = record;
    const own = {
      time: Date.parse(record.time),
      run: id,
      scenario: 'influx-test',
      variant: 'none',
      phase: record.phase ?? 'drain',
    };
    rows.rate?.push({
      ...own,
      ...counts,
      target: record.targetPerSecond,
      achieved: record.achievedPerSecond,
      bytesPerSecond: record.bytesPerSecond,
      inFlight: record.inFlight,
      seconds: record.seconds,
    });
    for (const [name, summary] of Object.entries(latency)) {
      if (name !== 'endToEnd' || read.length === 0)
        rows.latency?.push({ ...own, latency: name, group: null, ...summary });
      for (const [le, count] of Object.entries(buckets[name as keyof typeof buckets] ?? {})) {
        rows.histogram?.push({ ...own, latency: name, le, count });
      }
    }
    for (const { phase, endToEnd } of read) {
      rows.latency?.push({ ...own, phase, latency: 'endToEnd', group, ...endToEnd });
    }
    for (const messages of Object.values(lag)) {
      rows.lag?.push({ ...own, group, messages });
    }
    for (const [worker, health] of Object.entries(workers)) rows.worker?.push({ ...own, worker, ...health });
  }
  return rows;
}

/** All rows of a run in the database, by measurement. */
async function foundRows(
  influx: TestInflux,
  id: string,
  bucket = influx.bucket,
): Promise<Record<string, InfluxRow[]>> {
  const names = ['latency', 'histogram', 'rate', 'lag', 'worker'];
  const rows = names.map(
    async (name) =>
      [name, await influx.query(`SELECT * FROM alertsim_${name} WHERE run = '${id}'`, bucket)] as const,
  );
  return Object.fromEntries(await Promise.all(rows));
}

/** The same rows in an order of their own. */
function sorted(rows: readonly InfluxRow[]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort((a, b) => (a < b ? -1 : 1));
}

async function expectAllThere(influx: TestInflux, of: FinishedRun, bucket?: string): Promise<void> {
  const found = await foundRows(influx, of.id, bucket);
  for (const [name, rows] of Object.entries(expectedRows(of))) {
    expect(rows.length, name).toBeGreaterThan(0);
    expect(sorted(found[name] ?? []), name).toEqual(sorted(rows));
  }
}

function pointsOf(of: FinishedRun): number {
  return Object.values(expectedRows(of)).reduce((sum, rows) => sum + rows.length, 0);
}

/** Most of an outage is waiting: the servers have theirs at the same time. */
describe.concurrent.each([
  ['1.6 without users', missing1, () => startInflux1()],
  ['1.6 with users', missing1, () => startInflux1({ auth: true })],
  ['2.7', missing2, () => startInflux2()],
])('InfluxDB %s', (_version, missing, start) => {
  let influx: TestInflux;
  beforeAll(async () => {
    if (!missing) influx = await start();
  });
  afterAll(async () => {
    if (!missing) await influx.stop();
  });

  it.skipIf(missing)(
    'holds what the run folder holds; publishing adds nothing, and fills another bucket alike',
    { concurrent: false, timeout: 90_000 },
    async () => {
      const made = await run(
        targetOf(influx),
        `${short}, {name: ramp, rate: {from: 50/s, to: 300/s}, duration: 2s}`,
      );
      expect(made.result).toMatchObject({ code: 0 });
      await expectAllThere(influx, made);
      const all = pointsOf(made);
      const events = await influx.query(
        `SELECT kind, title, text, timeEnd FROM alertsim_event WHERE run = '${made.id}'`,
      );
      const phases = made.summary.phases.map(({ name, startedAt, endedAt }) => ({
        time: Date.parse(startedAt),
        kind: 'phase',
        title: name,
        text: `phase ${name} of run ${made.id}`,
        timeEnd: Date.parse(endedAt),
      }));
      expect(events).toEqual([
        expect.objectContaining({ kind: 'start', title: `run ${made.id} starts` }),
        ...phases,
        expect.objectContaining({
          time: Date.parse(made.summary.run.endedAt),
          kind: 'end',
          title: `run ${made.id} ends: passed`,
          text: 'every expectation held',
        }),
      ]);
      // Each phase is written twice: when it begins, and when it has ended.
      expect(made.report).toEqual({ output: 'influx', delivered: all + 6, undelivered: 0, fault: null });
      expect(made.result.stdout).toContain(`influx: ${(all + 6).toLocaleString('en-US')} points delivered\n`);

      const again = await publish(made.path, targetOf(influx));
      expect(again).toMatchObject({ code: 0, stderr: '' });
      expect(again.stdout).toContain(
        `delivered ${(all + 4).toLocaleString('en-US')} points of ${made.intervals.length} intervals to alerts at `,
      );
      await expectAllThere(influx, made);
      expect(
        await influx.query(`SELECT kind, title, text, timeEnd FROM alertsim_event WHERE run = '${made.id}'`),
      ).toEqual(events);

      const other = 'made by publish';
      expect(await publish(made.path, { ...targetOf(influx), bucket: other })).toMatchObject({ code: 0 });
      await expectAllThere(influx, made, other);
    },
  );

  it.skipIf(missing).each([
    [
      'freezes',
      async () => {
        influx.freeze();
        await pause(10_000);
        influx.thaw();
      },
    ],
    [
      'is killed',
      async () => {
        await influx.kill();
        await pause(10_000);
        await influx.restart();
      },
    ],
  ])(
    'that %s for ten seconds of a run misses nothing in the end, and the run is none the slower',
    { concurrent: false, timeout: 120_000 },
    async (_what, outage) => {
      const { file, out } = await scenario(
        targetOf(influx),
        '{name: steady, rate: 200/s, duration: 18s}',
        'expect: {lost: 0, failed: 0, achievedRate: any}',
      );
      const running = startCommand(['run', file, '--out', out]);
      await running.prints(/ steady, /);
      await outage();
      const made = await finished(await running.ended, out);
      expect(made.result).toMatchObject({ code: 0 });
      expect(made.summary).toMatchObject({ verdict: 'passed', counts: { acked: 3600 } });
      expect(made.intervals.length).toBeGreaterThan(15);
      expect(made.report).toMatchObject({ undelivered: 0 });
      expect(made.report?.fault).toMatch(
        /^InfluxDB .* at http:.* (did not answer within 5 s|cannot be reached)/,
      );
      await expectAllThere(influx, made);
    },
  );
});

describe.skipIf(missing2)('InfluxDB 2.7 that does not let us', () => {
  let influx: TestInflux;
  beforeAll(async () => {
    influx = await startInflux2();
  });
  afterAll(() => influx.stop());

  /** A token that may write to one bucket, and do nothing else. */
  async function writerOf(bucket: string): Promise<string> {
    const json = async (path: string): Promise<unknown> => (await influx.request('GET', path)).json();
    const { buckets } = (await json(`/api/v2/buckets?name=${bucket}`)) as {
      buckets: { id: string; orgID: string }[];
    };
    const { id = '', orgID = '' } = buckets[0] ?? {};
    const permissions = [{ action: 'write', resource: { type: 'buckets', id, orgID } }];
    const answer = await influx.request('POST', '/api/v2/authorizations', { orgID, permissions });
    return ((await answer.json()) as { token: string }).token;
  }

  it.each([
    [
      'a wrong token',
      () => ({ ...targetOf(influx), token: 'wrong' }),
      /^InfluxDB 2\.\d+\.\d+ at http:\S+ refused the token \(unauthorized access\); set outputs\.influx\.token or INFLUX_TOKEN to one that may write to the bucket alerts; later, [^;]* publish \S+ delivers them$/,
    ],
    [
      'no token',
      () => ({ ...targetOf(influx), token: undefined }),
      /refused the points \(unauthorized access\); set outputs\.influx\.token or INFLUX_TOKEN;/,
    ],
    [
      'a bucket that is not there and may not be made',
      async () => ({ ...targetOf(influx), bucket: 'not-there', token: await writerOf('alerts') }),
      /does not know the bucket not-there, and making it was rejected \(the token may not see the organisation rubin\); make it there, or fix outputs\.influx\.bucket;/,
    ],
    [
      'an organisation that is not there',
      () => ({ ...targetOf(influx), org: 'nobody' }),
      /says: organization name "nobody" not found; fix outputs\.influx\.org;/,
    ],
    [
      'an organisation that nobody named and the token does not tell',
      async () => ({ ...targetOf(influx), org: undefined, token: await writerOf('alerts') }),
      /needs the name of an organisation, .* set outputs\.influx\.org or INFLUX_ORG;/,
    ],
  ])(
    'says so for %s; the run stands, and is published later',
    async (_what, target, fault) => {
      const made = await run(await target());
      expect(made.result).toMatchObject({ code: 0 });
      expect(made.summary.verdict).toBe('passed');
      expect(made.report?.fault).toMatch(fault);
      expect(made.report).toMatchObject({ delivered: 0, undelivered: pointsOf(made) + 4 });
      expect(made.result.stdout).toMatch(/influx: 0 points delivered, \d+ NOT: InfluxDB/);
      expect(made.result.stderr).toMatch(/WARNING:rubin-alert-sim\.influx:InfluxDB /);
      const later = await publish(made.path, targetOf(influx));
      expect(later).toMatchObject({ code: 0 });
      await expectAllThere(influx, made);
    },
    60_000,
  );

  it('finds the only organisation of a token that tells it', async () => {
    const made = await run({ ...targetOf(influx), org: undefined });
    expect(made.report).toMatchObject({ undelivered: 0, fault: null });
    await expectAllThere(influx, made);
  });

  it('takes a token that may write to the bucket and nothing else', async () => {
    const made = await run({ ...targetOf(influx), token: await writerOf('alerts') });
    expect(made.report).toMatchObject({ undelivered: 0, fault: null });
    await expectAllThere(influx, made);
  });
});

describe.skipIf(missing1)('InfluxDB 1.6 that does not let us', () => {
  let influx: TestInflux;
  beforeAll(async () => {
    influx = await startInflux1({ auth: true, data: ['max-values-per-tag = 12'] });
    const statements = [
      `CREATE USER "writer" WITH PASSWORD 'writer-secret'`,
      'GRANT WRITE ON "alerts" TO "writer"',
    ];
    for (const q of statements) {
      const answer = await influx.request('POST', `/query?q=${encodeURIComponent(q)}`);
      // A statement that fails is answered with 200, too.
      expect(await answer.text(), q).not.toContain('error');
    }
  });
  afterAll(() => influx.stop());
  const writer = { user: 'writer', password: 'writer-secret' };

  it.each([
    [
      'a wrong password',
      () => ({ ...targetOf(influx), password: 'wrong' }),
      /^InfluxDB 1\.6\S* at http:\S+ refused the user admin \(authorization failed\); set outputs\.influx\.user and password to those of one who may write to the bucket alerts; later, [^;]* publish /,
    ],
    [
      'no user',
      () => ({ ...targetOf(influx), user: undefined, password: undefined }),
      /refused the points \(unable to parse authentication credentials\); it takes a user and a password: set /,
    ],
    [
      'a token',
      () => ({ ...targetOf(influx), user: undefined, password: undefined, token: 'token-of-another' }),
      /it takes a user and a password, not a token: set /,
    ],
    [
      'a database that is not there and may not be made',
      () => ({ ...targetOf(influx), ...writer, bucket: 'not-there' }),
      /does not know the bucket not-there, and making it was rejected \(.*requires admin privilege\); make it there, /,
    ],
  ])(
    'says so for %s; the run stands',
    async (_what, target, fault) => {
      const made = await run(target());
      expect(made.result).toMatchObject({ code: 0 });
      expect(made.summary.verdict).toBe('passed');
      expect(made.report?.fault).toMatch(fault);
      expect(made.report).toMatchObject({ delivered: 0, undelivered: pointsOf(made) + 4 });
      expect(await publish(made.path, target())).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(
          fault.source.includes('later') ? /refused the user admin/ : fault,
        ) as string,
      });
    },
    60_000,
  );

  it('takes a user who may write to the database and nothing else, and says how many points it has no room for', async () => {
    const others = Array.from({ length: 12 }, (_, at) => `alertsim_histogram,le=other-${at} count=1i`);
    const authorization = `Basic ${Buffer.from('writer:writer-secret').toString('base64')}`;
    const filled = await fetch(`${influx.url}/write?db=alerts`, {
      method: 'POST',
      headers: { authorization },
      body: others.join('\n'),
    });
    // Either way the tag has all the values it may have: 1.6 does not always count those of one batch.
    expect([204, 400]).toContain(filled.status);
    const made = await run({ ...targetOf(influx), ...writer });
    expect(made.result).toMatchObject({ code: 0 });
    expect(made.report?.fault).toMatch(/did not take \d+ of \d+ points: .*max-values-per-tag limit exceeded/);
    const { histogram = [], ...rest } = expectedRows(made);
    expect(made.report).toMatchObject({
      delivered: Object.values(rest).reduce((sum, rows) => sum + rows.length, 4),
      undelivered: histogram.length,
    });
    const found = await foundRows(influx, made.id);
    expect(found.histogram).toEqual([]);
    for (const [name, rows] of Object.entries(rest))
      expect(sorted(found[name] ?? []), name).toEqual(sorted(rows));
  });
});

describe('a run whose InfluxDB', () => {
  it('is not there keeps its own result, and is not held up for long', async () => {
    const made = await run({ url: 'http://localhost:9', bucket: 'b' }, short, 'expect: {ack.p50: "< 1us"}');
    expect(made.result).toMatchObject({ code: 4 });
    expect(made.report).toMatchObject({ delivered: 0, undelivered: pointsOf(made) + 4 });
    expect(made.report?.fault).toMatch(
      /^InfluxDB at http:\/\/localhost:9 cannot be reached \(.*ECONNREFUSED.*\); start it, or fix outputs\.influx\.url; later, /,
    );
    const heldUpMs = (endMs: number): number => endMs - Date.parse(made.summary.run.endedAt);
    const manifest = JSON.parse(await readFile(join(made.path, 'manifest.json'), 'utf8')) as {
      endedAt: string;
    };
    expect(heldUpMs(Date.parse(manifest.endedAt))).toBe(0);
  });

  it('is another kind of server says so', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(404).end('no such page');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const made = await run({ url, bucket: 'b' });
      expect(made.result).toMatchObject({ code: 0 });
      expect(made.report?.fault).toMatch(
        /is not the address of an InfluxDB \(it answers 404 Not Found\); fix /,
      );
    } finally {
      server.close();
    }
  });

  it('has an empty address has none', async () => {
    const made = await run({ url: '', bucket: 'b' });
    expect(made.result).toMatchObject({ code: 0 });
    expect(made.summary.outputs).toEqual([]);
    expect(made.result.stdout).not.toContain('influx:');
    expect(await publish(made.path, {})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'the run names no InfluxDB: give one with --url or INFLUX_URL',
      ) as string,
    });
  });
});
