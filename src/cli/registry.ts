import { Command, InvalidArgumentError } from 'commander';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../broker/cacheFolder.js';
import { defaultRegistryPort } from '../broker/localRegistry.js';
import { requireFreePort } from '../broker/ports.js';
import { registryApi } from '../registry/api.js';
import { builtInSchemas } from '../registry/builtInSchemas.js';
import { readSavedStore, storeWriter } from '../registry/savedStore.js';
import { schemasFrom } from '../registry/schemaFiles.js';
import { SchemaStore } from '../registry/schemaStore.js';
import { disturbance, serveRegistry } from '../registry/server.js';
import { durationQuantity, percentageQuantity, quantityText, type Quantity } from '../scenario/quantities.js';
import { commandContext, type CommandContext } from './context.js';
import { gathered } from './gathered.js';
import { numberOption, quantityOption } from './numbers.js';

interface RegistryValues {
  readonly port: number;
  readonly host: string;
  readonly schemas: readonly string[];
  readonly readOnly?: boolean;
  readonly data?: string;
  readonly delay: number;
  readonly fail: number;
  readonly seed: number;
}

/** `registry`: serves schemas over the REST API of Confluent's Schema Registry. */
export function registryCommand(): Command {
  const command = new Command('registry')
    .description(
      "serve schemas over the REST API of Confluent's Schema Registry; Rubin's and ZTF's come along",
    )
    .option(
      '--port <port>',
      'the port, or 0 for a free one',
      numberOption(0, 'whole', 65_535),
      defaultRegistryPort,
    )
    .option('--host <address>', 'the address to listen on; 0.0.0.0 for other machines, too', '127.0.0.1')
    .option(
      '--schemas <path>',
      'a schema (.avsc, .json), a container, or a folder of schemas; may be given again',
      gathered,
      [],
    )
    .option('--read-only', 'reject whatever changes something, as the registry of Rubin does')
    .option('--data <dir>', 'the folder of registered schemas (default: in the cache folder, one per port)')
    .option('--delay <time>', 'wait before each answer, such as 2s', quantity(durationQuantity, 3600e9), 0)
    .option('--fail <share>', 'fail this share of requests, such as 20%', quantity(percentageQuantity, 1), 0)
    .option('--seed <n>', 'chooses which requests fail', numberOption(0, 'whole', 2 ** 32 - 1), 1);
  return command.action(async () => {
    await serveUntilInterrupted(command.opts<RegistryValues>(), commandContext(command));
  });
}

async function serveUntilInterrupted(
  values: RegistryValues,
  { print, log, signal }: CommandContext,
): Promise<void> {
  const { port, host } = values;
  const given = await schemasFrom(values.schemas);
  if (host === '127.0.0.1' && port !== 0) await requireFreePort(port, 'the registry', '--port');
  const folder =
    values.data === undefined ? join(cacheFolder(), 'registry', String(port)) : resolve(values.data);
  const file = join(folder, 'schemas.json');
  const store = new SchemaStore(await readSavedStore(file));
  for (const schema of [...given, ...builtInSchemas()]) store.give(schema);
  const write = storeWriter(file);
  const api = registryApi(store, {
    readOnly: values.readOnly,
    disturb: disturbance({ delayMs: values.delay / 1e6, failing: values.fail, seed: values.seed }),
    save: () => write(store.saved()),
    onAnswer: (method, path, status) => {
      log.info('registry', `${method} ${path} ${status}`);
    },
  });
  const server = await serveRegistry(api, host, port);
  print(
    `The registry serves ${store.size()} schemas at http://${shownHost(host)}:${server.port}; Ctrl-C ends it`,
  );
  await new Promise<void>((end) => {
    if (signal.aborted) end();
    signal.addEventListener('abort', () => {
      end();
    });
  });
  await server.close();
}

function shownHost(host: string): string {
  return host === '127.0.0.1' || host === '0.0.0.0' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
}

/** @param most - in the quantity's base unit */
function quantity(kind: Quantity, most: number): (text: string) => number {
  return (text) => {
    const value = quantityOption(kind, text);
    if (value < 0 || value > most) {
      throw new InvalidArgumentError(`It is from 0 to ${quantityText(kind, most)}.`);
    }
    return value;
  };
}
