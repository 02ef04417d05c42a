import type { MessageHeaders } from '../../../src/kafka/producer.js';
import type { ConnectionOptions } from '../../../src/kafka/settings.js';
import { openTopicReader, type StoredMessage } from '../../../src/kafka/topicReader.js';
import { openTopicAdmin, type TopicAdmin } from '../../../src/kafka/topics.js';
import { openMessageSender } from '../../../src/workers/messageSender.js';

const timeoutMs = 10_000;

/** Does something with an admin client, and closes it. */
export async function withAdmin<Result>(
  connection: ConnectionOptions,
  work: (admin: TopicAdmin) => Promise<Result>,
): Promise<Result> {
  const admin = await openTopicAdmin(connection, timeoutMs);
  return work(admin).finally(() => admin.close());
}

/** All messages of a topic, in the order of each partition. */
export async function topicContents(
  connection: ConnectionOptions,
  topic: string,
): Promise<readonly StoredMessage[]> {
  const watermarks = await withAdmin(connection, (admin) => admin.watermarks(topic));
  const total = watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
  const starts = watermarks.map(({ low }, partition) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, 64 * 1024 * 1024, timeoutMs);
  const messages: StoredMessage[] = [];
  const deadline = performance.now() + timeoutMs;
  while (messages.length < total) {
    messages.push(...(await reader.read(1000)));
    if (performance.now() > deadline) throw new Error(`${topic}: ${messages.length} of ${total} came`);
  }
  await reader.close();
  return messages;
}

/** A message to be sent as it is. */
export interface RawMessage {
  readonly partition?: number;
  readonly value: Buffer | null;
  readonly key?: Buffer | null;
  readonly headers?: MessageHeaders;
}

/** Makes a topic and sends messages to it. */
export async function writeTopic(
  connection: ConnectionOptions,
  topic: string,
  partitions: number,
  messages: Iterable<RawMessage>,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withAdmin(connection, (admin) => admin.create({ name: topic, partitions, replication: 1, config }));
  await sendTo(connection, topic, messages);
}

/** Sends messages to a topic that exists. */
export async function sendTo(
  connection: ConnectionOptions,
  topic: string,
  messages: Iterable<RawMessage>,
): Promise<void> {
  let failed = 0;
  const sender = await openMessageSender({
    ...{ connection, topic, timeoutMs },
    properties: { 'enable.idempotence': true, 'linger.ms': 5 },
    onDelivery: ({ error }) => {
      if (error !== 0) failed += 1;
    },
  });
  for (const { partition = 0, ...message } of messages)
    while (!sender.trySend(partition, message)) await turn(sender.poll);
  while (sender.inFlight > 0) await turn(sender.poll);
  await sender.close();
  if (failed > 0) throw new Error(`${failed} messages for ${topic} failed`);
}

/** The text of a header, or undefined. */
export function headerOf({ headers }: StoredMessage, name: string): string | undefined {
  return headers.find((header) => name in header)?.[name]?.toString();
}

async function turn(poll: () => number): Promise<void> {
  poll();
  await new Promise((resolve) => setTimeout(resolve, 1));
}
