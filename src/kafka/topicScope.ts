import type { ClientProperties } from './settings.js';

/**
 * The properties that librdkafka keeps with the topic, under all their names, unless they are among the
 * client's own too. Source: "Topic configuration properties" of CONFIGURATION.md of librdkafka 2.12.0.
 */
const topicProperties: ReadonlySet<string> = new Set([
  'acks',
  'request.required.acks',
  'request.timeout.ms',
  'message.timeout.ms',
  'delivery.timeout.ms',
  'queuing.strategy',
  'partitioner',
  'compression.level',
  'auto.offset.reset',
  'consume.callback.max.messages',
]);

/**
 * Splits properties into those of the client and those of its topics, for the two arguments of a client's
 * constructor.
 *
 * librdkafka itself takes all of them at the client. But the binding always sets a default for topics
 * besides, and that one wins: `acks` or `auto.offset.reset` given at the client would be ignored without a
 * word.
 */
export function byScope(
  properties: ClientProperties,
): [client: Record<string, string | number | boolean>, topic: Record<string, string | number | boolean>] {
  const entries = Object.entries(properties);
  return [
    Object.fromEntries(entries.filter(([name]) => !topicProperties.has(name))),
    Object.fromEntries(entries.filter(([name]) => topicProperties.has(name))),
  ];
}
