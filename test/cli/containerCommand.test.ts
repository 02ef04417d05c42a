import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { openContainer } from '../../src/alerts/container.js';
import { copyContainers } from '../../src/cli/containerCommand.js';
import type { CommandContext } from '../../src/cli/context.js';
import { alertSchemaOf, alertValue, someAlerts, writeWithPeer } from '../alerts/support/alertFiles.js';
import { runContainer } from './runContainer.js';

const schema = alertSchemaOf(11);
const alerts = someAlerts(100);
const values = alerts.map((alert) => alertValue(11, alert));

let folder: string;
let first: string;
let second: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'container-command-'));
  first = join(folder, 'first.avro');
  second = join(folder, 'second.avro');
  out = join(folder, 'out.avro');
  await writeWithPeer(first, schema, values.slice(0, 70), 'snappy', 500);
  await writeWithPeer(second, schema, values.slice(70), 'deflate', 500);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** The records of a container, as stored in it. */
async function recordsOf(path: string): Promise<{ codec: string; ids: number[]; bytes: Buffer }> {
  const container = await openContainer(path);
  const scanner = createAlertScanner(container.schema, path);
  const ids: number[] = [];
  const parts: Buffer[] = [];
  for await (const block of container.blocks()) {
    for (const alert of scanner.alertsOf(block)) {
      ids.push(Number(alert.id));
      parts.push(alert.avro);
    }
  }
  await container.close();
  return { codec: container.codecName, ids, bytes: Buffer.concat(parts) };
}

const ids = alerts.map(({ id }) => id);

describe('container combine', () => {
  it('joins containers in the order given, whatever their codecs, and keeps each byte of their records', async () => {
    const printed = await runContainer('combine', first, second, '--out', out);
    expect(printed).toMatch(`wrote 100 alerts to ${out}`);
    const [one, two, both] = await Promise.all([first, second, out].map(recordsOf));
    expect(both?.ids).toEqual(ids);
    expect(both?.codec).toBe('snappy');
    expect(both?.bytes).toEqual(
      Buffer.concat([one?.bytes ?? Buffer.alloc(0), two?.bytes ?? Buffer.alloc(0)]),
    );
  });

  it('says which file has another schema, and makes no file', async () => {
    await writeWithPeer(second, alertSchemaOf(7), [alertValue(7, { id: 1, mjd: 60_000 })]);
    await expect(runContainer('combine', first, second, '--out', out)).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringMatching(
        /second\.avro has another schema \(lsst\.v7_0\.alert\) than .*first\.avro/,
      ) as string,
    });
    expect((await readdir(folder)).sort()).toEqual(['first.avro', 'second.avro']);
  });

  it('makes no file of a damaged one, although its blocks would be copied as they are', async () => {
    const bytes = await readFile(first);
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    await writeFile(first, bytes);
    await expect(runContainer('combine', first, '--out', out)).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
    });
    expect((await readdir(folder)).sort()).toEqual(['first.avro', 'second.avro']);
  });

  it('overwrites a file only when it is told to, also one that it reads', async () => {
    await expect(runContainer('combine', first, second, '--out', first)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('--force') as string,
    });
    await runContainer('combine', first, second, '--out', first, '--force');
    expect((await recordsOf(first)).ids).toEqual(ids);
  });

  it('leaves no file behind when it is interrupted', async () => {
    const stop = new AbortController();
    const context: CommandContext = {
      print: () => undefined,
      log: { debug: vi.fn(), info: vi.fn(), warning: vi.fn(), error: vi.fn() },
      stage: vi.fn(),
      progress: () => ({
        update: () => {
          stop.abort();
        },
        stop: () => undefined,
      }),
      signal: stop.signal,
    };
    await expect(copyContainers('combining', [first, second], { out }, {}, context)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect((await readdir(folder)).sort()).toEqual(['first.avro', 'second.avro']);
  });
});

describe('container head', () => {
  it('copies as many alerts as it is told', async () => {
    expect(await runContainer('head', '7', first, '--out', out)).toContain('wrote 7 alerts');
    expect((await recordsOf(out)).ids).toEqual(ids.slice(0, 7));
  });

  it('copies all of a shorter container', async () => {
    await runContainer('head', '1000', first, '--out', out, '--codec', 'zstandard');
    expect(await recordsOf(out)).toMatchObject({ ids: ids.slice(0, 70), codec: 'zstandard' });
  });
});

describe('container filter', () => {
  it.each([
    ['a visit', ['--visit', '501'], [20, 40]],
    ['one time', ['--mjd', String(60_000 + 5 / 86_400)], [5, 6]],
    [
      'a span of time, without its end',
      ['--time-from', String(60_000 + 5 / 86_400), '--time-to', String(60_000 + 9 / 86_400)],
      [5, 9],
    ],
    ['a visit from a time on', ['--visit', '501', '--time-from', String(60_000 + 30 / 86_400)], [30, 40]],
  ])('keeps the alerts of %s', async (_what, options, [from, to]) => {
    expect(await runContainer('filter', first, '--out', out, ...options)).toContain(`of 70 alerts`);
    expect((await recordsOf(out)).ids).toEqual(ids.slice(from, to));
  });

  it('says so when no alert is left, and when nothing is asked for', async () => {
    await expect(runContainer('filter', first, '--out', out, '--visit', '7')).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringContaining('container count') as string,
    });
    await expect(runContainer('filter', first, '--out', out)).rejects.toMatchObject({ code: 'BAD_USAGE' });
    await expect(runContainer('filter', first, '--out', out, '--visit', 'x')).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
    expect((await readdir(folder)).sort()).toEqual(['first.avro', 'second.avro']);
  });
});

describe('container recompress', () => {
  it.each(['null', 'deflate', 'snappy', 'zstandard'])(
    'changes the codec to %s and no record',
    async (codec) => {
      const before = await recordsOf(first);
      await runContainer('recompress', first, '--out', out, '--codec', codec);
      expect(await recordsOf(out)).toEqual({ ...before, codec });
    },
  );
});

describe('container count', () => {
  it('prints a table of visits, each once, and the total', async () => {
    const lines = (await runContainer('count', second, first)).trimEnd().split('\n');
    expect(lines).toEqual([
      'visit       MJD                 time (TAI)               alerts',
      '500         60000               2023-02-25 00:00:00.000      20',
      '501         60000.000231481485  2023-02-25 00:00:20.000      20',
      '502         60000.00046296296   2023-02-25 00:00:40.000      20',
      '503         60000.00069444445   2023-02-25 00:01:00.000      20',
      '504         60000.000925925924  2023-02-25 00:01:20.000      20',
      'total of 5                                                  100',
    ]);
  });

  it('gives the same as JSON', async () => {
    const found: unknown = JSON.parse(await runContainer('count', first, second, '--json'));
    expect(found).toMatchObject({
      total: 100,
      visits: [{ visit: '500', mjd: 60_000, alerts: 20 }, {}, {}, {}, {}],
    });
  });
});

describe('container info', () => {
  it('tells what is in a container', async () => {
    const found = JSON.parse(await runContainer('info', first, '--json')) as Record<string, unknown>;
    const { bytes } = await recordsOf(first);
    expect(found).toMatchObject({
      file: first,
      fileBytes: (await readFile(first)).length,
      schema: 'lsst.v11_0.alert',
      schemaVersion: '11.0',
      schemaId: 1100,
      codec: 'snappy',
      alerts: 70,
      visits: 4,
      recordBytes: { total: bytes.length, mean: bytes.length / 70 },
      times: { firstMjd: 60_000, earliestMjd: 60_000, spanSeconds: 69, sorted: true },
    });
    const lines = await runContainer('info', first);
    expect(lines).toMatch(/^schema version +11\.0$/m);
    expect(lines).toMatch(/^in order of time +yes$/m);
  });

  it('tells of an empty container that it is empty', async () => {
    await writeWithPeer(first, schema, []);
    expect(JSON.parse(await runContainer('info', first, '--json'))).toMatchObject({
      alerts: 0,
      recordBytes: null,
      times: null,
    });
    expect(await runContainer('info', first)).toMatch(/^alerts +0$/m);
  });
});
