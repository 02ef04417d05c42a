import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../broker/localRegistry.js';
import { freePorts } from '../broker/ports.js';
import { startBroker } from '../broker/startBroker.js';
import { stopBroker } from '../broker/stop.js';
import { startGuard } from '../consumers/guard.js';
import { AlertSimError } from '../errors.js';
import type { CommandContext } from './context.js';

/** A local broker that lives as long as a command, with a schema registry beside it. */
export interface TemporaryKafka {
  /** `localhost:port`. */
  readonly bootstrap: string;
  readonly kafkaVersion: string;
  /** Undefined where none was asked for. */
  readonly registryUrl: string | undefined;
  /** Stops both and removes what they wrote. */
  readonly stop: () => Promise<void>;
}

export interface TemporaryKafkaOptions {
  /** Undefined for a free one. */
  readonly port: number | undefined;
  /** `none` for no registry, undefined for a free one. */
  readonly registryPort: number | 'none' | undefined;
}

/** It is not what is measured, and lives for a minute: it is to start quickly. */
const quickJvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const graceMs = 10_000;

/**
 * Starts a broker and a registry. Should this program be killed, they end with it.
 *
 * @throws as `startBroker`; `SERVICE_UNAVAILABLE` where the registry does not start
 */
export async function startTemporaryKafka(
  { port, registryPort }: TemporaryKafkaOptions,
  { log, progress, signal }: CommandContext,
): Promise<TemporaryKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'rubin-alert-sim-'));
  const guard = startGuard(folder);
  const stateFolder = join(folder, 'broker');
  const stop = async (): Promise<void> => {
    await stopBroker({ stateFolder, graceMs });
    await rm(folder, { recursive: true, force: true });
    guard.close();
  };
  try {
    const [freePort = 0, freeRegistryPort = 0] = await freePorts(2);
    const { record, paths } = await startBroker(
      { stateFolder, listeners: [{ port: port ?? freePort }], jmxPort: 'none', jvmOptions: quickJvm },
      { log, progress, signal },
    );
    guard.watch(record.pid);
    const { bootstrap, version: kafkaVersion } = record;
    if (registryPort === 'none') return { bootstrap, kafkaVersion, registryUrl: undefined, stop };
    const registry = await startRegistry(record, paths.folder, registryPort ?? freeRegistryPort, signal);
    if (registry.kind === 'not started') {
      throw signal.aborted
        ? new AlertSimError('INTERRUPTED', 'interrupted: nothing was sent')
        : new AlertSimError('SERVICE_UNAVAILABLE', `the schema registry did not start: ${registry.reason}`);
    }
    guard.watch(registry.record.pid);
    return { bootstrap, kafkaVersion, registryUrl: registry.record.url, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
