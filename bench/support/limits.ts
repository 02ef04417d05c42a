import { once } from 'node:events';
import { open, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const chunkBytes = 1 << 20;

/** What the machine itself can do: no benchmark is faster. */
export interface MachineLimits {
  /** One thread copying memory that fits in no cache. */
  readonly memoryCopyMBps: number;
  /**
   * One TCP connection over the loopback, from one thread of Node to another; several connections carry more.
   */
  readonly loopbackMBps: number;
  /** Writing a file into the system's cache: what a broker waits for. */
  readonly diskCacheMBps: number;
  /** The same until it is on the disk: what can be sustained. */
  readonly diskMBps: number;
}

/**
 * Measures the machine at this moment.
 *
 * @param megabytes - how much is copied, sent and written
 */
export async function machineLimits(megabytes: number): Promise<MachineLimits> {
  return {
    memoryCopyMBps: copyRate(megabytes * 4),
    loopbackMBps: await loopbackRate(megabytes),
    ...(await diskRates(megabytes)),
  };
}

function copyRate(megabytes: number): number {
  const from = Buffer.alloc(64 * chunkBytes, 1);
  const to = Buffer.alloc(64 * chunkBytes, 2);
  const startMs = performance.now();
  for (let copied = 0; copied < megabytes; copied += 64) from.copy(to);
  return perSecond(Math.ceil(megabytes / 64) * 64, startMs);
}

async function loopbackRate(megabytes: number): Promise<number> {
  const worker = new Worker(senderText, { eval: true, workerData: { megabytes, chunkBytes } });
  const [port] = (await once(worker, 'message')) as [number];
  const buffer = Buffer.alloc(chunkBytes);
  const startMs = performance.now();
  // The bytes arrive in the same memory again and again: nothing is allocated for them.
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback: () => true } });
  await once(socket, 'end');
  const rate = perSecond(megabytes, startMs);
  socket.destroy();
  await worker.terminate();
  return rate;
}

/** The other end, in a thread of its own. */
const senderText = `
const { once } = require('node:events');
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const chunk = Buffer.alloc(workerData.chunkBytes, 1);
const server = createServer(async (socket) => {
  for (let sent = 0; sent < workerData.megabytes; sent += 1) if (!socket.write(chunk)) await once(socket, 'drain');
  socket.end();
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

async function diskRates(megabytes: number): Promise<Pick<MachineLimits, 'diskCacheMBps' | 'diskMBps'>> {
  const path = join(tmpdir(), `rubin-alert-sim-disk-${process.pid}`);
  const chunk = Buffer.alloc(chunkBytes, 1);
  const file = await open(path, 'w');
  try {
    const startMs = performance.now();
    for (let written = 0; written < megabytes; written += 1) await file.write(chunk);
    const diskCacheMBps = perSecond(megabytes, startMs);
    await file.datasync();
    return { diskCacheMBps, diskMBps: perSecond(megabytes, startMs) };
  } finally {
    await file.close();
    await unlink(path);
  }
}

function perSecond(mebibytes: number, startMs: number): number {
  return Math.round((mebibytes * chunkBytes) / 1e6 / ((performance.now() - startMs) / 1000));
}
