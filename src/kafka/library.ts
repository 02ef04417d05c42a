import { createRequire } from 'node:module';
import type rdkafka from 'node-rdkafka';
import { AlertSimError, messageOf } from '../errors.js';
import { installationFolder, isClone } from '../version.js';

const load = createRequire(import.meta.url);

let library: typeof rdkafka | undefined;

/**
 * The native Kafka client, loaded by whoever first needs it: commands without a broker work without it.
 *
 * @throws `MISSING_PREREQUISITE` with the command that fixes it when it does not load, or lacks our patches
 */
export function kafkaLibrary(): typeof rdkafka {
  library ??= patched(requireLibrary('node-rdkafka') as typeof rdkafka);
  return library;
}

/**
 * Checks that a client has our patches (docs/adr/0001-patched-binding.md).
 *
 * @throws `MISSING_PREREQUISITE` for one that lacks any of them
 */
export function patched(client: typeof rdkafka): typeof rdkafka {
  const { Producer, KafkaConsumer } = client;
  const isPatched =
    'setDeliveryBatching' in Producer.prototype &&
    'produceRows' in Producer.prototype &&
    'consumeRows' in KafkaConsumer.prototype;
  if (isPatched) return client;
  throw new AlertSimError(
    'MISSING_PREREQUISITE',
    `the Kafka client was built without our patches. ${repair()}`,
  );
}

/**
 * One of node-rdkafka's modules.
 *
 * @throws `MISSING_PREREQUISITE` with the command that fixes it when the native client does not load
 */
export function requireLibrary(name: 'node-rdkafka' | 'node-rdkafka/lib/error'): unknown {
  try {
    return load(name);
  } catch (cause) {
    throw new AlertSimError(
      'MISSING_PREREQUISITE',
      `the Kafka client does not load with Node ${process.versions.node}: ${loadFailure(messageOf(cause))}. ${repair()}`,
      cause,
    );
  }
}

/**
 * Why a native module did not load, as half a sentence without the advice and the stacks that Node and its
 * loader add.
 */
export function loadFailure(message: string): string {
  const [reason = ''] = message.replace(/\s*\n\s*/g, ' ').split(/ Please try | Require stack:| Tried: /);
  return reason.replace(/[.:]$/, '');
}

function repair(): string {
  return isClone ? `Run npm run build in ${installationFolder}` : 'rubin-alert-sim doctor shows what fits';
}

/** The version of librdkafka: `2.12.0`. */
export function clientVersion(): string {
  return kafkaLibrary().librdkafkaVersion;
}
