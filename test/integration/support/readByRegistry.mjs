// @ts-check
/**
 * Reads messages, and decodes each with two registry clients that are not ours, given nothing but the URL. Prints how many
 * of each schema id both have decoded, as JSON.
 *
 * Usage: node readByRegistry.mjs BROKER TOPIC COUNT REGISTRY FOLDER, where FOLDER has the clients' packages
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import rdkafka from 'node-rdkafka';

const [broker = '', topic = '', count = '', registry = '', folder = ''] = process.argv.slice(2);
/** @type {(name: string) => any} */
const load = createRequire(join(folder, 'package.json'));
const { SchemaRegistry } = load('@kafkajs/confluent-schema-registry');
const { AvroDeserializer, SchemaRegistryClient, SerdeType } = load('@confluentinc/schemaregistry');

const kafkajs = new SchemaRegistry({ host: registry });
const confluent = new AvroDeserializer(
  new SchemaRegistryClient({ baseURLs: [registry] }),
  SerdeType.VALUE,
  {},
);

const consumer = new rdkafka.KafkaConsumer(
  { 'bootstrap.servers': broker, 'group.id': `clients-${process.pid}` },
  { 'auto.offset.reset': 'earliest' },
);
await new Promise((resolve, reject) =>
  consumer.connect({}, (/** @type {unknown} */ error) => (error ? reject(error) : resolve(undefined))),
);
consumer.setDefaultConsumeTimeout(500);
consumer.subscribe([topic]);
/** @type {Record<string, number>} */
const decoded = {};
for (let read = 0; read < Number(count);) {
  /** @type {import('node-rdkafka').Message[]} */
  const batch = await new Promise((resolve, reject) =>
    consumer.consume(500, (error, messages) => (error ? reject(error) : resolve(messages))),
  );
  for (const { value } of batch) {
    if (value === null) throw new Error('a message without a value');
    const [first, second] = [await kafkajs.decode(value), await confluent.deserialize(topic, value)];
    const time = first.diaSource.midpointMjdTai;
    if (typeof time !== 'number' || time !== second.diaSource.midpointMjdTai)
      throw new Error(`decoded differently: ${time}, ${second.diaSource.midpointMjdTai}`);
    const id = String(value.readUInt32BE(1));
    decoded[id] = (decoded[id] ?? 0) + 1;
    read += 1;
  }
}
console.log(JSON.stringify(decoded));
process.exit();
