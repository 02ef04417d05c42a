import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/cli/context.js';
import { closingLine, ensureSingleCcdSample, generate, generateCommand } from '../../src/cli/generate.js';

let folder: string;
let lines: string[];
let controller: AbortController;
let updates: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alertsim-generate-'));
  lines = [];
  updates = 0;
  controller = new AbortController();
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function context(onUpdate: (done: number) => void = () => undefined): CommandContext {
  const silent = (): void => undefined;
  return {
    print: (line) => lines.push(line),
    log: { debug: silent, info: silent, warning: silent, error: silent },
    stage: silent,
    progress: () => ({
      update: (done) => {
        updates += 1;
        onUpdate(done);
      },
      stop: silent,
    }),
    signal: controller.signal,
  };
}

/** The values that commander makes of a command line. */
function valuesOf(...line: string[]): Parameters<typeof generate>[1] {
  const command = generateCommand()
    .exitOverride()
    .action(() => undefined);
  command.configureOutput({ writeErr: () => undefined });
  command.parse(line, { from: 'user' });
  return command.opts();
}

const small = ['--alerts-per-visit', '20', '--history-max', '3', '--no-cutouts'];

describe('generate', () => {
  it('writes a container and says what it holds', async () => {
    const out = join(folder, 'a.avro');
    await generate(out, valuesOf(...small, '--visits', '3'), context());
    const { size } = await stat(out);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^wrote 60 alerts to .*a\.avro: \d+ kB, mean alert 1,\d{3} bytes, spanning 74 s$/,
    );
    expect(size).toBeGreaterThan(60 * 1400);
    expect(updates).toBe(60);
  });

  it('writes the same file again for the same options, and another one for another seed', async () => {
    const [a, b, c] = ['a.avro', 'b.avro', 'c.avro'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await generate(a, valuesOf(...small), context());
    await generate(b, valuesOf(...small), context());
    await generate(c, valuesOf(...small, '--seed', '2'), context());
    const [first, second, third] = await Promise.all([a, b, c].map((path) => readFile(path)));
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
    expect(third?.equals(first ?? Buffer.alloc(0))).toBe(false);
  });

  it('keeps a file that exists unless it is forced', async () => {
    const out = join(folder, 'a.avro');
    await writeFile(out, 'mine');
    await expect(generate(out, valuesOf(...small), context())).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('--force') as string,
    });
    expect(await readFile(out, 'utf8')).toBe('mine');
    await generate(out, valuesOf(...small, '--force'), context());
    expect((await readFile(out, 'latin1')).slice(0, 3)).toBe('Obj');
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const stopAt40 = context((done) => {
      if (done === 40) controller.abort();
    });
    const work = generate(join(folder, 'a.avro'), valuesOf(...small, '--visits', '20'), stopAt40);
    await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    {
      what: 'a value out of its range',
      line: ['--visits', '0'],
      says: /^--visits must be .* 1 to 100000000, but is 0$/,
    },
    {
      what: 'a mean that is too small',
      line: ['--mean-bytes', '1500'],
      says: /^--mean-bytes must be from \d+ to \d+ with the other options as they are, but is 1500; with --no-cutouts /,
    },
    {
      what: 'a start that is too late',
      line: ['--start', '2200-01-01T00:00:00Z'],
      says: /^--start must be from 1996-11-13 \(MJD 50400\) to .*, but is 2200-01-01 \(MJD 124593\.\d+\)$/,
    },
    {
      what: 'a start that is too early',
      line: ['--start-mjd', '1000'],
      says: /^--start-mjd must be from 1996-11-13 \(MJD 50400\) to .*, but is 1861-08-13 \(MJD 1000\)$/,
    },
    { what: 'a cadence that is too long', line: ['--cadence', '90000'], says: /^--cadence must be/ },
    {
      what: 'more objects than there can be',
      line: ['--objects', '5'],
      says: /^--objects must be from \d+ to \d+ with --alerts-per-visit 10000 and --recurrence 100%, but is 5$/,
    },
    {
      what: 'a median that the other figures rule out',
      line: ['--history-none', '60%', '--history-median', '8'],
      says: /^--history-median must be 0, but is 8/,
    },
    {
      what: 'more than the disk holds',
      line: ['--visits', '60000', '--alerts-per-visit', '1000000'],
      says: /disk .* has only/,
    },
  ])('refuses $what in one sentence', async ({ line, says }) => {
    const out = join(folder, 'a.avro');
    await expect(generate(out, valuesOf(...line), context())).rejects.toThrow(says);
    expect(await readdir(folder)).toEqual([]);
  });

  it('starts now, in atomic time, where it was asked to', () => {
    const { start = 0 } = valuesOf('--start', 'now');
    const utcMjd = Date.now() / 86_400_000 + 40_587;
    expect((start - utcMjd) * 86_400).toBeGreaterThan(35);
    expect((start - utcMjd) * 86_400).toBeLessThan(38);
    expect(valuesOf('--start', '2026-04-20').start).toBeCloseTo(61_150 + 37 / 86_400, 8);
  });

  it('wants a file name, but not for a sample', async () => {
    await expect(generate(undefined, valuesOf(), context())).rejects.toThrow(/needs the name of the file/);
  });

  it('does not mix a sample with options that decide the alerts', () => {
    expect(() => valuesOf('--sample', 'small', '--seed', '3')).toThrow(/cannot be used with/);
  });
});

describe('the sample of one detector', () => {
  it('is made where it is missing, kept where it is whole, and made again where it was cut off', async () => {
    const path = join(folder, 'sample.avro');
    await ensureSingleCcdSample(path, context());
    const { size } = await stat(path);
    expect(updates).toBe(792);
    expect(size).toBeGreaterThan(60e6);
    expect(size).toBeLessThan(120e6);

    await ensureSingleCcdSample(path, context());
    expect(updates).toBe(792);

    await truncate(path, size - 1);
    await ensureSingleCcdSample(path, context());
    expect(updates).toBe(2 * 792);
    expect((await stat(path)).size).toBe(size);
  });
});

it('the closing line rounds for a person', () => {
  const written = { alerts: 792, fileBytes: 65_821_810, recordBytes: 65_781_936, spanSeconds: 23 * 0.0726 };
  expect(closingLine('a.avro', written)).toBe(
    'wrote 792 alerts to a.avro: 65.8 MB, mean alert 83,058 bytes, spanning 1.67 s',
  );
});
