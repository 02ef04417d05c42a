import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { AlertSimError } from '../errors.js';
import { purposes, seededRandom } from '../random.js';

/** Serves the API until it is closed. */
export interface RegistryServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/**
 * Listens on a port.
 *
 * @param port - 0 for a free one
 * @throws `BAD_USAGE` for a port in use, or an address that is not this machine's
 */
export async function serveRegistry(api: Hono, host: string, port: number): Promise<RegistryServer> {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve({ fetch: api.fetch, hostname: host, port }, () => {
      resolve(starting);
    }) as Server;
    starting.once('error', (thrown: NodeJS.ErrnoException) => {
      const reason =
        thrown.code === 'EADDRINUSE'
          ? 'is in use'
          : `cannot be listened on (${thrown.code ?? thrown.message})`;
      const fix = 'choose another with --port, or another address with --host';
      reject(
        new AlertSimError('BAD_USAGE', `port ${port} of ${host} for the registry ${reason}: ${fix}`, thrown),
      );
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        // Clients keep their connections open.
        server.closeAllConnections();
      }),
  };
}

/** Faults that a registry is to have, for a test of its clients. */
export interface RegistryFaults {
  /** Before each answer. */
  readonly delayMs: number;
  /** 0 to 1. */
  readonly failing: number;
  /** Equal seeds fail the same requests. */
  readonly seed: number;
}

/** What to do before each request; undefined for a registry without faults. */
export function disturbance({
  delayMs,
  failing,
  seed,
}: RegistryFaults): (() => Promise<'fails' | 'succeeds'>) | undefined {
  if (delayMs === 0 && failing === 0) return undefined;
  const random = seededRandom(seed, purposes.registryFailures);
  return async () => {
    const result = random() < failing ? 'fails' : 'succeeds';
    if (delayMs > 0) await wait(delayMs);
    return result;
  };
}
