import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../src/broker/ports.js';
import { identify } from '../../src/broker/processIdentity.js';
import { stopBroker } from '../../src/broker/stop.js';
import { runCommand } from './support/commandLine.js';

let folder: string;
let ports: readonly number[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  ports = await freePorts(2);
});
afterAll(async () => {
  await stopBroker({ stateFolder: folder, graceMs: 2000 });
  await rm(folder, { recursive: true, force: true });
});

const broker = (...words: readonly string[]): ReturnType<typeof runCommand> =>
  runCommand(['broker', ...words, '--data', folder]);
const up = (): ReturnType<typeof runCommand> => {
  const [port = 0, registryPort = 0] = ports;
  const listeners = ['--port', String(port), '--jmx-port', 'none', '--registry-port', String(registryPort)];
  return broker('up', ...listeners, '--heap', '512m');
};
const registryPid = (text: string): number => Number(/registry {2}\S+ \(pid (\d+)\)/.exec(text)?.[1]);
const ask = async (path: string, body?: unknown): Promise<unknown> => {
  const url = `http://localhost:${ports[1] ?? 0}${path}`;
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  return response.json();
};
const listen = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });

it('a registry runs beside the broker, comes back after a kill, and never stops the broker', async () => {
  const started = await up();
  expect(started, started.stderr).toMatchObject({ code: 0 });
  const pid = registryPid(started.stdout);
  expect(await ask('/subjects/alert-packet/versions/1000')).toMatchObject({ id: 1000, version: 1000 });
  expect(await ask('/subjects/own-value/versions', { schema: '"string"' })).toEqual({ id: 20_001 });
  expect(registryPid((await up()).stdout)).toBe(pid);

  process.kill(pid, 'SIGKILL');
  await expect.poll(() => identify(pid)).toBeUndefined();
  const status = await broker('status');
  expect(status.code).toBe(0);
  expect(status.stdout).toMatch(
    new RegExp(`registry {2}none: its process \\(pid ${pid}\\) is no longer running`),
  );
  expect(status.stdout).toContain(`--registry-port ${ports[1] ?? 0}\``);

  const intruder = await listen(ports[1] ?? 0);
  const without = await up();
  expect(without.code).toBe(0);
  expect(without.stdout).toMatch(
    /registry {2}none: port \d+ for the registry is in use by .*--registry-port/,
  );
  await new Promise((resolve) => intruder.close(resolve));

  const again = registryPid((await up()).stdout);
  expect(again).not.toBe(pid);
  expect(await ask('/subjects/own-value/versions')).toEqual([1]);
  const down = await broker('down');
  expect(down.stdout).toContain(`the registry beside it (pid ${again}) was stopped`);
  expect(await identify(again)).toBeUndefined();
}, 120_000);
