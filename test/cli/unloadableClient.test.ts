import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installationFolder, version } from '../../src/version.js';

/** An installation whose Kafka client can be damaged; everything else is that of this clone. */
let installation: string;
let binding: string;

beforeAll(() => {
  installation = mkdtempSync(join(tmpdir(), 'test unloadable '));
  cpSync(join(installationFolder, 'dist'), join(installation, 'dist'), { recursive: true });
  copyFileSync(join(installationFolder, 'package.json'), join(installation, 'package.json'));
  cpSync(join(installationFolder, 'scripts'), join(installation, 'scripts'), { recursive: true });
  const packages = join(installation, 'node_modules');
  mkdirSync(packages);
  for (const name of readdirSync(join(installationFolder, 'node_modules'))) {
    if (name !== 'node-rdkafka')
      symlinkSync(join(installationFolder, 'node_modules', name), join(packages, name));
  }
  const client = join(installationFolder, 'node_modules', 'node-rdkafka');
  for (const name of ['lib', 'librdkafka.js', 'package.json', 'build/Release/node-librdkafka.node'])
    cpSync(join(client, name), join(packages, 'node-rdkafka', name), { recursive: true });
  binding = join(packages, 'node-rdkafka', 'build', 'Release', 'node-librdkafka.node');
});

afterAll(() => {
  rmSync(installation, { recursive: true });
});

const damages: readonly [string, () => void, RegExp][] = [
  [
    'truncated',
    () => {
      truncateSync(binding, 100_000);
    },
    /file too short|cannot map|invalid|crashes Node/i,
  ],
  [
    'no library',
    () => {
      copyFileSync(join(installationFolder, 'package.json'), binding);
    },
    /invalid ELF|mach-o|too short/i,
  ],
  [
    'missing',
    () => {
      rmSync(binding);
    },
    /Could not locate the bindings file/,
  ],
];

describe.each(damages)('with a Kafka client that is %s', (name, damage, reason) => {
  beforeAll(damage);

  it('doctor names the reason and the command that fixes it', async () => {
    const { status, stdout, stderr } = await alertSim(['doctor']);
    expect(stdout).toMatch(/MISSING +Kafka client +does not load/);
    expect(stdout).toMatch(reason);
    expect(stdout).toContain('npm run build');
    expect(stderr).toMatch(/^rubin-alert-sim: missing here: Kafka client/);
    expect(status).toBe(2);
  });

  // A truncated library ends the process that loads it: only the doctor and the build load it in another one.
  it.skipIf(name === 'truncated')('a command that needs a broker says so in one sentence', async () => {
    const { status, stderr } = await alertSim(['print-stream', '--src-topic', 'any']);
    expect(stderr).toMatch(
      /^rubin-alert-sim: the Kafka client does not load with Node [^\n]*Run npm run build in [^\n]*\n$/,
    );
    expect(status).toBe(2);
  });
});

describe('without a Kafka client', () => {
  beforeAll(() => {
    rmSync(binding, { force: true });
  });

  it.each([
    ['--version'],
    ['--help'],
    ...['start', 'create-stream', 'play-stream', 'print-stream', 'run', 'compare', 'restore'].map((name) => [
      name,
      '--help',
    ]),
    ['generate', '--visits', '1', '--alerts-per-visit', '2', 'two.avro'],
    ['container', 'count', 'two.avro'],
    ['baseline', 'list', '--dir', 'none'],
    ['run', '--dry-run', join(installationFolder, 'scenarios', 'rubin-visits.yaml')],
  ])('%s %s works', async (...args) => {
    const { status, stdout, stderr } = await alertSim(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toBe('');
    if (args[0] === '--version') expect(stdout.trim()).toBe(version);
  });

  it('report and compare read finished runs', async () => {
    const { status, stderr } = await alertSim(['report', 'no-run']);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no-run') as string,
    });
    const compared = await alertSim(['compare', 'no-run', 'no-other']);
    expect(compared).toMatchObject({ status: 2, stderr: expect.stringContaining('no-run') as string });
  });
});

async function alertSim(
  args: readonly string[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  const main = join(installation, 'dist', 'src', 'cli', 'main.js');
  try {
    const done = await promisify(execFile)(process.execPath, [main, ...args], { cwd: installation });
    return { status: 0, ...done };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}
