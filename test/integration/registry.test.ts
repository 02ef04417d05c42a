import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import avsc from 'avsc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rubinSchema } from '../../src/alerts/rubinSchemas.js';
import { freePorts } from '../../src/broker/ports.js';
import { identify } from '../../src/broker/processIdentity.js';
import { stopBroker } from '../../src/broker/stop.js';
import { installationFolder } from '../../src/version.js';
import { containerOf } from '../alerts/support/archives.js';
import { runCommand } from './support/commandLine.js';
import { nodePackages } from './support/nodePackages.js';
import { pythonWithKafka } from './support/python.js';

const clients = ['@kafkajs/confluent-schema-registry@3.9.0', '@confluentinc/schemaregistry@1.10.1'];
const packages = await nodePackages(clients);
const python = await pythonWithKafka();
const run = promisify(execFile);

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

/** Ids of Rubin's stream in 2026. */
const streamIds = [900, 1000, 1100, 1101];
const perId = 2500;
const total = streamIds.length * perId;

/** A container of alerts of one version, with random values and no history. */
async function containerOfVersion(id: number): Promise<string> {
  const text = rubinSchema(id)?.text ?? '';
  const type = avsc.Type.forSchema(JSON.parse(text) as avsc.Schema, { wrapUnions: true });
  const records = Array.from({ length: perId }, (_, index) => {
    const alert = type.random() as unknown as Record<string, unknown> & {
      diaSource: Record<string, unknown>;
    };
    for (const name of Object.keys(alert)) if (/^prv|^cutout/.test(name)) alert[name] = null;
    alert.diaSource.midpointMjdTai = 61_000 + (index * streamIds.length + streamIds.indexOf(id)) / 1e6;
    return type.toBuffer(alert);
  });
  const path = join(folder, `${id}.avro`);
  await writeFile(path, containerOf(JSON.parse(text), [records]));
  return path;
}

it('clients of all kinds read a stream of several versions with nothing but the URL', async () => {
  const started = await up();
  expect(started, started.stderr).toMatchObject({ code: 0 });
  const bootstrap = `localhost:${ports[0] ?? 0}`;
  const registry = `http://localhost:${ports[1] ?? 0}`;
  const files = await Promise.all(streamIds.map(containerOfVersion));
  const created = await runCommand(['create-stream', '-B', bootstrap, '--dst-topic=mixed', ...files]);
  expect(created).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining(`${total} alerts`) as string,
  });

  const reading = [
    '--broker',
    bootstrap,
    '--topic',
    'mixed',
    '--count',
    String(total),
    '--registry',
    registry,
  ];
  const example = (name: string): string => join(installationFolder, 'examples', name);
  const decoded = async (program: string, script: string): Promise<void> => {
    const { stdout, stderr } = await run(program, [script, ...reading], { maxBuffer: 1e8 });
    expect({ script, stderr, lines: stdout.split('\n').length - 1 }).toEqual({
      ...{ script, lines: total },
      stderr: `read ${total} alerts from mixed\n`,
    });
  };
  await decoded(process.execPath, example('consumer.mjs'));
  if (python !== undefined) {
    await decoded(python, example('consumer.py'));
    await decoded(python, example('registry_consumer.py'));
  }
  if (packages !== undefined) {
    const script = join(import.meta.dirname, 'support', 'readByRegistry.mjs');
    const { stdout } = await run(process.execPath, [
      script,
      bootstrap,
      'mixed',
      String(total),
      registry,
      packages,
    ]);
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(streamIds.map((id) => [id, perId])));
  }
}, 180_000);

it('a schema of one’s own is registered before it is sent, and the messages have its id', async () => {
  const bootstrap = `localhost:${ports[0] ?? 0}`;
  const long = { name: 'diaSourceId', type: 'long' };
  const diaSource = { type: 'record', name: 'source', fields: [{ name: 'midpointMjdTai', type: 'double' }] };
  const schema = {
    type: 'record',
    name: 'own.alert',
    fields: [long, { name: 'diaSource', type: diaSource }],
  };
  const type = avsc.Type.forSchema(schema as avsc.Schema);
  const record = type.toBuffer({ diaSourceId: 42, diaSource: { midpointMjdTai: 61_000 } });
  const file = join(folder, 'own.avro');
  await writeFile(file, containerOf(schema, [[record]]));
  const create = ['create-stream', '-B', bootstrap, '--dst-topic=own-schema', file];

  const unreachable = await runCommand([...create, '--registry', 'http://127.0.0.1:9']);
  expect(unreachable.code).toBe(3);
  expect(unreachable.stderr).toMatch(/^rubin-alert-sim: the schema registry at .* cannot be reached .*\n$/);
  // Nothing was changed: the topic does not exist yet.
  expect(await runCommand(create)).toMatchObject({ code: 0, stderr: '' });
  const registered = await ask('/subjects/own-schema-value/versions/latest');
  expect(registered).toMatchObject({ id: 20_001, version: 1 });
  const printed = await runCommand(['print-stream', '-B', bootstrap, '--src-topic=own-schema', '--count=1']);
  expect(printed.stdout).toMatch(/ {2}id=42 {2}/);
  const registry = `http://localhost:${ports[1] ?? 0}`;
  const reading = ['--broker', bootstrap, '--topic=own-schema', '--count=1', '--registry', registry];
  const script = join(installationFolder, 'examples', 'consumer.mjs');
  expect((await run(process.execPath, [script, ...reading])).stdout).toMatch(/^id=42 /);
}, 60_000);

it('a registry runs beside the broker, comes back after a kill, and never stops the broker', async () => {
  const started = await up();
  expect(started, started.stderr).toMatchObject({ code: 0 });
  const pid = registryPid(started.stdout);
  expect(await ask('/subjects/alert-packet/versions/1000')).toMatchObject({ id: 1000, version: 1000 });
  expect(await ask('/subjects/own-value/versions', { schema: '"string"' })).toEqual({ id: 20_002 });
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
