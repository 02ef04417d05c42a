export interface BrokerAnswer {
  /** Brokers that the cluster counts as alive. */
  readonly brokerIds: readonly number[];
  /** -1 where there is none. */
  readonly controllerId: number;
}

/**
 * The frame of the request that every Kafka client sends first: which requests does the broker know? Version
 * 0, which every broker answers. Source: https://kafka.apache.org/41/design/protocol/
 *
 * @param correlationId - comes back with the answer
 */
export function apiVersionsRequest(correlationId: number): Buffer {
  return request(18, 0, correlationId, Buffer.alloc(0));
}

/**
 * The frame of the request for the cluster's brokers and controller, with no topics. Version 1, the first
 * with a controller.
 *
 * @param correlationId - comes back with the answer
 */
export function metadataRequest(correlationId: number): Buffer {
  // An empty list asks for no topic; a null list would ask for all.
  return request(3, 1, correlationId, Buffer.from([0, 0, 0, 0]));
}

/**
 * Parses the answer to {@link apiVersionsRequest}: how many requests the broker knows.
 *
 * @param frame - without its length
 * @throws an error when this is not the answer of a Kafka broker
 */
export function readApiVersions(frame: Buffer): number {
  return notKafka(() => {
    const errorCode = frame.readInt16BE(4);
    if (errorCode !== 0) throw new Error(`error ${errorCode}`);
    const count = frame.readInt32BE(6);
    // Each is three numbers of two bytes: the request's key, its oldest and its newest version.
    if (count < 1 || frame.length !== 10 + count * 6) throw new Error(`${count} requests`);
    return count;
  });
}

/**
 * Parses the answer to {@link metadataRequest}.
 *
 * @param frame - without its length
 * @throws an error when this is not the answer of a Kafka broker
 */
export function readMetadata(frame: Buffer): BrokerAnswer {
  return notKafka(() => {
    let at = 8;
    const text = (): void => {
      // A length of -1 is null.
      at += 2 + Math.max(0, frame.readInt16BE(at));
    };
    const brokerIds = Array.from({ length: count(frame.readInt32BE(4)) }, () => {
      const id = frame.readInt32BE(at);
      at += 4;
      text(); // host
      at += 4; // port
      text(); // rack
      return id;
    });
    return { brokerIds, controllerId: frame.readInt32BE(at) };
  });
}

function request(key: number, version: number, correlationId: number, body: Buffer): Buffer {
  const clientId = Buffer.from('rubin-alert-sim');
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + clientId.length + body.length, 0);
  head.writeInt16BE(key, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(correlationId, 8);
  head.writeInt16BE(clientId.length, 12);
  return Buffer.concat([head, clientId, body]);
}

function count(value: number): number {
  if (value < 0 || value > 10_000) throw new Error(`${value} brokers`);
  return value;
}

function notKafka<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error('what listens there does not answer like a Kafka broker', { cause });
  }
}
