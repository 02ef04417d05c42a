import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installationFolder, version } from '../../src/version.js';
import { libc } from '../../scripts/setup/native.mjs';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

/** Where the package is installed: a machine with Node and npm, and without compiler, make and Python. */
let folder: string;
let tarball: string;
let kafka: TestKafka;

const installed = (): string => join(folder, 'node_modules', 'rubin-alert-sim');
const prebuilds = (): string => join(installed(), 'node_modules', 'node-rdkafka', 'prebuilds');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'test package '));
  const compiled = join(folder, 'prebuilds', `${process.platform}-${process.arch}`);
  mkdirSync(compiled, { recursive: true });
  // A release has clients that are compiled for it; here this clone's own replaces them.
  const name = ['node-librdkafka', `abi${process.versions.modules}`, libc(), 'node'].filter(
    (tag) => tag !== '',
  );
  copyFileSync(
    join(installationFolder, 'node_modules', 'node-rdkafka', 'build', 'Release', 'node-librdkafka.node'),
    join(compiled, name.join('.')),
  );
  const pack = join(installationFolder, 'scripts', 'release', 'pack.mjs');
  await promisify(execFile)(process.execPath, [pack, folder, join(folder, 'prebuilds')]);
  tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{}');
  await run(['npm', 'install', '--prefer-offline', '--no-fund', '--no-audit', `./${tarball}`]);
  kafka = await startTestKafka();
}, 240_000);

afterAll(async () => {
  await kafka.stop();
  rmSync(folder, { recursive: true });
});

async function run([command = '', ...args]: readonly string[]): Promise<{
  status: number;
  stdout: string;
  stderr: string;
}> {
  const bin = join(folder, 'bin');
  if (!readdirSync(folder).includes('bin')) {
    mkdirSync(bin);
    symlinkSync(realpathSync(process.execPath), join(bin, 'node'));
    const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
    symlinkSync(realpathSync(npm), join(bin, 'npm'));
    symlinkSync('/bin/sh', join(bin, 'sh'));
  }
  const path = `${bin}:${join(folder, 'node_modules', '.bin')}`;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  try {
    const done = await promisify(execFile)(command, args, { cwd: folder, env: { ...env, PATH: path } });
    return { status: 0, ...done };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

it('is one archive of this version, with no sources, scripts or second copy of the client', () => {
  expect(tarball).toBe(`rubin-alert-sim-${version}.tgz`);
  const names = execFileSync('tar', ['-tzf', tarball], { cwd: folder, encoding: 'utf8' });
  expect(names).not.toMatch(/binding\.gyp|\.cc\n|deps\/|\.map\n|\/scripts\//);
  expect(readdirSync(join(folder, 'node_modules'))).not.toContain('node-rdkafka');
  const { scripts } = JSON.parse(
    readFileSync(join(installed(), 'node_modules/node-rdkafka/package.json'), 'utf8'),
  ) as {
    scripts?: unknown;
  };
  expect(scripts).toBeUndefined();
});

it('sends alerts to a broker without anything having been compiled', { timeout: 120_000 }, async () => {
  expect(await run(['rubin-alert-sim', '--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  const { stdout } = await run(['rubin-alert-sim', 'doctor']);
  expect(stdout).toMatch(/ok +Kafka client +librdkafka .*patched/);
  expect(stdout).toMatch(/ok +C\+\+ toolchain +not needed/);
  expect(
    await run(['rubin-alert-sim', 'generate', '--visits', '1', '--alerts-per-visit', '5', 'five.avro']),
  ).toMatchObject({ status: 0 });
  const sent = await run(['rubin-alert-sim', 'create-stream', '-B', kafka.bootstrap, 'five.avro']);
  expect(sent).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('successfully preloaded stream with 5 alerts') as string,
  });
});

it(
  'names a client whose checksum does not hold, and one that is not there',
  { timeout: 60_000 },
  async () => {
    const platform = readdirSync(prebuilds()).find((name) => name !== 'SHA256SUMS') ?? '';
    const file = join(prebuilds(), platform, readdirSync(join(prebuilds(), platform))[0] ?? '');
    appendFileSync(file, 'x');
    const changed = await run(['rubin-alert-sim', 'print-stream', '-B', kafka.bootstrap]);
    expect(changed.stderr).toContain(`the checksum of ${file} does not hold: install the package again`);
    expect(changed.status).toBe(2);

    const other = join(dirname(file), basename(file).replace(/abi\d+/, 'abi1'));
    renameSync(file, other);
    const sums = join(prebuilds(), 'SHA256SUMS');
    writeFileSync(sums, readFileSync(sums, 'utf8').replace(/abi\d+/, 'abi1'));
    const missing = await run(['rubin-alert-sim', 'print-stream', '-B', kafka.bootstrap]);
    expect(missing.stderr).toContain(
      `this package has no compiled client ${platform}/${basename(file)}, but ${platform}/${basename(other)}`,
    );
    expect(missing.status).toBe(2);
  },
);
