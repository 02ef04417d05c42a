import type { Command } from 'commander';
import { AlertSimError } from '../errors.js';
import { parseProperties, type ConnectionOptions } from '../kafka/settings.js';
import { gathered } from './gathered.js';

/** Values of the options that {@link addConnectionOptions} adds. */
export interface ConnectionValues {
  readonly broker: string;
  readonly tlsClientKeyLocation?: string;
  readonly tlsClientCrtLocation?: string;
  readonly tlsServerCaCrtLocation?: string;
  /** `-X`, as often as it was given. */
  readonly property: readonly string[];
}

/** Adds the options that say how to reach Kafka. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('-B, --broker <host:port>', 'address of the Kafka broker', 'localhost:9092')
    .option('--tls-client-key-location <file>', 'PEM file of the client key, for mutual TLS')
    .option('--tls-client-crt-location <file>', 'PEM file of the client certificate, for mutual TLS')
    .option('--tls-server-ca-crt-location <file>', "PEM file of the CA that signed the broker's certificate")
    .option(
      '-X, --property <name=value>',
      'any librdkafka property; may be given again (SASL: security.protocol, sasl.mechanisms, sasl.username, sasl.password)',
      gathered,
      [],
    );
}

/**
 * How to reach Kafka, from a command's options.
 *
 * @param values - the command's parsed options
 * @throws `BAD_USAGE` when only some of the TLS options are given, or a property is malformed
 */
export function connectionOf(values: ConnectionValues): ConnectionOptions {
  const files = {
    '--tls-client-key-location': values.tlsClientKeyLocation,
    '--tls-client-crt-location': values.tlsClientCrtLocation,
    '--tls-server-ca-crt-location': values.tlsServerCaCrtLocation,
  };
  const missing = Object.entries(files).flatMap(([option, value]) => (value === undefined ? [option] : []));
  if (missing.length > 0 && missing.length < 3) {
    throw new AlertSimError(
      'BAD_USAGE',
      `mutual TLS needs all three files: ${missing.join(' and ')} missing`,
    );
  }
  const [keyLocation, certificateLocation, caLocation] = Object.values(files);
  return {
    bootstrap: values.broker,
    properties: parseProperties(values.property),
    tls:
      keyLocation === undefined || certificateLocation === undefined || caLocation === undefined
        ? undefined
        : { keyLocation, certificateLocation, caLocation },
  };
}
