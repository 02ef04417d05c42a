import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePorts } from '../../src/broker/ports.js';
import { identify } from '../../src/broker/processIdentity.js';
import { stopBroker } from '../../src/broker/stop.js';
import { runCommand } from './support/commandLine.js';

let parent: string;
let data: string;
let ports: readonly number[];

beforeEach(async () => {
  // As in a user's shell: what is printed runs without npm.
  vi.stubEnv('npm_lifecycle_event', undefined);
  parent = await mkdtemp(join(tmpdir(), 'broker trouble '));
  data = join(parent, 'state');
  ports = await freePorts(2);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stopBroker({ stateFolder: data, graceMs: 2000 });
  await rm(parent, { recursive: true });
});

const up = (...more: readonly string[]): ReturnType<typeof runCommand> => {
  const [port = 0, jmxPort = 0] = ports;
  const options = [
    '--port',
    String(port),
    '--jmx-port',
    String(jmxPort),
    '--heap',
    '512m',
    '--registry-port',
    'none',
  ];
  return runCommand(['broker', 'up', '--data', data, ...options, ...more]);
};
const broker = (word: string): ReturnType<typeof runCommand> => runCommand(['broker', word, '--data', data]);
/** Runs a command of the output as it is printed, in the folder in which it was printed. */
const paste = (command: string): void => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect({ command, status }, stdout + stderr).toEqual({ command, status: 0 });
};
const pidIn = (text: string): number => Number(/\(pid (\d+)\)/.exec(text)?.[1]);

/** A disk of its own that can be filled: only root may mount one. */
const mountFault = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root can mount a small disk';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this machine lets no one mount';
  }
})();

describe.skipIf(mountFault !== undefined)(`a broker whose disk is full (${mountFault ?? 'tmpfs'})`, () => {
  const mount = (sizeMB: number): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMB}m`, 'tmpfs', data]);
  };
  beforeEach(() => mkdir(data));
  afterEach(() => {
    execFileSync('umount', ['--lazy', data]);
  });

  it('says whether it runs, is stopped with its data deleted, and is not started there', async () => {
    mount(120);
    const started = await up();
    expect(started, started.stderr).toMatchObject({ code: 0 });
    const scenario = join(parent, 'large.yaml');
    await writeFile(
      scenario,
      `name: large
kafka: {bootstrap: "localhost:${ports[0] ?? 0}"}
alerts: {payload: {bytes: 100000, count: 1000}}
replay: {phases: [{name: steady, rate: 100/s, duration: 10s}]}
`,
    );
    // 200 MB do not fit where this broker keeps its data; where the command runs there is room.
    const dry = await runCommand(['run', scenario, '--dry-run']);
    expect(dry).toMatchObject({ code: 2 });
    expect(dry.stderr).toMatch(
      /the two topics need 200 MB, but the disk of .*broker trouble .*state has [\d.]+ MB free; /,
    );
    // Nothing is known of a broker that is not ours.
    const foreign = ['--set', `kafka.bootstrap=localhost:${(ports[0] ?? 0) + 1}`];
    expect(await runCommand(['run', scenario, '--dry-run', ...foreign])).toMatchObject({ code: 0 });
    const out = await runCommand([
      'run',
      scenario,
      '--dry-run',
      ...foreign,
      '--out',
      join(data, 'runs', 'a'),
    ]);
    expect(out).toMatchObject({ code: 0 });

    fillDisk(join(data, 'ballast'));
    const full = await runCommand([
      'run',
      scenario,
      '--dry-run',
      ...foreign,
      '--out',
      join(data, 'runs', 'a'),
    ]);
    expect(full.stderr).toMatch(
      /the run folder needs 3\.1 MB, but the disk of .*state.runs.a has 0 B free; .*--out\n$/,
    );

    const status = await broker('status');
    expect(status.stderr).not.toContain('defect');
    expect([0, 3]).toContain(status.code);
    // Without a byte left, even the file of a lock cannot be written.
    const down = await broker('down');
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(await identify(pidIn(started.stdout))).toBeUndefined();
    expect(existsSync(join(data, 'kafka-data'))).toBe(false);
    expect(existsSync(join(data, 'broker.json'))).toBe(false);

    fillDisk(join(data, 'more ballast'));
    const again = await up();
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toMatch(
      /^rubin-alert-sim: the disk of .*state is full: 50.0 MB are needed there\. .*--data/,
    );
    expect(again.stderr).not.toContain('defect');
  }, 120_000);

  it('is stopped on a disk that became read-only, and says which files stay', async () => {
    mount(200);
    const started = await up();
    expect(started, started.stderr).toMatchObject({ code: 0 });
    const pid = pidIn(started.stdout);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => identify(pid)).toBeUndefined();
    execFileSync('mount', ['-o', 'remount,ro', data]);
    const down = await broker('down');
    expect(down.code).toBe(2);
    expect(down.stderr).toMatch(
      /^rubin-alert-sim: cannot delete the files of the local broker in .*state: the file system is read-only; it was not running: .*\n$/,
    );
    const again = await up();
    expect(again.stderr).toMatch(
      /^rubin-alert-sim: cannot write to .*state: the file system is read-only; .*--data.*\n$/,
    );
    execFileSync('mount', ['-o', 'remount,rw', data]);
  }, 120_000);
});

describe('a broker that was killed', () => {
  it('is reported as such, with a log that exists and the command that brings it back', async () => {
    const started = await up();
    expect(started, started.stderr).toMatchObject({ code: 0 });
    const [, stop = ''] = / {2}stop +(.*)\n$/.exec(started.stdout) ?? [];
    const pid = pidIn(started.stdout);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => identify(pid)).toBeUndefined();

    const { code, stderr } = await broker('status');
    expect(code).toBe(3);
    expect(stderr).toContain(`the broker with pid ${pid} is no longer running, and was not stopped`);
    const log = /\(its log is (.*?\.log)\)/.exec(stderr)?.[1] ?? '';
    expect(await readFile(log, 'utf8')).toContain('KafkaRaftServer');
    const [port = 0, jmxPort = 0] = ports;
    expect(stderr).toContain(` broker up --data '${data}' --port ${port} --jmx-port ${jmxPort}\``);
    const [, command = ''] = /Start it again with `(.*)`\n$/.exec(stderr) ?? [];
    paste(command);
    expect(await broker('status')).toMatchObject({ code: 0 });
    paste(stop);
    expect(await broker('status')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('the local broker is not running: start it with `') as unknown,
    });
  }, 120_000);

  it.skipIf(process.getuid?.() !== 0)(
    'of another user is left alone, in one sentence',
    async () => {
      const started = await up();
      expect(started, started.stderr).toMatchObject({ code: 0 });
      await chmod(parent, 0o755);
      const down = await runCommand(['broker', 'down', '--data', data], {}, 65_534);
      expect(down.code).toBe(2);
      expect(down.stderr).toMatch(/^rubin-alert-sim: the process \d+ belongs to another user: .*\n$/);
      expect(await broker('status')).toMatchObject({ code: 0 });
    },
    120_000,
  );
});

/** Takes every byte that is left. */
function fillDisk(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let bytes = 1 << 20; bytes >= 1;) {
      try {
        if (writeSync(file, Buffer.alloc(bytes)) < bytes) bytes >>= 1;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
        bytes >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}
