import { connect } from 'node:net';
import { brokerHost } from './brokerConfig.js';
import {
  apiVersionsRequest,
  metadataRequest,
  readApiVersions,
  readMetadata,
  type BrokerAnswer,
} from './probeWire.js';

/**
 * Asks a broker, over one connection without security, which requests it knows and who is in its cluster.
 *
 * @param port - on 127.0.0.1
 * @param timeoutMs - for the whole exchange
 * @throws an error with the reason when nothing listens, or something else than a Kafka broker answers
 */
export async function probeBroker(port: number, timeoutMs = 2000): Promise<BrokerAnswer> {
  return onConnection(port, timeoutMs, async (exchange) => {
    readApiVersions(await exchange(apiVersionsRequest(1)));
    return readMetadata(await exchange(metadataRequest(2)));
  });
}

/** Whether a broker's answer means that clients can work: it is registered, and there is a controller. */
export function servesClients(answer: BrokerAnswer): boolean {
  return answer.brokerIds.length > 0 && answer.controllerId >= 0;
}

/**
 * Whether something accepts connections on a port of 127.0.0.1.
 *
 * @throws an error with the reason when nothing does
 */
export async function acceptsConnections(port: number, timeoutMs = 2000): Promise<void> {
  await onConnection(port, timeoutMs, () => Promise.resolve());
}

/** Sends a request and resolves with the answer's bytes, without the length before them. */
type Exchange = (request: Buffer) => Promise<Buffer>;

async function onConnection<T>(
  port: number,
  timeoutMs: number,
  work: (exchange: Exchange) => Promise<T>,
): Promise<T> {
  const socket = connect({ host: brokerHost, port });
  let answered: ((frame: Buffer) => void) | undefined;
  let received = Buffer.alloc(0);
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    if (received.length < 4) return;
    const end = 4 + received.readInt32BE(0);
    if (received.length < end) return;
    answered?.(received.subarray(4, end));
    received = received.subarray(end);
  });
  try {
    return await new Promise<T>((resolve, reject) => {
      const exchange: Exchange = (request) =>
        new Promise((answer) => {
          answered = answer;
          socket.write(request);
        });
      const fail = (reason: string): void => {
        reject(new Error(`${brokerHost}:${port}: ${reason}`));
      };
      socket.setTimeout(timeoutMs, () => {
        fail(`no answer within ${timeoutMs / 1000} s`);
      });
      socket.on('error', (error) => {
        fail(error.message);
      });
      socket.on('close', () => {
        fail('the connection was closed');
      });
      socket.on('connect', () => {
        work(exchange).then(resolve, reject);
      });
    });
  } finally {
    socket.destroy();
  }
}
