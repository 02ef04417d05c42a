import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/cli/context.js';
import { publish, targetOf } from '../../src/cli/publish.js';
import { intervalPoints, linesOf } from '../../src/outputs/influx/points.js';
import type { InfluxPlan } from '../../src/scenario/plan.js';
import { recordAfter, tags } from '../outputs/influx/records.js';
import { manifest as wholeManifest } from '../results/runFolders.js';
import { soundPhase, soundSummary } from '../results/sound.js';

let folder: string;
let printed: string[];
let controller: AbortController;
let server: Server;
let url: string;
let taken: string[];
/** What the server answers to lines: 204 for all is well. */
let status: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publish-'));
  printed = [];
  taken = [];
  status = 204;
  controller = new AbortController();
  server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on('data', (part: Buffer) => body.push(part));
    request.on('end', () => {
      const isWrite = request.url?.startsWith('/write') === true;
      const whole = Buffer.concat(body);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole;
      if (isWrite && status === 204) taken.push(...text.toString().split('\n'));
      response.writeHead(isWrite ? status : 204, { 'X-Influxdb-Version': '1.6.7' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const manifest = {
  ...wholeManifest,
  id: tags.run,
  startedAt: '2026-11-24T09:42:05.963Z',
  scenario: { name: 'smoke', outputs: { influx: { url: 'http://h:8086', bucket: 'alerts', token: '***' } } },
};
const summary = {
  ...soundSummary,
  phases: [{ ...soundPhase, startedAt: '2026-11-24T09:42:06.000Z', endedAt: '2026-11-24T09:42:36.000Z' }],
};
const intervals = [0, 1, 2].map((second) => JSON.stringify(recordAfter(second)));
const linesAnInterval = linesOf(intervalPoints(tags, recordAfter(0))).length;

/** Writes a run folder; what is undefined is left out. */
async function runFolder(files: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
  const all: Readonly<Record<string, string | undefined>> = {
    'manifest.json': JSON.stringify(manifest),
    'summary.json': JSON.stringify(summary),
    'intervals.ndjson': `${intervals.join('\n')}\n`,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    if (text !== undefined) await writeFile(join(folder, name), text);
  }
}

function context(): CommandContext {
  const silent = (): void => undefined;
  return {
    print: (line) => printed.push(line),
    log: { debug: silent, info: silent, warning: silent, error: silent },
    stage: silent,
    progress: () => ({ update: silent, stop: silent }),
    signal: controller.signal,
  };
}

const publishIt = (timeoutSec = 0.5): Promise<void> => publish(folder, { url, timeoutSec }, {}, context());

describe('publish', () => {
  it('delivers intervals, phases, start and end of a run', async () => {
    await runFolder();
    await publishIt();
    expect(printed).toEqual([
      `delivered ${3 + 3 * linesAnInterval} points of 3 intervals to alerts at ${url}`,
    ]);
    expect(taken.filter((line) => line.startsWith('alertsim_rate'))).toHaveLength(3);
    expect(
      taken.filter((line) => line.startsWith('alertsim_event')).map((line) => line.slice(0, 28)),
    ).toEqual([
      'alertsim_event,kind=start,ru',
      'alertsim_event,kind=phase,ru',
      'alertsim_event,kind=end,run=',
    ]);
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, RegExp]>([
    [
      'that is none',
      { 'manifest.json': undefined },
      /publish-\S+ is not a run folder: it has no manifest\.json; run folders are in runs\//,
    ],
    [
      'whose manifest is cut off',
      { 'manifest.json': '{"id": "x"' },
      /manifest\.json is not complete JSON .*; copy the run folder anew$/,
    ],
    [
      'whose manifest names no run',
      { 'manifest.json': '{}' },
      /manifest\.json does not hold what it should at \S+: .*; copy the run folder anew$/,
    ],
    [
      'whose summary is another thing',
      { 'summary.json': '[1]' },
      /summary\.json does not hold what it should: .*; copy the run folder anew$/,
    ],
    [
      'without an interval',
      { 'intervals.ndjson': undefined },
      /has no whole interval in intervals\.ndjson: there is nothing to publish$/,
    ],
    ['with an empty file of intervals', { 'intervals.ndjson': '' }, /there is nothing to publish$/],
  ])('refuses a folder %s, and delivers no figure', async (_, files, message) => {
    await runFolder(files);
    await expect(publishIt()).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringMatching(message) as string,
    });
    expect(taken.filter((line) => line.startsWith('alertsim_rate'))).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, RegExp, number]>([
    [
      'whose last line is cut off',
      { 'intervals.ndjson': intervals.join('\n').slice(0, -9) },
      /is not complete: line 3 of intervals\.ndjson is damaged\. Delivered were \d+ points of 2 intervals$/,
      2,
    ],
    [
      'with damage in the middle',
      { 'intervals.ndjson': [intervals[0], 'x', '{"time":1}', intervals[2]].join('\n') },
      /is not complete: 2 lines of intervals\.ndjson are damaged, line 2 first\. /,
      2,
    ],
    [
      'of a run that was ended by force',
      { 'summary.json': undefined },
      /is not complete: there is no summary\.json: the run ended before its result was written, or it still goes on\. /,
      3,
    ],
  ])('delivers what is whole of a folder %s, and says what is not', async (_, files, message, whole) => {
    await runFolder(files);
    await expect(publishIt()).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringMatching(message) as string,
    });
    expect(taken.filter((line) => line.startsWith('alertsim_rate'))).toHaveLength(whole);
    expect(printed).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    ['is not there', () => server.close(), /cannot be reached .*ECONNREFUSED.*Delivered were 0 points$/],
    [
      'is overloaded',
      () => (status = 503),
      /^InfluxDB 1\.6\.7 at http:\S+ answers 503: .*Delivered were 0 points$/,
    ],
    [
      'refuses us',
      () => (status = 401),
      /refused the points .*; it takes a user and a password: set .*Delivered were 0 points$/,
    ],
    ['takes none of them', () => (status = 400), /did not take 24 of 24 points: .*Delivered were 0 points$/],
  ])('ends with the reason when the server %s', async (_, make, message) => {
    await runFolder();
    make();
    await expect(publishIt()).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringMatching(message) as string,
    });
  });

  it('ends at once when it is interrupted', async () => {
    await runFolder();
    controller.abort();
    await expect(publishIt()).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('the server that a run is published to', () => {
  const inRun = { url: 'http://run:8086', bucket: 'of-run', user: 'runner' };
  const of = (
    values: Parameters<typeof targetOf>[0],
    environment: NodeJS.ProcessEnv = {},
    influx: Partial<InfluxPlan> = inRun,
  ): InfluxPlan =>
    targetOf(values, environment, { scenario: { name: 's', outputs: { influx: influx as InfluxPlan } } });

  it.each<[string, Parameters<typeof of>, Partial<InfluxPlan>]>([
    [
      'is the one of the run, without its secrets',
      [{}, {}, { ...inRun, password: '***' }],
      { ...inRun, password: undefined },
    ],
    [
      'takes what the environment says before that',
      [{}, { INFLUX_URL: 'http://env', INFLUX_PASSWORD: 'p' }],
      { url: 'http://env', bucket: 'of-run', user: 'runner', password: 'p' },
    ],
    [
      'takes the options before both',
      [{ url: 'http://opt', bucket: 'b' }, { INFLUX_URL: 'http://env' }],
      { url: 'http://opt', bucket: 'b' },
    ],
    ['takes a token instead of the user of the run', [{ token: 't' }], { token: 't', user: undefined }],
    [
      'takes a token of the environment instead of it, too',
      [{}, { INFLUX_TOKEN: 't' }],
      { token: 't', user: undefined },
    ],
    [
      'takes a user instead of the token of the environment',
      [{ user: 'u' }, { INFLUX_TOKEN: 't' }],
      { token: undefined, user: 'u' },
    ],
    ['passes over empty variables', [{}, { INFLUX_URL: '', INFLUX_TOKEN: '' }], inRun],
    [
      'is without the user that the manifest blotted out',
      [{}, {}, { url: 'http://***@h:1', bucket: 'b' }],
      { url: 'http://h:1' },
    ],
  ])('%s', (_, given, target) => {
    expect(of(...given)).toMatchObject(target);
  });

  it.each<[string, Parameters<typeof of>, RegExp]>([
    ['an address', [{}, {}, {}], /^the run names no InfluxDB: give one with --url or INFLUX_URL/],
    ['a sound address', [{ url: 'localhost:8086' }], /^localhost:8086 is not the address of a server/],
    [
      'a bucket',
      [{}, {}, { url: 'http://h' }],
      /^the run names no bucket: give one with --bucket or INFLUX_BUCKET$/,
    ],
    ['one way to prove its rights', [{ token: 't', user: 'u' }], /^--token and --user: .* give one$/],
  ])('must have %s', (_, given, message) => {
    expect(() => of(...given)).toThrow(message);
  });
});
