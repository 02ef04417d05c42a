import { accessSync, constants } from 'node:fs';
import { AlertSimError, messageOf } from '../errors.js';

/** The files of a mutual-TLS connection, all PEM. */
export interface TlsFiles {
  readonly keyLocation: string;
  readonly certificateLocation: string;
  /** The certificate of the authority that signed the broker's. */
  readonly caLocation: string;
}

export interface ConnectionOptions {
  /** `host:port`, or several with commas between. */
  readonly bootstrap: string;
  /** Mutual TLS. */
  readonly tls?: TlsFiles | undefined;
  /** Any librdkafka properties, in librdkafka's spelling; they win over ours. */
  readonly properties?: ClientProperties | undefined;
}

/** librdkafka properties by name. Source: CONFIGURATION.md of librdkafka. */
export type ClientProperties = Readonly<Record<string, string | number | boolean>>;

/** Maximum size of alerts: the local broker and Rubin's accept messages up to this. */
export const maxMessageBytes = 10_000_000;

/** The largest message that a client with these options sends. */
export function largestMessageBytes({ properties }: ConnectionOptions): number {
  return Number(properties?.['message.max.bytes'] ?? maxMessageBytes);
}

/**
 * The librdkafka properties that every client of ours starts from: producer, consumer or admin client.
 *
 * @throws `BAD_USAGE` when a TLS file cannot be read
 */
export function clientSettings(options: ConnectionOptions): Record<string, string | number | boolean> {
  return {
    'bootstrap.servers': options.bootstrap,
    'client.id': 'rubin-alert-sim',
    'message.max.bytes': maxMessageBytes,
    'socket.keepalive.enable': true,
    'topic.metadata.refresh.sparse': true,
    // With Kafka's defaults a broker creates a topic that a producer looks up.
    'allow.auto.create.topics': false,
    ...(options.tls === undefined ? {} : tlsSettings(options.tls)),
    ...options.properties,
  };
}

/**
 * The librdkafka properties that every consumer of ours starts from: without those of producers, because the
 * same options serve both.
 *
 * @throws `BAD_USAGE` when a TLS file cannot be read
 */
export function consumerSettings(options: ConnectionOptions): Record<string, string | number | boolean> {
  return withoutProducerSettings(clientSettings(options));
}

/** Removes what only a producer uses. */
export function withoutProducerSettings(
  properties: ClientProperties,
): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !producerOnly.includes(name)));
}

/**
 * Parses `name=value` settings of a command line; of a name given twice the last one counts.
 *
 * @param entries - a value may contain further equals signs
 * @param option - for the error message
 * @throws `BAD_USAGE` for an entry without a name or an equals sign
 */
export function parseProperties(
  entries: readonly string[],
  option = '-X',
  example = 'compression.type=lz4',
): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const entry of entries) {
    const at = entry.indexOf('=');
    if (at < 1) {
      throw new AlertSimError(
        'BAD_USAGE',
        `${option} ${entry} is not of the form name=value; for example ${option} ${example}`,
      );
    }
    properties[entry.slice(0, at).trim()] = entry.slice(at + 1);
  }
  return properties;
}

function tlsSettings(tls: TlsFiles): Record<string, string> {
  const files = {
    'ssl.key.location': ['client key', tls.keyLocation],
    'ssl.certificate.location': ['client certificate', tls.certificateLocation],
    'ssl.ca.location': ["server's CA certificate", tls.caLocation],
  } as const;
  const settings: Record<string, string> = { 'security.protocol': 'ssl' };
  for (const [property, [what, path]] of Object.entries(files)) {
    try {
      accessSync(path, constants.R_OK);
    } catch (cause) {
      throw new AlertSimError('BAD_USAGE', `cannot read the ${what} ${path}: ${messageOf(cause)}`, cause);
    }
    settings[property] = path;
  }
  return settings;
}

/** librdkafka logs a warning for each of these on a consumer. Source: CONFIGURATION.md, column P. */
const producerOnly = [
  'acks',
  'request.required.acks',
  'batch.size',
  'batch.num.messages',
  'compression.type',
  'compression.codec',
  'compression.level',
  'delivery.timeout.ms',
  'enable.idempotence',
  'linger.ms',
  'queue.buffering.max.ms',
  'message.timeout.ms',
  'partitioner',
  'queue.buffering.max.kbytes',
  'queue.buffering.max.messages',
  'request.timeout.ms',
  'retries',
  'message.send.max.retries',
  'sticky.partitioning.linger.ms',
  'transactional.id',
];
