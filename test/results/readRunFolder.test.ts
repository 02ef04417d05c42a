import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AlertSimError } from '../../src/errors.js';
import { readRunFolder, type RunRecord } from '../../src/results/readRunFolder.js';
import { faultText } from '../../src/report/words.js';
import { makeFolder, manifest, summary, wholeFolder } from './runFolders.js';
import type { LatencyInterval } from '../../src/results/latencyLog.js';

async function histogramsOf(record: RunRecord): Promise<{ read: LatencyInterval[]; faults: string[] }> {
  const read: LatencyInterval[] = [];
  const faults: string[] = [];
  for await (const one of record.histograms((fault) => faults.push(faultText(fault)))) read.push(one);
  return { read, faults };
}

async function errorOf(folder: string): Promise<AlertSimError> {
  const thrown: unknown = await readRunFolder(folder).catch((error: unknown) => error);
  if (!(thrown instanceof AlertSimError)) throw new Error(`no error of ours: ${String(thrown)}`);
  return thrown;
}

describe('readRunFolder', () => {
  it('completes the rates of version 0.1.0, which had no counts and times beside them', async () => {
    const { targetPerSecond, achievedPerSecond, bytesPerSecond } = summary.rate;
    const old = { ...summary, rate: { targetPerSecond, achievedPerSecond, bytesPerSecond } };
    const { rate } = (await readRunFolder(makeFolder({ ...wholeFolder, summary: old }))).summary ?? {};
    expect(rate).toMatchObject({ targetPerSecond, achievedPerSecond, bytesPerSecond });
    expect((rate?.bytes ?? 0) / (rate?.seconds ?? 0)).toBeCloseTo(bytesPerSecond, 3);
    expect(rate?.ofTarget).toBeCloseTo(0.99, 12);
  });

  it('reads all that a whole folder holds, and has nothing to remark', async () => {
    const record = await readRunFolder(makeFolder(wholeFolder));
    expect(record).toMatchObject({ id: summary.run.id, summary, manifest, faults: [] });
    expect(record.intervals.map(({ startSeconds }) => startSeconds)).toEqual([0, 1, 2]);
    const { read, faults } = await histogramsOf(record);
    expect(faults).toEqual([]);
    expect(
      read.map(({ latency, startSeconds, seconds, histogram }) => [
        latency,
        startSeconds,
        seconds,
        histogram.totalCount,
      ]),
    ).toEqual([0, 1, 2].map((second) => ['ack', second, 1, 2]));
  });

  it.each<[string, object, RegExp]>([
    ['a missing manifest', { manifest: undefined }, /there is no manifest\.json/],
    ['a missing summary', { summary: undefined }, /the run ended before its result was written/],
    ['missing intervals', { intervals: undefined }, /there is no intervals\.ndjson/],
    ['half a summary', { summary: '{"schemaVersion": 1, "run"' }, /summary\.json is not complete JSON/],
    [
      'a summary of another form',
      { summary: { schemaVersion: 1 } },
      /summary\.json does not hold what it should at run/,
    ],
    ['a list in place of the manifest', { manifest: [] }, /manifest\.json does not hold what it should/],
    [
      'a last interval that is cut off',
      { intervals: `${wholeFolder.intervals ?? ''}{"time":"2026-` },
      /the last line of intervals\.ndjson is cut off/,
    ],
    [
      'a damaged interval among others',
      { intervals: `garbage\n${wholeFolder.intervals ?? ''}` },
      /line 1 of intervals\.ndjson is not complete JSON/,
    ],
  ])('tells of %s, and reads the rest', async (_, files, remark) => {
    const record = await readRunFolder(makeFolder({ ...wholeFolder, ...files }));
    expect(record.faults.map(faultText)).toEqual([expect.stringMatching(remark)]);
    expect(record.intervals).toHaveLength('intervals' in files && files.intervals === undefined ? 0 : 3);
  });

  it('tells of a histogram that is cut off, and reads those before it', async () => {
    const hlog = (wholeFolder.hlog ?? '').slice(0, -30);
    const { read, faults } = await histogramsOf(await readRunFolder(makeFolder({ ...wholeFolder, hlog })));
    expect(read.map(({ startSeconds }) => startSeconds)).toEqual([0, 1]);
    expect(faults).toEqual([expect.stringMatching(/^line 7 of latency\.hlog is damaged/)]);
  });

  it('tells of a missing log of histograms', async () => {
    const { read, faults } = await histogramsOf(
      await readRunFolder(makeFolder({ ...wholeFolder, hlog: undefined })),
    );
    expect(read).toEqual([]);
    expect(faults).toEqual([expect.stringMatching(/^there is no latency\.hlog/)]);
  });

  it.each(['summary', 'manifest'] as const)('refuses a %s of a newer version', async (file) => {
    const error = await errorOf(makeFolder({ ...wholeFolder, [file]: { schemaVersion: 2 } }));
    expect(error.code).toBe('BAD_INPUT_FILE');
    expect(error.message).toMatch(
      /has schemaVersion 2, and this version of rubin-alert-sim reads up to 1: use/,
    );
  });

  it('refuses a folder that does not exist, a file, and a folder of other things', async () => {
    const empty = makeFolder({});
    writeFileSync(join(empty, 'notes.txt'), 'none');
    expect((await errorOf(join(empty, 'gone'))).message).toMatch(
      /^cannot read the run folder .*gone: no such file/,
    );
    expect((await errorOf(join(empty, 'notes.txt'))).message).toMatch(/it is a file; name the folder/);
    expect((await errorOf(empty)).message).toMatch(/holds neither manifest\.json nor summary\.json/);
  });

  it('names a run where the folder of all runs was given', async () => {
    const runs = makeFolder({});
    for (const run of ['2026-11-24-one', '2026-11-25-two']) {
      mkdirSync(join(runs, run));
      writeFileSync(join(runs, run, 'manifest.json'), '{}');
    }
    expect((await errorOf(runs)).message).toMatch(
      /it holds 2 of them; name one, for example .*2026-11-25-two$/,
    );
  });
});
