import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrokerMetrics } from '../../src/broker/metrics/openBrokerMetrics.js';
import { portFault } from '../../src/broker/metrics/jmxReader.js';
import { freePorts } from '../../src/broker/ports.js';
import { createLogger } from '../../src/outputs/log.js';
import { createProgress } from '../../src/outputs/progress.js';
import { cpuSecondsIn } from '../../src/workers/threadCpu.js';
import { runCommand, startCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { startServer, until } from './support/servers.js';
import type { IntervalRecord, Manifest, RunSummary } from '../../src/results/runFolder.js';

/** Processes are inspected through /proc; the simulator itself finds a broker's process by it, too. */
const onLinux = process.platform === 'linux';

let kafka: TestKafka;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broker-metrics-'));
  kafka = await startTestKafka({ jmx: true });
});

afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const payloadBytes = 20_000;

/** Writes a scenario that sends 20 kB payloads at 150/s for so many seconds, after so many of warm-up. */
async function scenario(
  name: string,
  seconds: number,
  { bootstrap = kafka.bootstrap, warmup = 2 } = {},
): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  await writeFile(
    path,
    `
name: ${name}
kafka: {bootstrap: "${bootstrap}"}
alerts: {payload: {bytes: ${payloadBytes}, count: 300}}
reservoir: {topic: payloads}
stream: {topic: stream-${name}, partitions: 2}
replay: {warmup: ${warmup}s, phases: [{name: steady, rate: 150/s, duration: ${seconds}s}]}
consumers: {groups: 1, members: 1}
expect: {achievedRate: '>= 1%'}
# Whether the harness kept its schedule on a busy machine is not what is tested here.
limits: {selfCheck: {scheduleLagP99: 1m, eventLoopDelayP99: 1m}}
`,
  );
  return path;
}

interface Results {
  readonly intervals: readonly IntervalRecord[];
  readonly summary: RunSummary;
  readonly manifest: Manifest;
}

async function resultsIn(runs: string): Promise<Results> {
  const [id = ''] = await readdir(runs);
  const read = (file: string): Promise<string> => readFile(join(runs, id, file), 'utf8');
  const lines = (await read('intervals.ndjson')).trimEnd().split('\n');
  return {
    intervals: lines.map((line) => JSON.parse(line) as IntervalRecord),
    summary: JSON.parse(await read('summary.json')) as RunSummary,
    manifest: JSON.parse(await read('manifest.json')) as Manifest,
  };
}

/** The JVMs that read a broker's JMX. */
async function readersOf(port: number): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const [program = '', ...words] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split(
      '\0',
    );
    if (program.endsWith('java') && words.some((word) => word.includes(`:${port}/jmxrmi`)))
      found.push(Number(pid));
  }
  return found;
}

describe.runIf(onLinux)('a run on a local broker with JMX', () => {
  it('has the broker’s own figures in its folder, and they are those of the load', async () => {
    const runs = join(folder, 'runs-steady');
    const { code, stdout, stderr } = await runCommand(['run', await scenario('steady', 15), '--out', runs]);
    expect(code, stderr).toBe(0);
    const { intervals, summary, manifest } = await resultsIn(runs);
    const [phase] = summary.phases.filter(({ name }) => name === 'steady');
    const figures = phase?.broker?.['1'] ?? {};
    expect(summary.broker).toEqual(phase?.broker);
    expect(stdout).toMatch(
      /^broker 1: \d\.\d\d cores busy, \d+ MB resident, request handlers [\d.]+ % idle, /m,
    );

    // By the phase's own seconds: what a busy machine acknowledges after its end is in neither of the two.
    const steady = intervals.filter(({ phase: of }) => of === 'steady');
    const sum = (of: (record: IntervalRecord) => number): number =>
      steady.reduce((total, record) => total + of(record), 0);
    const ackedPerSecond = sum(({ counts }) => counts.acked) / sum(({ seconds }) => seconds);
    const apart = (told: number | undefined, own: number): number => Math.abs((told ?? 0) / own - 1);
    expect(ackedPerSecond).toBeGreaterThan(0);
    expect(apart(figures.messagesInPerSecond, ackedPerSecond)).toBeLessThan(0.05);
    expect(apart(figures.bytesInPerSecond, ackedPerSecond * payloadBytes)).toBeLessThan(0.05);
    // One group reads all.
    expect(apart(figures.bytesOutPerSecond, ackedPerSecond * payloadBytes)).toBeLessThan(0.05);
    expect(figures.cpuCores).toBeGreaterThan(0);
    expect(figures.cpuCores).toBeLessThan(availableParallelism());
    expect(figures.rssBytes).toBeGreaterThan(100e6);
    expect(figures.heapUsedBytes).toBeLessThan(512e6);
    expect(figures.produceRequestsPerSecond).toBeGreaterThan(0);
    expect(figures.produceTotalMeanMs).toBeGreaterThan(0);
    expect(figures.underReplicatedPartitions).toBe(0);
    expect(Math.abs((figures.spanSeconds ?? 0) - 15)).toBeLessThan(2);

    const whole = steady.filter(({ seconds }) => seconds > 0.9);
    const told = whole.flatMap(({ broker }) => broker?.['1'] ?? []);
    expect(told.length).toBeGreaterThan(0.8 * whole.length);
    for (const { handlerIdle, networkIdle, gcShare } of told) {
      for (const share of [handlerIdle, networkIdle, gcShare]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
    }
    expect(manifest.brokerFigures).toEqual({
      how: 'JMX, by org.apache.kafka.tools.JmxTool',
      addresses: [`127.0.0.1:${kafka.jmxPort ?? 0}`],
      intervalSeconds: 0.8,
    });
    expect(await readersOf(kafka.jmxPort ?? 0)).toEqual([]);
  }, 90_000);

  it('goes on when the reading program is killed, and says that metrics end', async () => {
    const runs = join(folder, 'runs-killed');
    const command = startCommand(['run', await scenario('killed', 8), '--out', runs]);
    await command.prints(/steady/);
    const readers = await readersOf(kafka.jmxPort ?? 0);
    expect(readers).toHaveLength(1);
    for (const pid of readers) process.kill(pid, 'SIGKILL');
    const { code, stderr } = await command.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      new RegExp(
        `^WARNING:rubin-alert-sim.broker-metrics:no more metrics of the broker at .*:${kafka.jmxPort ?? 0}: `,
        'm',
      ),
    );
    const { intervals, summary } = await resultsIn(runs);
    expect(intervals.filter(({ broker }) => broker !== null).length).toBeGreaterThan(0);
    expect(intervals.at(-2)?.broker).toBeNull();
    expect(summary.verdict).toBe('passed');
  }, 60_000);

  it.each<[string, NodeJS.Signals]>([
    ['ended by Ctrl-C', 'SIGINT'],
    ['killed', 'SIGKILL'],
  ])(
    'leaves no program behind that reads the broker when it is %s',
    async (_, signal) => {
      const command = startCommand([
        'run',
        await scenario('ended', 30),
        '--out',
        join(folder, `runs-${signal}`),
      ]);
      await command.prints(/steady/);
      expect(await readersOf(kafka.jmxPort ?? 0)).toHaveLength(1);
      command.child.kill(signal);
      const { code } = await command.ended;
      expect(code).toBe(signal === 'SIGINT' ? 130 : null);
      await expect.poll(() => readersOf(kafka.jmxPort ?? 0), { timeout: 5000 }).toEqual([]);
    },
    60_000,
  );

  it('costs less than 3 % of a core to read', async () => {
    const broker = await openBrokerMetrics({
      kafka: { bootstrap: kafka.bootstrap, jmx: 'auto' },
      log: createLogger(process.stderr, 'warning'),
      progress: createProgress(process.stderr),
      signal: new AbortController().signal,
    });
    try {
      const [reader = 0] = await readersOf(kafka.jmxPort ?? 0);
      await pause(5000);
      const stat = `/proc/${reader}/stat`;
      const before = cpuSecondsIn(stat) ?? NaN;
      await pause(10_000);
      const share = ((cpuSecondsIn(stat) ?? NaN) - before) / 10;
      console.log(`reading costs ${(100 * share).toFixed(2)} % of a core`);
      expect(share).toBeLessThan(0.03);
    } finally {
      await broker.stop();
    }
    expect(await readersOf(kafka.jmxPort ?? 0)).toEqual([]);
  }, 60_000);
});

describe('a run whose broker cannot be asked', () => {
  const silent = async (
    name: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> => {
    const runs = join(folder, `runs-${name}`);
    const { code, stderr } = await runCommand(
      ['run', await scenario(name, 1, { warmup: 0 }), '--out', runs, ...args],
      env,
    );
    expect(code, stderr).toBe(0);
    const { intervals, summary, manifest } = await resultsIn(runs);
    expect(intervals.length).toBeGreaterThan(0);
    expect(intervals.every(({ broker }) => broker === null)).toBe(true);
    expect(summary).toMatchObject({ verdict: 'passed', broker: null });
    expect(manifest.brokerFigures).toBeNull();
    return stderr;
  };

  it('goes on with a closed port, and says so', async () => {
    const [port = 0] = await freePorts(1);
    expect(await silent('closed', ['--jmx', `127.0.0.1:${port}`])).toContain(
      `WARNING:rubin-alert-sim.broker-metrics:no metrics of the broker at 127.0.0.1:${port}: ` +
        'its JMX port does not answer: nothing listens there\n',
    );
  }, 60_000);

  it.each([
    [
      'asks for a password',
      ['authenticate=true', 'ssl=false'],
      /its JMX asks for a user name and password, which/,
    ],
    ['asks for TLS', ['authenticate=false', 'ssl=true'], /its JMX asks for TLS, which/],
    [
      'speaks TLS from the first byte on',
      ['authenticate=false', 'ssl=true', 'registry.ssl=true'],
      /its port speaks TLS, or is not one of JMX/,
    ],
  ])(
    'goes on with JMX that %s, and says so',
    async (what, settings, says) => {
      const { port, stop } = await startGuardedJmx(settings);
      try {
        const stderr = await silent(what.replace(/ /g, '-'), ['--jmx', `127.0.0.1:${port}`]);
        expect(stderr).toMatch(new RegExp(`no metrics of the broker at 127.0.0.1:${port}: ${says.source}`));
        expect(stderr).toContain('--jmx none');
      } finally {
        await stop();
      }
    },
    60_000,
  );

  it('goes on with a port that is none of JMX, and says so', async () => {
    const stderr = await silent('no-jmx', ['--jmx', kafka.bootstrap]);
    expect(stderr).toMatch(new RegExp(`broker-metrics:no metrics of the broker at ${kafka.bootstrap}: .+`));
  }, 60_000);

  it('goes on without Java, and says how to get it', async () => {
    const address = `127.0.0.1:${kafka.jmxPort ?? 0}`;
    const stderr = await silent('no-java', ['--jmx', address], { PATH: '/nonexistent', JAVA_HOME: '' });
    expect(stderr).toMatch(
      new RegExp(`no metrics of the broker at ${address}: Kafka needs Java 17 or newer`),
    );
  }, 60_000);

  it('says nothing where no figures are wanted', async () => {
    expect(await silent('none', ['--jmx', 'none'])).not.toContain('broker-metrics');
  }, 60_000);

  it.runIf(onLinux)(
    'names the way out where the local broker was started without JMX',
    async () => {
      const other = await startTestKafka();
      try {
        const path = await scenario('without', 1, { bootstrap: other.bootstrap, warmup: 0 });
        const { code, stderr } = await runCommand(['run', path, '--out', join(folder, 'runs-without')]);
        expect(code, stderr).toBe(0);
        const [, port] = other.bootstrap.split(':');
        expect(stderr).toContain(
          `the broker at localhost:${port ?? ''} was started without JMX; \`broker down`,
        );
      } finally {
        await other.stop();
      }
    },
    90_000,
  );
});

/** A real JVM whose JMX is guarded, and that does nothing else. */
async function startGuardedJmx(
  settings: readonly string[],
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const [port = 0, rmiPort = 0, ownPort = 0] = await freePorts(3);
  const at = (name: string): string => join(folder, name);
  await writeFile(at('jmx.password'), 'monitor secret\n', { mode: 0o600 });
  await writeFile(at('jmx.access'), 'monitor readonly\n', { mode: 0o600 });
  await rm(at('jmx.p12'), { force: true });
  const store = ['-keystore', at('jmx.p12'), '-storepass', 'changeit', '-validity', '2'];
  execFileSync(
    'keytool',
    ['-genkeypair', '-alias', 'a', '-keyalg', 'EC', '-dname', 'CN=localhost', ...store],
    {
      stdio: 'ignore',
    },
  );
  const jmx = [
    ...[`port=${port}`, `rmi.port=${rmiPort}`, 'host=127.0.0.1'],
    ...[`password.file=${at('jmx.password')}`, `access.file=${at('jmx.access')}`],
    ...settings,
  ];
  const server = startServer(
    'java',
    [
      ...jmx.map((setting) => `-Dcom.sun.management.jmxremote.${setting}`),
      ...['-Djava.rmi.server.hostname=127.0.0.1', `-Djavax.net.ssl.keyStore=${at('jmx.p12')}`],
      ...['-Djavax.net.ssl.keyStorePassword=changeit', '-Xmx32m'],
      ...['-m', 'java.rmi/sun.rmi.registry.RegistryImpl', String(ownPort)],
    ],
    { output: at('jmx.log') },
  );
  await until('JMX listens', 20_000, async () => (await portFault(`127.0.0.1:${port}`, 500)) === undefined);
  return { port, stop: server.stop };
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
