import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { installationFolder } from '../../src/version.js';

export interface Service {
  readonly image?: string;
  readonly hostname?: string;
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly network_mode?: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** The text of a file of the repository. */
export function repositoryFile(...path: readonly string[]): string {
  return readFileSync(join(installationFolder, ...path), 'utf8');
}

/** A `${NAME:-default}` of docker-compose.yml. */
export interface ComposeVariable {
  readonly name: string;
  readonly fallback: string;
}

const variable = /\$\{(\w+):-([^}]*)\}/g;

/** The variables of docker-compose.yml, each with its default. */
export function composeVariables(): readonly ComposeVariable[] {
  const found = [...repositoryFile('docker-compose.yml').matchAll(variable)];
  return found.map(([, name = '', fallback = '']) => ({ name, fallback }));
}

/**
 * docker-compose.yml with its variables filled in.
 *
 * @param values - settings of a file .env; others take their defaults
 */
export function readCompose(values: Readonly<Record<string, string>> = {}): ComposeFile {
  const text = repositoryFile('docker-compose.yml').replace(
    variable,
    (_all, name: string, fallback: string) => values[name] ?? fallback,
  );
  return parse(text, { merge: true }) as ComposeFile;
}

/** The services of Kafka brokers, with their names. */
export function kafkaServices({ services }: ComposeFile): readonly (readonly [string, Service])[] {
  return Object.entries(services).filter(([name]) => name.startsWith('kafka'));
}

/**
 * The server properties that Apache's image makes of a service's environment: `KAFKA_LOG_DIRS` is `log.dirs`.
 */
export function serverPropertiesOf({ environment = {} }: Service): Record<string, string> {
  const ours = /^KAFKA_(?!HEAP_OPTS|JMX_|OPTS|LOG4J_)/;
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => ours.test(name))
      .map(([name, value]) => [
        name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'),
        String(value),
      ]),
  );
}

/** The properties of a .properties file without continued lines. */
export function parseProperties(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
