import { connect, disconnect, makeClient } from './connect.js';
import { joinError } from './kafkaErrors.js';
import { kafkaLibrary } from './library.js';
import { consumerSettings, type ConnectionOptions } from './settings.js';
import { byScope } from './topicScope.js';

/**
 * Sets the offsets where a consumer group begins to read, before it has members.
 *
 * @param offsets - the first offset to read of each partition, in their order
 * @param timeoutMs - per step
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function commitOffsets(
  options: ConnectionOptions,
  group: string,
  topic: string,
  offsets: readonly number[],
  timeoutMs: number,
): Promise<void> {
  const settings = { ...consumerSettings(options), 'group.id': group, 'enable.auto.commit': false };
  const client = makeClient(() => new (kafkaLibrary().KafkaConsumer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  try {
    client.commitSync(offsets.map((offset, partition) => ({ topic, partition, offset })));
  } catch (thrown) {
    throw joinError(group, thrown);
  } finally {
    await disconnect(client);
  }
}
