import type rdkafka from 'node-rdkafka';
import { AlertSimError, messageOf, twoSentences } from '../errors.js';
import { kafkaLibrary } from './library.js';
import { connectionError, isKafkaError, kafkaErrors } from './kafkaErrors.js';

/** Common to node-rdkafka's producers and consumers. */
export type AnyClient = rdkafka.Client<rdkafka.KafkaClientEvents>;

/**
 * How long a failing connection is retried after its first error. `localhost` has two addresses, ::1 and
 * 127.0.0.1; librdkafka reports the first failure before it tries the second.
 */
const graceMs = 2500;

const servingMs = 50;

/** A lookup delays the end of the process until it is over: the first ones are short. */
const firstLookupMs = 250;
const longestLookupMs = 4000;

/**
 * Makes a client, not yet connected, with a clear sentence for properties that librdkafka does not know.
 *
 * @throws `BAD_USAGE` for an unknown property or an illegal value
 */
export function makeClient<Client>(make: () => Client): Client {
  try {
    return make();
  } catch (thrown) {
    throw thrown instanceof AlertSimError ? thrown : settingsError(thrown);
  }
}

/**
 * Connects a client: resolves when a broker has answered.
 *
 * @param topic - a topic that will be used: its leaders are looked up already, so that the first message does
 * not wait for that
 * @throws `BROKER_UNREACHABLE` or `BROKER_REFUSED` with the reason that librdkafka gave
 */
export async function connect(
  client: AnyClient,
  bootstrap: string,
  timeoutMs: number,
  topic = '',
): Promise<void> {
  const reasons: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    let settled = false;
    let grace: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => {
      settle(connectionError(bootstrap, reasons, timeoutMs / 1000));
    }, timeoutMs);
    const onError = (reason: unknown): void => {
      reasons.push(reason);
      if (isKafkaError(reason) && isFinal(reason.code)) settle(connectionError(bootstrap, reasons, 0));
      grace ??= setTimeout(() => {
        settle(connectionError(bootstrap, reasons, graceMs / 1000));
      }, graceMs);
    };
    const settle = (error?: Error): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      clearTimeout(grace);
      clearInterval(serving);
      client.removeListener('event.error', onError);
      // An 'event.error' without a listener would be thrown.
      client.on('event.error', () => undefined);
      if (error === undefined) resolve();
      // The client stays behind in its connecting state, until its last lookup ends.
      else reject(error);
    };
    client.on('event.error', onError);
    // Error events come out of librdkafka only when its queue is served; consumers have no poll of their own.
    const serving = setInterval(() => {
      if (client instanceof kafkaLibrary().Producer && client.isConnected()) client.poll();
    }, servingMs);
    let asked = false;
    lookUpInSlices(client, timeoutMs, () => {
      asked = true;
      return settled ? 'settled' : reasons.length > 0 ? 'failing' : 'waiting';
    });
    // Without a topic, this asks for the brokers alone.
    client.connect({ topic, allTopics: false, timeout: timeoutMs }, (error) => {
      // node-rdkafka types the error as always present.
      const failed = error as typeof error | null | undefined;
      if (failed === null || failed === undefined) settle();
      // It failed before it asked a broker: with TLS files that hold no key or certificate, for example.
      else if (!asked) settle(settingsError(failed));
      else settle(connectionError(bootstrap, [...reasons, failed], timeoutMs / 1000));
    });
  });
}

/**
 * Lets the client ask for metadata in ever longer slices instead of once for the whole time. Each blocks a
 * thread of the pool, and the process cannot end before its threads do.
 */
function lookUpInSlices(
  client: AnyClient,
  timeoutMs: number,
  state: () => 'waiting' | 'failing' | 'settled',
): void {
  const lookUp = client.getMetadata.bind(client);
  const deadlineMs = performance.now() + timeoutMs;
  client.getMetadata = (options, done) => {
    const slice = (longMs: number): void => {
      const sliceMs = state() === 'failing' ? firstLookupMs : longMs;
      const leftMs = Math.max(1, Math.round(deadlineMs - performance.now()));
      lookUp({ ...options, timeout: Math.min(sliceMs, leftMs) }, (error, metadata) => {
        // node-rdkafka types the error as always present.
        const failed = (error as typeof error | null | undefined) ?? undefined;
        const goOn = state() !== 'settled' && performance.now() < deadlineMs;
        if (failed !== undefined && isPassing(failed.code) && goOn) {
          slice(Math.min(2 * longMs, longestLookupMs));
        } else {
          Reflect.deleteProperty(client, 'getMetadata');
          done?.(error, metadata);
        }
      });
    };
    slice(firstLookupMs);
  };
}

/**
 * Disconnects a client, and waits for it for a limited time.
 *
 * @param timeoutMs - the process may end without it
 */
export async function disconnect(client: AnyClient, timeoutMs = 5000): Promise<void> {
  if (!client.isConnected()) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    // The producer's own disconnect would flush once more, for up to five seconds: callers have flushed.
    if (client instanceof kafkaLibrary().Producer) {
      (client as unknown as { _disconnect: (done: () => void) => void })._disconnect(done);
    } else client.disconnect(done);
  });
}

function settingsError(cause: unknown): AlertSimError {
  return new AlertSimError(
    'BAD_USAGE',
    twoSentences(
      `the Kafka client rejects its settings: ${messageOf(cause)}`,
      "The names are librdkafka's: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md",
    ),
    cause,
  );
}

/** No broker has answered within the slice: the next one may bring the answer. */
function isPassing(code: number): boolean {
  return code === kafkaErrors.transport || code === kafkaErrors.timedOut;
}

/** A wrong password or a wrong certificate does not get better by trying again. */
function isFinal(code: number): boolean {
  return (
    code === kafkaErrors.authentication ||
    code === kafkaErrors.ssl ||
    code === kafkaErrors.saslAuthenticationFailed
  );
}
