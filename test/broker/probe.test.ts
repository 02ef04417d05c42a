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
    const port = await answering([apiVersions, metadata([1, 7], 7)]);
    expect(await probeBroker(port)).toEqual({ brokerIds: [1, 7], controllerId: 7 });
  });

  it('reads that a broker is not registered yet', async () => {
    const answer = await probeBroker(await answering([apiVersions, metadata([], -1)]));
    expect(servesClients(answer)).toBe(false);
  });

  it('does not take another server for a broker', async () => {
    const port = await answering([Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]);
    await expect(probeBroker(port, 100)).rejects.toThrow(/no answer|does not answer like a Kafka broker/);
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

const apiVersions = frame(1, Buffer.from([0, 0, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4]));

function metadata(brokerIds: readonly number[], controllerId: number): Buffer {
  const brokers = brokerIds.map((id) =>
    Buffer.concat([int32(id), Buffer.from([0, 2]), Buffer.from('ab'), int32(9092), Buffer.from([255, 255])]),
  );
  return frame(2, Buffer.concat([int32(brokers.length), ...brokers, int32(controllerId), int32(0)]));
}

function frame(correlationId: number, body: Buffer): Buffer {
  return Buffer.concat([int32(4 + body.length), int32(correlationId), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A server that gives one answer to each request, in two pieces. */
async function answering(answers: readonly Buffer[]): Promise<number> {
  server = createServer((socket) => {
    const queue = [...answers];
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const answer = queue.shift() ?? Buffer.alloc(0);
      socket.write(answer.subarray(0, 5));
      setImmediate(() => socket.write(answer.subarray(5)));
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
