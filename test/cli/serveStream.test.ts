import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandLine } from '../../src/cli/commandLine.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-options-'));
  const rest = `
kafka: {bootstrap: "127.0.0.1:9"}
reservoir: {schemaId: 7}
replay: {phases: [{name: night, visits: {cadence: 2s, burst: 1s, alerts: 30}, count: 4}]}
`;
  const synthetic =
    '{visits: forever, cadence: 2s, alertsPerVisit: 30, seed: 3, cutouts: false, generators: 1}';
  await writeFile(join(folder, 'made.yaml'), `name: made\nalerts: {synthetic: ${synthetic}}${rest}`);
  await writeFile(join(folder, 'read.yaml'), `name: read\nalerts: {file: night.avro}${rest}`);
});
afterAll(() => rm(folder, { recursive: true }));

/** What serving prints on standard error, and its exit code; nothing listens at port 9. */
async function served(...words: readonly string[]): Promise<{ message: string; exitCode: number }> {
  let message = '';
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    message += String(text);
    return true;
  });
  const line = ['serve-stream', ...words.map((word) => word.replace('FOLDER', folder)), '--timeout-sec=0.1'];
  try {
    const exitCode = await commandLine(['node', 'rubin-alert-sim', ...line]);
    return { message: message.replaceAll(folder, 'FOLDER'), exitCode };
  } finally {
    stderr.mockRestore();
  }
}

describe('an option of serve-stream', () => {
  it.each([
    ['--dst-topic=other', '--dst-topic', 'stream.topic'],
    ['--cadence=3s', '--cadence', 'replay.phases.night.visits.cadence'],
    ['--alerts=5', '--alerts', 'replay.phases.night.visits.alerts'],
    ['-B=127.0.0.1:9', '--broker', 'kafka.bootstrap'],
    ['-Xlinger.ms=5', '--property', 'kafka.client'],
    ['--no-cutouts', '--no-cutouts', 'alerts.synthetic.cutouts'],
    ['--schema-id=1', '--schema-id', 'reservoir.schemaId'],
    ['--generators=2', '--generators', 'alerts.synthetic.generators'],
  ])('%s, which the scenario decides, is an error that names the key', async (given, flag, key) => {
    expect(await served('FOLDER/made.yaml', given)).toEqual({
      message: `rubin-alert-sim: ${flag} has no effect beside a scenario: change ${key} in FOLDER/made.yaml\n`,
      exitCode: 2,
    });
  });

  it.each([
    '--visits=1',
    '--retention=1h',
    '--late=5s',
    '--buffer=5MB',
    '--mean-bytes=5000',
    '--registry=none',
  ])('%s goes with a scenario that says nothing of it', async (given) => {
    expect((await served('FOLDER/made.yaml', given)).exitCode).toBe(3);
  });

  it.each([
    [
      ['--keep-order'],
      '--keep-order is for alerts of files, but those that are served are synthetic: leave it out',
    ],
    [['FOLDER/made.yaml', '--framing=raw'], '--framing is for alerts of files, but'],
    [
      ['FOLDER/night.avro', '--seed=2'],
      '--seed is for synthetic alerts, but those that are served are of files',
    ],
    [['FOLDER/read.yaml', '--mean-bytes=8000'], '--mean-bytes is for synthetic alerts, but'],
    [
      ['FOLDER/read.yaml', '--keep-order'],
      '--keep-order has no effect beside a scenario: change alerts.keepOrder',
    ],
  ])('of the other kind of alerts is an error: %j', async (words, says) => {
    const { message, exitCode } = await served(...words);
    expect(message).toContain(`rubin-alert-sim: ${says}`);
    expect(exitCode).toBe(2);
  });

  it('is named as the user knows it where alerts cannot be of that size', async () => {
    const { message } = await served('--mean-bytes=8000', '-B=127.0.0.1:9');
    expect(message).toMatch(/^rubin-alert-sim: --mean-bytes must be from .* with --no-cutouts it can be/);
    const { message: many } = await served('--alerts=2000000', '-B=127.0.0.1:9');
    expect(many).toMatch(/^rubin-alert-sim: --alerts must be a whole number from 1 to 1000000/);
  });
});
