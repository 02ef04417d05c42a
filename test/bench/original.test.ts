import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alertsTold, findOriginal } from '../../bench/support/original.js';
import { lagsUs } from '../../bench/support/streamLag.js';

describe('the original simulator', () => {
  it('is no folder without its program', async () => {
    await expect(findOriginal(tmpdir())).rejects.toMatchObject({ code: 'BAD_USAGE' });
  });

  it('is found not to start, with the last line of what its Python said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-original-'));
    for (const name of ['python/bin', 'venv/bin']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'python', 'bin', 'rubin-alert-sim'), '');
    // A stand-in of an interpreter: no test waits for a real one.
    writeFileSync(join(folder, 'venv', 'bin', 'python3'), '#!/bin/sh\necho No module named x >&2\nexit 1\n', {
      mode: 0o755,
    });
    await expect(findOriginal(folder)).rejects.toMatchObject({
      code: 'MISSING_PREREQUISITE',
      message: expect.stringContaining('(No module named x)') as string,
    });
    writeFileSync(join(folder, 'venv', 'bin', 'python3'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await expect(findOriginal(folder)).resolves.toEqual({
      folder,
      python: join(folder, 'venv', 'bin', 'python3'),
    });
  });

  it('tells how many alerts it has sent', () => {
    expect(alertsTold('successfully preloaded stream with 792 alerts\n')).toBe(792);
    expect(alertsTold('played 12 alerts from the stream\n')).toBe(12);
    expect(() => alertsTold('Traceback')).toThrow('told no number of alerts: Traceback');
  });
});

describe('the lag of a stream that another program has played', () => {
  it.each([
    ['a stream in time has none', [0, 1000, 2000], [50, 51, 52], [0, 0, 0]],
    ['one message is late', [0, 1000, 2000], [50, 58, 52], [0, 7000, 0]],
    [
      'a late beginning counts, since the others were in time',
      [0, 1000, 2000],
      [70, 71, 52],
      [20_000, 20_000, 0],
    ],
    ['a player that falls behind', [0, 1000, 2000], [50, 52, 54], [0, 1000, 2000]],
  ])('%s', (_sentence, offsetsUs, timestampsMs, expected) => {
    expect(lagsUs(offsetsUs, timestampsMs)).toEqual(expected);
  });
});
