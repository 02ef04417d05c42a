import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { AlertSimError } from '../errors.js';
import { fileReason } from '../fileErrors.js';
import { makeFolders } from '../makeFolders.js';
import { replaceFile } from '../replaceFile.js';
import { installationFolder } from '../version.js';
import type { BrokerRecord } from './brokerRecord.js';
import { cacheFolder } from './cacheFolder.js';
import { pause } from './interruption.js';
import { localPorts } from './ownBroker.js';
import { requireFreePort } from './ports.js';
import { identify, isAlive, type ProcessIdentity } from './processIdentity.js';
import { withLock } from './processLock.js';
import { statePaths } from './statePaths.js';
import { stopProcess } from './stopProcess.js';

/** The port of a schema registry where nothing else is said, as everywhere. */
export const defaultRegistryPort = 8081;

/** The registry's process beside a local broker. */
export interface RegistryRecord extends ProcessIdentity {
  readonly url: string;
  readonly port: number;
  /** First listeners of the brokers that it stands beside. */
  readonly brokerPorts: readonly number[];
}

/** The registry of a local broker. */
export type RegistryPresence =
  /** None was started. */
  | { readonly kind: 'absent' }
  /** It ended without having been stopped. */
  | { readonly kind: 'died'; readonly record: RegistryRecord }
  | { readonly kind: 'running'; readonly record: RegistryRecord };

export type StartedRegistry =
  | { readonly kind: 'running'; readonly record: RegistryRecord; readonly startedNow: boolean }
  /** With a reason, as a sentence without a full stop. */
  | { readonly kind: 'not started'; readonly reason: string };

const recordSchema = z.object({
  pid: z.int().positive(),
  processStart: z.string(),
  url: z.string(),
  port: z.int(),
  brokerPorts: z.array(z.int()),
});

/** How long a registry may take until it answers: Node on a busy machine. */
const startMs = 30_000;
const pollMs = 50;
const stopMs = 5000;

/** Finds the registry beside a local broker. */
export async function findRegistry(stateFolder: string): Promise<RegistryPresence> {
  const record = await readRecord(recordFile(stateFolder));
  if (record === undefined) return { kind: 'absent' };
  return { kind: (await isAlive(record)) ? 'running' : 'died', record };
}

/**
 * Starts a registry beside a local broker, as a process that outlives this one, or finds that it runs already.
 * A registry that cannot be started stops nothing: a broker is useful without.
 *
 * @param port - on 127.0.0.1
 * @throws `SERVICE_UNAVAILABLE` when another process starts or stops this broker for minutes, `INTERRUPTED`
 */
export async function startRegistry(
  broker: BrokerRecord,
  stateFolder: string,
  port: number,
  signal?: AbortSignal,
): Promise<StartedRegistry> {
  const purpose = 'starting or stopping this broker';
  return withLock(statePaths(stateFolder).lock, { signal, purpose }, async () => {
    const presence = await findRegistry(stateFolder);
    if (presence.kind === 'running') return { ...presence, startedNow: false };
    try {
      await requireFreePort(port, 'the registry', "--registry-port, or 'none'");
    } catch (thrown) {
      if (thrown instanceof AlertSimError) return { kind: 'not started', reason: thrown.message };
      throw thrown;
    }
    try {
      return await startProcess(broker, stateFolder, port, signal);
    } catch (thrown) {
      const reason = fileReason(thrown);
      if (reason === undefined) throw thrown;
      return { kind: 'not started', reason: `${registryFolder(stateFolder)} cannot be written: ${reason}` };
    }
  });
}

async function startProcess(
  broker: BrokerRecord,
  stateFolder: string,
  port: number,
  signal: AbortSignal | undefined,
): Promise<StartedRegistry> {
  const url = `http://localhost:${port}`;
  await makeFolders(registryFolder(stateFolder));
  const identity = await spawnRegistry(stateFolder, port);
  const log = registryLog(stateFolder);
  if (identity === undefined) return { kind: 'not started', reason: `it ended at once; its log is ${log}` };
  const brokerPorts = broker.nodes.flatMap(({ kind, ports }) => (kind === 'broker' ? ports : []));
  const record: RegistryRecord = { ...identity, url, port, brokerPorts };
  await writeJson(recordFile(stateFolder), record).catch(async (thrown: unknown) => {
    await stopProcess(identity, stopMs);
    throw thrown;
  });
  const endMs = performance.now() + startMs;
  while (signal?.aborted !== true && performance.now() < endMs && (await isAlive(identity))) {
    if (await answers(port)) {
      for (const brokerPort of brokerPorts) await writeJson(addressFile(brokerPort), record);
      return { kind: 'running', record, startedNow: true };
    }
    await pause(pollMs, signal);
  }
  const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? '';
  await stopProcess(identity, stopMs);
  await rm(recordFile(stateFolder), { force: true });
  return {
    kind: 'not started',
    reason: said === '' ? 'it did not answer' : said.replace('rubin-alert-sim: ', ''),
  };
}

/**
 * Stops the registry beside a local broker and removes its files.
 *
 * @param keepData - leaves the registered schemas for the next start
 * @returns its number, or undefined where none ran
 */
export async function stopRegistry(stateFolder: string, keepData: boolean): Promise<number | undefined> {
  const presence = await findRegistry(stateFolder);
  if (presence.kind === 'running') await stopProcess(presence.record, stopMs);
  if (presence.kind !== 'absent') await forgetAddresses(presence.record);
  await rm(recordFile(stateFolder), { force: true });
  await rm(registryLog(stateFolder), { force: true });
  if (!keepData) await rm(registryFolder(stateFolder), { recursive: true, force: true });
  return presence.kind === 'running' ? presence.record.pid : undefined;
}

/**
 * The address of the registry beside a broker of this machine; undefined where there is none, or the broker is
 * elsewhere.
 *
 * @param bootstrap - `host:port`, or several with commas between
 */
export async function registryBeside(bootstrap: string): Promise<string | undefined> {
  const [port] = localPorts(bootstrap) ?? [];
  const record = port === undefined ? undefined : await readRecord(addressFile(port));
  return record !== undefined && (await isAlive(record)) ? record.url : undefined;
}

async function spawnRegistry(stateFolder: string, port: number): Promise<ProcessIdentity | undefined> {
  const log = openSync(registryLog(stateFolder), 'w');
  try {
    // Its own program: the compiled one, even for a test that runs the sources.
    const script = join(installationFolder, 'dist', 'src', 'cli', 'main.js');
    const words = ['registry', '--port', String(port), '--data', registryFolder(stateFolder)];
    const child = spawn(process.execPath, [script, ...words], {
      // A session of its own: Ctrl-C in this terminal and the terminal's end do not reach it.
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    const pid = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        resolve(child.pid);
      });
    });
    return pid === undefined ? undefined : await identify(pid);
  } finally {
    closeSync(log);
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, { headersTimeout: 2000 });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

/** Only where they are this registry's: another broker may have the port by now. */
async function forgetAddresses({ brokerPorts, pid }: RegistryRecord): Promise<void> {
  for (const port of brokerPorts) {
    const file = addressFile(port);
    if ((await readRecord(file))?.pid === pid) await rm(file, { force: true });
  }
}

async function readRecord(file: string): Promise<RegistryRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Missing, or damaged: as if none had been started.
    return undefined;
  }
}

async function writeJson(file: string, record: RegistryRecord): Promise<void> {
  await makeFolders(dirname(file));
  await replaceFile(file, `${JSON.stringify(record)}\n`);
}

function registryFolder(stateFolder: string): string {
  return join(stateFolder, 'registry');
}

function recordFile(stateFolder: string): string {
  return join(registryFolder(stateFolder), 'process.json');
}

/** What the registry's process printed. */
export function registryLog(stateFolder: string): string {
  return join(registryFolder(stateFolder), 'registry.log');
}

/** For commands that know the broker's address only: the state folder may be anywhere. */
function addressFile(brokerPort: number): string {
  return join(cacheFolder(), 'registries', `${brokerPort}.json`);
}
