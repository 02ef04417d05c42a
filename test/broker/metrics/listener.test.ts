import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { listenerOf, listeningInodes } from '../../../src/broker/metrics/listener.js';
import { freePorts } from '../../../src/broker/ports.js';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:244C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21313 1 0000000 100 0 0 10 0
   1: 0100007F:244C 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000     0        0 21999 1 0000000 20 4 30 10 -1
   2: 0100007F:D2F0 0100007F:244C 01 00000000:00000000 00:00000000 00000000     0        0 22000 1 0000000 20 4 30 10 -1
   3: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0000000 100 0 0 10 0`;

it.each<[string, number, string[]]>([
  ['who listens, and not who is connected', 9292, ['21313']],
  ['a port of few digits', 80, ['111']],
  ['nobody', 9293, []],
])('the table of connections tells %s', (_, port, inodes) => {
  expect(listeningInodes(table, port)).toEqual(inodes);
});

it.runIf(process.platform === 'linux')('finds the process that listens, until it does no more', async () => {
  const [port = 0] = await freePorts(1);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await listenerOf(port)).toBe(process.pid);
  await new Promise((resolve) => server.close(resolve));
  expect(await listenerOf(port)).toBeUndefined();
});
