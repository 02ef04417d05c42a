#!/usr/bin/env node
// @ts-check
/**
 * Reads alerts from a Kafka topic, from its beginning on, and prints a line for each of them.
 *
 * A start for a consumer of your own: how to subscribe, take an alert from the wire format, and decode it without
 * losing digits of its 64-bit ids. In a clone it runs as it is; elsewhere: npm install node-rdkafka avsc
 *
 *     node examples/consumer.mjs --topic alerts-stream --count 792
 *     node examples/consumer.mjs --registry http://localhost:8081    # schemas by the ids in the messages
 *
 * Exit codes: 0 done; 2 bad usage, or alerts of another schema; 3 Kafka or the registry cannot be reached or refuses us;
 * 4 fewer alerts than --count came in time; 130 ended with Ctrl-C.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import avro from 'avsc';
import rdkafka from 'node-rdkafka';

const schemaFile = new URL('../src/alerts/synthetic/schema/lsst.v11_0.alert.avsc', import.meta.url);

// An alert on the wire: 0x00, the schema's id in four bytes, big-endian, and then the Avro record.
const frameBytes = 5;

/** Rubin's ids are beyond 2^53, where JavaScript's numbers lose digits: each long becomes a BigInt. */
const longType = avro.types.LongType.__with({
  fromBuffer: (/** @type {Buffer} */ buffer) => buffer.readBigInt64LE(),
  toBuffer: (/** @type {bigint} */ value) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (/** @type {unknown} */ value) => typeof value === 'bigint',
  compare: (/** @type {bigint} */ a, /** @type {bigint} */ b) => (a === b ? 0 : a < b ? -1 : 1),
});

/** An error that ends the program: its message and its exit code. */
class ConsumerError extends Error {
  /**
   * @param {number} exitCode
   * @param {string} message
   */
  constructor(exitCode, message) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * @typedef {object} Options
 * @property {string} broker address of Kafka
 * @property {string} topic the topic to read
 * @property {string} group consumer group; consumers of one group share the partitions
 * @property {number} count end after this many alerts
 * @property {number} timeoutMs how long to wait for the topic and for the next alert, where there is a count
 * @property {Record<string, string>} properties librdkafka properties
 */

/**
 * The topic's messages, from the first one on, until there were `count` of them or Ctrl-C came.
 *
 * @param {Options} options
 * @param {{came: boolean}} interruption
 */
async function* messages({ broker, topic, group, count, timeoutMs, properties }, interruption) {
  const settings = {
    'bootstrap.servers': broker,
    // A group of its own sees all alerts. Rubin's broker asks for names that begin with the user's.
    'group.id': group,
    // A consumer that does real work commits what it has dealt with: `consumer.commitMessage(message)`.
    'enable.auto.commit': false,
    ...properties,
  };
  const consumer = await connect(settings, broker);
  try {
    consumer.setDefaultConsumeTimeout(200);
    let read = 0;
    let heardMs = performance.now();
    for (let said = false; !interruption.came && !(await topicExists(consumer, topic)); said = true) {
      if (!said) console.error(`the topic ${topic} does not exist yet: waiting for it`);
      if (Number.isFinite(count) && performance.now() - heardMs > timeoutMs) {
        throw new ConsumerError(4, `the topic ${topic} did not appear within ${timeoutMs / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    consumer.subscribe([topic]);
    heardMs = performance.now();
    while (read < count && !interruption.came) {
      for (const message of await nextMessages(consumer, Math.min(100, count - read), topic)) {
        yield message;
        read += 1;
        heardMs = performance.now();
      }
      if (Number.isFinite(count) && performance.now() - heardMs > timeoutMs) {
        throw new ConsumerError(4, `no alert came for ${timeoutMs / 1000} s: ${read} of ${count} were read`);
      }
    }
  } finally {
    await new Promise((resolve) => consumer.disconnect(resolve));
  }
}

/**
 * @param {Record<string, string | boolean>} settings
 * @param {string} broker
 * @returns {Promise<rdkafka.KafkaConsumer>}
 */
function connect(settings, broker) {
  return new Promise((resolve, reject) => {
    const consumer = newConsumer(settings);
    // Without a listener, an error that librdkafka mends by itself would end the program.
    consumer.on('event.error', () => {});
    consumer.connect({ timeout: 5_000 }, (error) => {
      if (error) reject(new ConsumerError(3, `cannot reach Kafka at ${broker}: ${error.message}`));
      else resolve(consumer);
    });
  });
}

/**
 * Whether a topic exists: a stream is often made after its reader was started.
 *
 * @param {rdkafka.KafkaConsumer} consumer
 * @param {string} topic
 * @returns {Promise<boolean>}
 */
function topicExists(consumer, topic) {
  const { ERR_UNKNOWN_TOPIC_OR_PART, ERR__UNKNOWN_TOPIC, ERR_LEADER_NOT_AVAILABLE } = rdkafka.CODES.ERRORS;
  return new Promise((resolve, reject) => {
    consumer.getMetadata({ topic, timeout: 5_000 }, (error, metadata) => {
      if (!error) {
        resolve(metadata.topics.some(({ name, partitions }) => name === topic && partitions.length > 0));
      } else if (
        [ERR_UNKNOWN_TOPIC_OR_PART, ERR__UNKNOWN_TOPIC, ERR_LEADER_NOT_AVAILABLE].includes(error.code)
      ) {
        resolve(false);
      } else reject(new ConsumerError(3, `cannot read the topic ${topic}: ${error.message}`));
    });
  });
}

/** @param {Record<string, string | boolean>} settings */
function newConsumer(settings) {
  try {
    return new rdkafka.KafkaConsumer(settings, { 'auto.offset.reset': 'earliest' });
  } catch (error) {
    throw new ConsumerError(2, error instanceof Error ? error.message : String(error));
  }
}

/**
 * Messages that have come, or none after a moment.
 *
 * @param {rdkafka.KafkaConsumer} consumer
 * @param {number} most
 * @param {string} topic
 * @returns {Promise<rdkafka.Message[]>}
 */
function nextMessages(consumer, most, topic) {
  return new Promise((resolve, reject) => {
    consumer.consume(most, (error, batch) => {
      if (!error) resolve(batch);
      else if (error.code === rdkafka.CODES.ERRORS.ERR_UNKNOWN_TOPIC_OR_PART) {
        reject(new ConsumerError(2, `the topic ${topic} does not exist`));
      } else reject(new ConsumerError(3, `cannot read the topic ${topic}: ${error.message}`));
    });
  });
}

/**
 * Takes an alert from the wire format and decodes it.
 *
 * @param {rdkafka.Message} message
 * @param {(id: number) => Promise<avro.Type>} typeOf
 */
async function decode({ value, partition, offset }, typeOf) {
  const place = `the message at offset ${offset} of partition ${partition}`;
  if (value === null || value.length < frameBytes || value[0] !== 0) {
    throw new ConsumerError(2, `${place} is not in the wire format of Rubin's alerts`);
  }
  const id = value.readUInt32BE(1);
  const type = await typeOf(id);
  try {
    return type.fromBuffer(value.subarray(frameBytes));
  } catch {
    const fault = `${place} was written with another schema (its id is ${id})`;
    throw new ConsumerError(2, `${fault}: give it with --schema FILE, or --registry URL`);
  }
}

/**
 * The types of alerts by the id in their message: those of a registry, each asked for once, or one for all.
 *
 * @param {string | undefined} registry
 * @param {string | URL} file
 * @returns {(id: number) => Promise<avro.Type>}
 */
function schemas(registry, file) {
  if (registry === undefined) {
    const type = readSchema(file);
    return async () => type;
  }
  /** @type {Map<number, Promise<avro.Type>>} */
  const known = new Map();
  return (id) => {
    const type = known.get(id) ?? askFor(registry.replace(/\/$/, ''), id);
    known.set(id, type);
    return type;
  };
}

/**
 * @param {string} registry
 * @param {number} id
 */
async function askFor(registry, id) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`${registry}/schemas/ids/${id}`, { signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new ConsumerError(3, `cannot reach the registry at ${registry}: ${cause}`);
  }
  if (answer.status === 404)
    throw new ConsumerError(2, `the registry at ${registry} has no schema with the id ${id}`);
  if (!answer.ok) throw new ConsumerError(3, `the registry at ${registry} answers ${answer.status}`);
  try {
    const { schema } = /** @type {{schema: string}} */ (await answer.json());
    return avro.Type.forSchema(JSON.parse(schema), { registry: { long: longType } });
  } catch {
    throw new ConsumerError(3, `${registry} is not a schema registry`);
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      broker: { type: 'string', default: 'localhost:9092' },
      topic: { type: 'string', default: 'alerts-stream' },
      group: { type: 'string', default: `example-${process.pid}-${Date.now()}` },
      schema: { type: 'string' },
      registry: { type: 'string' },
      count: { type: 'string' },
      timeout: { type: 'string', default: '60' },
      property: { type: 'string', short: 'X', multiple: true, default: [] },
    },
  });
  const count = values.count === undefined ? Infinity : Number(values.count);
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(count >= 1)) throw new ConsumerError(2, '--count takes a number from 1 on');
  if (!(timeoutMs > 0)) throw new ConsumerError(2, '--timeout takes a number of seconds');
  const properties = Object.fromEntries(
    values.property.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 1) throw new ConsumerError(2, `-X ${entry} is not of the form name=value`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  return { ...values, count, timeoutMs, properties, schema: values.schema ?? schemaFile };
}

/**
 * The type of an .avsc file. Rubin's schemas lie in a file for each record, and name each other: a name that a schema
 * does not declare is looked for in the .avsc files beside it.
 *
 * @param {string | URL} file
 */
function readSchema(file) {
  try {
    const beside = declaredBeside(file);
    return avro.Type.forSchema(JSON.parse(readFileSync(file, 'utf8')), {
      registry: { long: longType },
      typeHook: (schema, options) => {
        if (typeof schema !== 'string') return undefined;
        const name = schema.includes('.') ? schema : `${options.namespace ?? ''}.${schema}`;
        const declared = options.registry?.[name] === undefined ? beside.get(name) : undefined;
        return declared === undefined ? undefined : avro.Type.forSchema(declared, options);
      },
    });
  } catch (error) {
    throw new ConsumerError(2, `cannot read a schema from ${String(file)}: ${String(error)}`);
  }
}

/**
 * The schemas of a file's folder, by the full names of their records.
 *
 * @param {string | URL} file
 */
function declaredBeside(file) {
  const folder = new URL('.', typeof file === 'string' ? pathToFileURL(file) : file);
  const declared = new Map();
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.avsc'))) {
    try {
      const schema = JSON.parse(readFileSync(new URL(encodeURIComponent(name), folder), 'utf8'));
      declared.set(schema.name.includes('.') ? schema.name : `${schema.namespace}.${schema.name}`, schema);
    } catch {
      // What is no schema declares nothing.
    }
  }
  return declared;
}

process.stdout.on('error', (error) => {
  // Whoever read our lines has seen enough (`| head`).
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

const interruption = { came: false };
process.once('SIGINT', () => {
  interruption.came = true;
});

try {
  const options = readArguments();
  const typeOf = schemas(options.registry, options.schema);
  let read = 0;
  for await (const message of messages(options, interruption)) {
    const alert = await decode(message, typeOf);
    // Versions up to 7 of the schema call the id `alertId`.
    const id = alert.alertId ?? alert.diaSourceId;
    const history = alert.prvDiaSources ?? [];
    console.log(`id=${id}  len(history)=${history.length}  size=${message.size}`);
    read += 1;
  }
  console.error(`read ${read} alerts from ${options.topic}`);
  if (interruption.came) process.exitCode = 130;
} catch (error) {
  const wrongUsage =
    error instanceof TypeError && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code));
  if (!wrongUsage && !(error instanceof ConsumerError)) throw error;
  console.error(`consumer.mjs: ${error.message}`);
  process.exitCode = error instanceof ConsumerError ? error.exitCode : 2;
}
