import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../src/broker/brokerConfig.js';
import { freePorts } from '../../src/broker/ports.js';
import { probeBroker } from '../../src/broker/probe.js';
import { identify } from '../../src/broker/processIdentity.js';
import { startBroker } from '../../src/broker/startBroker.js';
import { brokerStatus } from '../../src/broker/status.js';
import { stopBroker } from '../../src/broker/stop.js';

let stateFolder: string;
let parent: string;
let port: number;
let jmxPort: number;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'broker test '));
  stateFolder = join(parent, 'state');
  [port = 0, jmxPort = 0] = await freePorts(2);
});

afterEach(async () => {
  await stopBroker({ stateFolder, graceMs: 5000 });
  await rm(parent, { recursive: true });
});

const config = (more: BrokerConfig = {}): BrokerConfig => ({
  stateFolder,
  listeners: [{ port }],
  jmxPort,
  heap: '512m',
  ...more,
});

describe('a broker that runs', () => {
  it('serves clients, is found by a second start, and leaves nothing behind', async () => {
    const started = await startBroker(config());
    expect(started.startedNow).toBe(true);
    expect(await probeBroker(port)).toEqual({ brokerIds: [1], controllerId: 1 });
    await expect(isListening(jmxPort)).resolves.toBe(true);
    expect(await brokerStatus(stateFolder)).toMatchObject({
      kind: 'running',
      record: { pid: started.record.pid, bootstrap: `localhost:${port}`, version: '4.1.2' },
    });

    const second = await startBroker(config());
    expect(second).toMatchObject({ startedNow: false, record: { pid: started.record.pid } });

    await expect(stopBroker({ stateFolder })).resolves.toEqual({
      pid: started.record.pid,
      ending: 'by itself',
      hadData: true,
      pids: [started.record.pid],
    });
    expect(await readdir(parent)).toEqual([]);
    expect(await identify(started.record.pid)).toBeUndefined();
    await expect(isListening(port)).resolves.toBe(false);
    await expect(isListening(jmxPort)).resolves.toBe(false);
    expect(await brokerStatus(stateFolder)).toMatchObject({ kind: 'stopped' });
  });

  it('is one broker when it is started twice at the same time', async () => {
    const [one, two] = await Promise.all([startBroker(config()), startBroker(config())]);
    expect(one.record).toEqual(two.record);
    expect([one.startedNow, two.startedNow].sort()).toEqual([false, true]);
  });

  it('takes server properties and keeps its cluster across restarts when asked to', async () => {
    await startBroker(config({ serverProperties: { 'num.io.threads': '3' } }));
    const meta = await readFile(join(stateFolder, 'kafka-data', 'meta.properties'), 'utf8');
    await stopBroker({ stateFolder, keepData: true });
    expect(await readdir(stateFolder)).toEqual(['kafka-data']);

    const { paths } = await startBroker(config({ serverProperties: { 'num.io.threads': '5' } }));
    expect(await readFile(join(paths.data, 'meta.properties'), 'utf8')).toBe(meta);
    expect(await readFile(paths.log, 'utf8')).toContain('num.io.threads = 5');
  });
});

describe('a start that meets trouble', () => {
  it('names the port that is in use', async () => {
    const other = await startBroker(config());
    const elsewhere = join(parent, 'elsewhere');
    await expect(startBroker(config({ stateFolder: elsewhere, jmxPort: 'none' }))).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(
        new RegExp(
          `^port ${port} for the broker is in use( by java \\(pid ${other.record.pid}\\))?:.*--port`,
        ),
      ) as unknown,
    });
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('removes the record of a broker that was killed, and starts again with its data', async () => {
    // After a crash the controller waits for the old process's session to end.
    const quick = { 'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '500' };
    const { record } = await startBroker(config({ serverProperties: quick }));
    process.kill(record.pid, 'SIGKILL');
    await expect.poll(() => identify(record.pid)).toBeUndefined();
    expect(await brokerStatus(stateFolder)).toMatchObject({
      kind: 'died',
      logs: [join(stateFolder, 'broker.log')],
      reason: `the broker with pid ${record.pid} is no longer running`,
    });
    const again = await startBroker(config({ serverProperties: quick }));
    expect(again.startedNow).toBe(true);
    expect(again.record.pid).not.toBe(record.pid);
  });

  it('never stops another process that has the number of an old broker', async () => {
    const bystander = spawn('sleep', ['60']);
    try {
      await mkdir(stateFolder, { recursive: true });
      const record = {
        ...{ pid: bystander.pid, processStart: 'long ago', version: '4.1.2', bootstrap: 'localhost:1' },
        ...{ ports: [1], plainPort: 1, jmxPort: 'none', startedAt: '2026-01-01T00:00:00Z' },
      };
      await writeFile(join(stateFolder, 'broker.json'), JSON.stringify(record));
      await expect(stopBroker({ stateFolder })).resolves.toEqual({
        pid: undefined,
        ending: undefined,
        pids: [],
        hadData: false,
      });
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
      expect(existsSync(stateFolder)).toBe(false);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('formats a half-written data folder anew', async () => {
    await mkdir(join(stateFolder, 'kafka-data'), { recursive: true });
    await expect(stopBroker({ stateFolder })).resolves.toMatchObject({ pid: undefined, hadData: true });
    await mkdir(join(stateFolder, 'kafka-data'), { recursive: true });
    await writeFile(join(stateFolder, 'kafka-data', 'bootstrap.checkpoint'), 'half');
    await writeFile(join(stateFolder, 'kafka-data', 'meta.properties'), 'version=1\n');
    await expect(startBroker(config())).resolves.toMatchObject({ startedNow: true });
  });

  it("repeats Kafka's words for a value that it refuses, and leaves no process", async () => {
    const start = startBroker(config({ serverProperties: { 'num.io.threads': 'many' } }));
    await expect(start).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('num.io.threads') as unknown,
    });
    expect(await brokerStatus(stateFolder)).toMatchObject({ kind: 'stopped' });
  });

  it('says why the JVM does not start, and where the log is', async () => {
    await expect(startBroker(config({ jvmOptions: ['-XX:+NoSuchOption'] }))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining("Unrecognized VM option 'NoSuchOption'") as unknown,
    });
  });

  it('gives up at its deadline and ends the process', async () => {
    await expect(startBroker(config(), { deadlineMs: 300 })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringMatching(/did not serve clients within 0.3 s .*broker\.log/) as unknown,
    });
    await expect(isListening(port)).resolves.toBe(false);
    expect(existsSync(join(stateFolder, 'broker.json'))).toBe(false);
  });

  it.each([
    ['while formatting', 'server.properties'],
    ['while Kafka starts', 'broker.json'],
  ])('takes everything back when it is interrupted %s', async (_when, appearing) => {
    const interruption = new AbortController();
    const watch = setInterval(() => {
      if (existsSync(join(stateFolder, appearing))) interruption.abort();
    }, 10);
    const start = startBroker(config(), { signal: interruption.signal });
    await expect(start).rejects.toMatchObject({ code: 'INTERRUPTED' });
    clearInterval(watch);
    expect(await readdir(parent)).toEqual([]);
    await expect(isListening(jmxPort)).resolves.toBe(false);
  });
});

describe('a broker that does not end by itself', () => {
  it('is ended by force after the grace period', async () => {
    const { record } = await startBroker(config());
    process.kill(record.pid, 'SIGSTOP');
    await expect(stopBroker({ stateFolder, graceMs: 300 })).resolves.toEqual({
      pid: record.pid,
      ending: 'by force',
      hadData: true,
      pids: [record.pid],
    });
    expect(await readdir(parent)).toEqual([]);
  });
});

function isListening(onPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: onPort });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}
