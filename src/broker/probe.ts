import { connect } from 'node:net';
import { brokerHost } from './brokerConfig.js';

export interface BrokerAnswer {
  /** Brokers that the cluster counts as alive. */
  readonly brokerIds: readonly number[];
  /** -1 where there is none. */
  readonly controllerId: number;
}

/**
 * Asks a broker, over one connection without security, who is in its cluster.
 *
 * @param port - on 127.0.0.1
 * @param timeoutMs - for the whole exchange
 * @throws an error with the reason when nothing listens, or something else than a Kafka broker answers
 */
export async function probeBroker(port: number, timeoutMs = 2000): Promise<BrokerAnswer> {
  return readMetadata(await answerOn(port, timeoutMs, metadataRequest));
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
  await answerOn(port, timeoutMs, undefined);
}

/** Sends a request and resolves with the answer's frame, without its length; without a request, as soon as connected. */
async function answerOn(port: number, timeoutMs: number, request: Buffer | undefined): Promise<Buffer> {
  const socket = connect({ host: brokerHost, port });
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const fail = (reason: string): void => {
        reject(new Error(`${brokerHost}:${port}: ${reason}`));
      };
      let received = Buffer.alloc(0);
      socket.on('data', (data) => {
        received = Buffer.concat([received, data]);
        if (received.length < 4) return;
        const end = 4 + received.readInt32BE(0);
        if (received.length >= end) resolve(received.subarray(4, end));
      });
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
        if (request === undefined) resolve(received);
        else socket.write(request);
      });
    });
  } finally {
    socket.destroy();
  }
}

const correlationId = 0x616c7274;

/**
 * The frame of the request for the cluster's brokers and controller, with no topics (a null list would ask for all).
 * Version 1 is the first with a controller. Source: https://kafka.apache.org/41/design/protocol/
 */
const metadataRequest = ((): Buffer => {
  const clientId = Buffer.from('rubin-alert-sim');
  const noTopics = Buffer.from([0, 0, 0, 0]);
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + clientId.length + noTopics.length, 0);
  head.writeInt16BE(3, 4);
  head.writeInt16BE(1, 6);
  head.writeInt32BE(correlationId, 8);
  head.writeInt16BE(clientId.length, 12);
  return Buffer.concat([head, clientId, noTopics]);
})();

function readMetadata(frame: Buffer): BrokerAnswer {
  try {
    const count = frame.readInt32BE(4);
    if (frame.readInt32BE(0) !== correlationId || count < 0 || count > 10_000)
      throw new Error('not our answer');
    let at = 8;
    const skipText = (): void => {
      // A length of -1 is null.
      at += 2 + Math.max(0, frame.readInt16BE(at));
    };
    const brokerIds = Array.from({ length: count }, () => {
      const id = frame.readInt32BE(at);
      at += 4;
      skipText(); // host
      at += 4; // port
      skipText(); // rack
      return id;
    });
    return { brokerIds, controllerId: frame.readInt32BE(at) };
  } catch (cause) {
    throw new Error('what listens there does not answer like a Kafka broker', { cause });
  }
}
