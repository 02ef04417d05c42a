import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../src/broker/cacheFolder.js';
import { freePorts } from '../../../src/broker/ports.js';
import { withLock } from '../../../src/broker/processLock.js';
import { installationFolder } from '../../../src/version.js';
import { cpuSecondsIn } from '../../../src/workers/threadCpu.js';

const run = promisify(execFile);

/** A server's program, or why it is not available here. */
export type InfluxProgram = { readonly path: string } | { readonly missing: string };

/** A running InfluxDB of a test's own, and how to reach it. */
export interface TestInflux {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `1.6.7~rc0`, `2.7.12`. */
  readonly version: string;
  /** A bucket that exists, or a database of version 1. */
  readonly bucket: string;
  /** Of version 2. */
  readonly org: string | undefined;
  /** Of version 2; it may do everything. */
  readonly token: string | undefined;
  /** The administrator of version 1, where it asks for users. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** What an InfluxQL query of a bucket finds: an object a row, times in milliseconds, tags of groups included. */
  readonly query: (influxQl: string, bucket?: string) => Promise<InfluxRow[]>;
  /** Any request, with the rights to do everything. */
  readonly request: (method: string, path: string, body?: unknown) => Promise<Response>;
  /** CPU time of its process so far, seconds to 10 ms; NaN outside of Linux. */
  readonly cpuSeconds: () => number;
  /** Freezes the process: it keeps its connections and answers nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Ends the process by force, as a crash would; `restart` brings it back with its data. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port. */
  readonly restart: () => Promise<void>;
  /** Stops it and removes everything that it wrote. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

/** A row of a query's answer. */
export type InfluxRow = Readonly<Record<string, string | number | boolean | null>>;

/** Whether a program is missing; the reason to skip tests is printed once on the console. */
export function isMissing(program: InfluxProgram): boolean {
  if ('missing' in program) console.warn(`skipped: ${program.missing}`);
  return 'missing' in program;
}

/** Where a server's program is kept once it was installed. */
function serversFolder(): string {
  return join(cacheFolder(), 'test-servers');
}

/**
 * InfluxDB 1.6, from Debian's package: taken out of it once, into the cache folder. `RUBIN_ALERT_SIM_TEST_INFLUXD1`
 * names another one.
 */
export async function findInfluxd1(): Promise<InfluxProgram> {
  const own = process.env.RUBIN_ALERT_SIM_TEST_INFLUXD1 ?? '';
  if (own !== '') return { path: own };
  const folder = join(serversFolder(), 'influxd1');
  const path = join(folder, 'usr', 'bin', 'influxd');
  return withLock(join(serversFolder(), 'influxd1.lock'), { purpose: 'unpacking InfluxDB 1' }, async () => {
    if (existsSync(path)) return { path };
    const draft = await mkdtemp(join(serversFolder(), 'influxd1-'));
    try {
      await run('apt-get', ['download', 'influxdb'], { cwd: draft });
      const [deb = ''] = (await readdir(draft)).filter((name) => name.endsWith('.deb'));
      await run('dpkg', ['-x', join(draft, deb), join(draft, 'out')]);
      await rename(join(draft, 'out'), folder);
      return { path };
    } catch (thrown) {
      const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
      return { missing: `Debian's package influxdb is not to be had (${why})` };
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
}

/**
 * InfluxDB 2.7: the one that `RUBIN_ALERT_SIM_TEST_INFLUXD2` names, or the one in the cache folder, which is built
 * there once (some ten minutes) where the script for it, Go and Rust are to be had.
 */
export async function findInfluxd2(): Promise<InfluxProgram> {
  const own = process.env.RUBIN_ALERT_SIM_TEST_INFLUXD2 ?? '';
  if (own !== '') return { path: own };
  const folder = join(serversFolder(), 'influxd2');
  const path = join(folder, 'influxd');
  if (existsSync(path)) return { path };
  const script = resolve(installationFolder, '..', 'shared', 'tools', 'influxd2.sh');
  if (!existsSync(script)) return { missing: 'there is no ../shared/tools/influxd2.sh to build InfluxDB 2' };
  const lacks = await buildToolsMissing();
  if (lacks !== undefined) return { missing: lacks };
  const options = { purpose: 'building InfluxDB 2', waitMs: 1_800_000 };
  return withLock(join(serversFolder(), 'influxd2.lock'), options, async () => {
    if (existsSync(path)) return { path };
    console.log(`building InfluxDB 2 in ${folder}, once: this takes some ten minutes`);
    await mkdir(folder, { recursive: true });
    await run('bash', [script, folder], { maxBuffer: 1 << 28 });
    return { path };
  });
}

async function buildToolsMissing(): Promise<string | undefined> {
  try {
    const { stdout } = await run('go', ['version']);
    const [, major = 0, minor = 0] = /go(\d+)\.(\d+)/.exec(stdout) ?? [];
    if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 23)) {
      return `building InfluxDB 2 takes Go 1.23, and this is ${stdout.trim()}`;
    }
    await run('cargo', ['--version']);
    return undefined;
  } catch {
    return 'building InfluxDB 2 takes Go and Rust, which are not installed';
  }
}

export interface Influx1Options {
  /** Whether it requires a user and a password. */
  readonly auth?: boolean;
  /** Further lines of its section `[data]`: `max-series-per-database = 10`. */
  readonly data?: readonly string[];
}

/**
 * Starts an InfluxDB 1.6 on a free port of 127.0.0.1 with its data in a temporary folder; with `auth`, it has
 * an administrator. Ready within a tenth of a second.
 */
export async function startInflux1(options: Influx1Options = {}): Promise<TestInflux> {
  const { auth = false, data = [] } = options;
  const [port = 0, rpcPort = 0] = await freePorts(2);
  const user = auth ? 'admin' : undefined;
  const password = auth ? 'admin-secret' : undefined;
  const basic = auth
    ? { authorization: `Basic ${Buffer.from('admin:admin-secret').toString('base64')}` }
    : undefined;
  const server = await startServer({
    program: await findInfluxd1(),
    port,
    bucket: 'alerts',
    headers: basic ?? {},
    arguments: async (folder) => {
      const file = join(folder, 'influxdb.conf');
      await writeFile(file, configuration1(folder, port, rpcPort, auth, data));
      return ['-config', file];
    },
  });
  const statements = [
    ...(auth ? ["CREATE USER admin WITH PASSWORD 'admin-secret' WITH ALL PRIVILEGES"] : []),
    'CREATE DATABASE alerts',
  ];
  for (const statement of statements) {
    await server.request('POST', `/query?q=${encodeURIComponent(statement)}`);
  }
  return { ...server, org: undefined, token: undefined, user, password };
}

/**
 * Starts an InfluxDB 2.7 on a free port of 127.0.0.1 with its data in a temporary folder, set up with an organisation,
 * a bucket and a token. Ready within a second.
 */
export async function startInflux2(): Promise<TestInflux> {
  const [port = 0] = await freePorts(1);
  const token = 'token-that-may-do-everything';
  const org = 'rubin';
  const bucket = 'alerts';
  const server = await startServer({
    program: await findInfluxd2(),
    port,
    bucket,
    headers: { authorization: `Token ${token}` },
    arguments: (folder) => [
      ...['--http-bind-address', `127.0.0.1:${port}`, '--reporting-disabled', '--log-level', 'error'],
      ...['--bolt-path', join(folder, 'influxd.bolt'), '--engine-path', join(folder, 'engine')],
      ...['--sqlite-path', join(folder, 'influxd.sqlite')],
    ],
  });
  const setup = { username: 'admin', password: 'admin-secret', org, bucket, token };
  const answer = await server.request('POST', '/api/v2/setup', setup);
  if (!answer.ok) throw new Error(`InfluxDB 2 was not set up: ${await answer.text()}`);
  return { ...server, org, token, user: undefined, password: undefined };
}

function configuration1(
  folder: string,
  port: number,
  rpcPort: number,
  auth: boolean,
  data: readonly string[],
): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
query-log-enabled = false
${data.join('\n')}
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = ${auth}
log-enabled = false
[monitor]
store-enabled = false
`;
}

interface ServerStart {
  readonly program: InfluxProgram;
  readonly port: number;
  readonly bucket: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly arguments: (folder: string) => readonly string[] | Promise<readonly string[]>;
}

async function startServer(
  start: ServerStart,
): Promise<Omit<TestInflux, 'org' | 'token' | 'user' | 'password'>> {
  const { program, port, headers } = start;
  if ('missing' in program) throw new Error(program.missing);
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'test-influx-'));
  const words = await start.arguments(folder);
  let child: ChildProcess | undefined;
  const onExit = (): void => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending?.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolveEnd) => ending.once('exit', resolveEnd));
    ending.kill('SIGCONT');
    ending.kill(signal);
    await Promise.race([ended, pause(5000).then(() => ending.kill('SIGKILL'))]);
    await ended;
  };
  const launch = async (): Promise<string> => {
    let log = '';
    const launched = spawn(program.path, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    child = launched;
    const keep = (text: Buffer): void => {
      log = (log + text.toString()).slice(-2000);
    };
    launched.stdout.on('data', keep);
    launched.stderr.on('data', keep);
    for (let attempt = 0; attempt < 600; attempt += 1) {
      if (launched.exitCode !== null) break;
      const answer = await fetch(`${url}/ping`, { headers }).catch(() => undefined);
      const version = answer?.headers.get('x-influxdb-version');
      if (answer?.ok === true && typeof version === 'string') return version.replace(/^v/, '');
      await pause(50);
    }
    throw new Error(`InfluxDB did not start: ${log}`);
  };
  const stop = async (): Promise<void> => {
    await end('SIGTERM');
    process.removeListener('exit', onExit);
    await rm(folder, { recursive: true, force: true });
  };
  const request = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  process.on('exit', onExit);
  let version: string;
  try {
    version = await launch();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    url,
    version,
    bucket: start.bucket,
    request,
    query: async (influxQl, bucket = start.bucket) => {
      const parameters = `db=${encodeURIComponent(bucket)}&epoch=ms&q=${encodeURIComponent(influxQl)}`;
      return rowsOf(await (await request('GET', `/query?${parameters}`)).json());
    },
    cpuSeconds: () => cpuSecondsIn(`/proc/${child?.pid ?? 0}/stat`) ?? NaN,
    freeze: () => {
      child?.kill('SIGSTOP');
    },
    thaw: () => {
      child?.kill('SIGCONT');
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      await launch();
    },
    stop,
  };
}

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values: readonly (readonly (string | number | boolean | null)[])[];
    }[];
  }[];
}

function rowsOf(answer: unknown): InfluxRow[] {
  const { error, results = [] } = answer as QueryAnswer;
  const [fault] = [error, ...results.map((result) => result.error)].filter((text) => text !== undefined);
  if (fault !== undefined) throw new Error(`InfluxDB refuses the query: ${fault}`);
  return results.flatMap(({ series = [] }) =>
    series.flatMap(({ tags, columns, values }) =>
      values.map((row) => ({
        ...tags,
        ...Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])),
      })),
    ),
  );
}
