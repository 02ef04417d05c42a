import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/broker/ports.js';
import { probeBroker, servesClients } from '../../src/broker/probe.js';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

describe('probeBroker', () => {
  it('reads brokers and controller from answers that arrive in pieces', async () => {
    const port = await answering(metadata([1, 7], 7));
    expect(await probeBroker(port)).toEqual({ brokerIds: [1, 7], controllerId: 7 });
  });

  it('reads that a broker is not registered yet', async () => {
    const answer = await probeBroker(await answering(metadata([], -1)));
    expect(servesClients(answer)).toBe(false);
  });

  it('does not take another server for a broker', async () => {
    const port = await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(probeBroker(port, 100)).rejects.toThrow(/no answer|does not answer like a Kafka broker/);
  });

  it('does not take an answer to another request for its own', async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(Buffer.concat([int32(12), int32(1), int32(0), int32(-1)]));
    });
    await expect(probeBroker(await listening(server))).rejects.toThrow('does not answer like a Kafka broker');
  });

  it('says when the connection is closed without an answer', async () => {
    server = createServer((socket) => socket.end());
    await expect(probeBroker(await listening(server))).rejects.toThrow('the connection was closed');
  });

  it('says when nobody listens', async () => {
    const [port = 0] = await freePorts(1);
    await expect(probeBroker(port)).rejects.toThrow('ECONNREFUSED');
  });
});

function metadata(brokerIds: readonly number[], controllerId: number): Buffer {
  const brokers = brokerIds.map((id) =>
    Buffer.concat([int32(id), Buffer.from([0, 2]), Buffer.from('ab'), int32(9092), Buffer.from([255, 255])]),
  );
  return Buffer.concat([int32(brokers.length), ...brokers, int32(controllerId), int32(0)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A server that answers a request in two pieces; with the request's correlation id, as a broker does. */
async function answering(answer: Buffer): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      const frame = Buffer.concat([int32(4 + answer.length), request.subarray(8, 12), answer]);
      const whole = answer.includes('HTTP') ? answer : frame;
      socket.write(whole.subarray(0, 5));
      setImmediate(() => socket.write(whole.subarray(5)));
    });
  });
  return listening(server);
}

async function listening(of: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    of.listen(0, '127.0.0.1', resolve);
  });
  return (of.address() as AddressInfo).port;
}
