import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../src/cli/context.js';
import { readScenario } from '../../src/cli/readScenario.js';

const context = { log: { warning: () => undefined } } as unknown as CommandContext;
const scenario = `name: tiny
alerts: {payload: {bytes: 100, count: 10}}
stream: {topic: s}
replay: {phases: [{name: a, rate: 1/s, duration: 1s}]}
`;

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenario-'));
  file = join(folder, 'file');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('readScenario', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    [
      'an Avro container',
      () => writeFile(file, 'Obj\u0001\u0004\u0016avro'),
      'it is an Avro container of alerts: send it with create-stream',
    ],
    [
      'a large Avro container',
      async () => {
        await writeFile(file, 'Obj\u0001');
        await truncate(file, 3e6);
      },
      'it is an Avro container of alerts',
    ],
    [
      'UTF-16',
      () => writeFile(file, Buffer.from(`\ufeff${scenario}`, 'utf16le')),
      'it is text in UTF-16: save it as UTF-8',
    ],
    ['Latin 1', () => writeFile(file, Buffer.from('name: étoile\n', 'latin1')), 'it is not text in UTF-8'],
    ['a binary file', () => writeFile(file, Buffer.from('1f8b0800000000', 'hex')), 'it is a binary file'],
    ['a page', () => writeFile(file, '<!doctype html>\n'), 'it looks like HTML'],
    [
      "a run's summary",
      () => writeFile(file, '{"schemaVersion":1,"verdict":"passed"}'),
      'it is the summary of a run',
    ],
    [
      "a run's manifest",
      () => writeFile(file, '{\n  "scenario": {"name": "x"}\n}'),
      'it is the manifest of a run',
    ],
    [
      "a run's intervals",
      () => writeFile(file, '{"time":1}\n{"time":2}\n'),
      'it is JSON without the key replay',
    ],
    [
      'a huge file',
      () => writeFile(file, 'name: x\n'.repeat(300_000)),
      'it has 2.4 MB, which no scenario has',
    ],
    ['a folder', () => mkdir(file), 'it is a folder: name a YAML file in it'],
    [
      'the folder of a run',
      () => mkdir(file).then(() => writeFile(join(file, 'manifest.json'), '{}')),
      'it is the folder of a run: show that with report or compare',
    ],
  ])('says in one sentence that it is no scenario: %s', async (_what, make, says) => {
    await make();
    const fault = await readScenario(file, [], context).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code: 'BAD_SCENARIO' });
    expect((fault as Error).message).toContain(`${file} is not a scenario: ${says}`);
    expect((fault as Error).message).not.toContain('\n');
  });

  it('takes a scenario in YAML, and one in JSON', async () => {
    await writeFile(file, scenario);
    const plan = await readScenario(file, [], context);
    await writeFile(
      file,
      '{"name":"tiny","alerts":{"payload":{"bytes":100,"count":10}},"stream":{"topic":"s"},"replay":{"phases":[{"name":"a","rate":"1/s","duration":"1s"}]}}',
    );
    expect(await readScenario(file, [], context)).toEqual(plan);
  });

  it.each([
    ['{meanBytes: 10kB}', '17', 'alerts.synthetic.meanBytes must be from '],
    ['{history: {none: 2%}}', '22', 'alerts.synthetic.history.none must be from 9% to 100%, but is 2%'],
    [
      '{history: {median: 500}}',
      '24',
      'alerts.synthetic.history.median must be a whole number from 1 to 166',
    ],
    ['{objects: {count: 5}}', '23', 'alerts.synthetic.objects.count must be from '],
    ['{start: "2200-01-01"}', '13', 'alerts.synthetic.start must be from 1996-11-13 (MJD 50400) to 2036'],
  ])('says where synthetic alerts cannot be made: %s', async (synthetic, column, says) => {
    const replay = 'replay: {phases: [{name: a, rate: 1/s, duration: 1s}]}';
    await writeFile(file, `name: tiny\nalerts:\n  synthetic:\n    ${synthetic}\n${replay}\n`);
    const fault = await readScenario(file, [], context).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code: 'BAD_SCENARIO' });
    expect((fault as Error).message).toContain(`${file} has 1 fault:\n${file}:4:${column}: ${says}`);
    const overridden = readScenario(file, ['alerts.synthetic={meanBytes: 20kB}'], context);
    await expect(overridden).rejects.toThrow(
      /:\n--set alerts\.synthetic=.*: alerts\.synthetic\.meanBytes must/,
    );
  });

  it('shows the first faults of a text that is something else, and how many more there are', async () => {
    await writeFile(file, Array.from({ length: 50 }, (_, index) => `wrong${index}: 1\n`).join(''));
    const fault = await readScenario(file, [], context).catch((thrown: unknown) => thrown);
    const lines = (fault as Error).message.split('\n');
    expect(lines[0]).toMatch(/has \d\d faults:$/);
    expect(lines.at(-1)).toMatch(/^and \d+ more$/);
    expect(lines.length).toBeLessThan(50);
  });
});
