import { createAlertScanner } from '../alerts/alertScanner.js';
import { parseAvroSchema } from '../alerts/avroSchema.js';
import { openContainer } from '../alerts/container.js';
import type { KnownSchema } from '../alerts/rubinSchemas.js';
import { unversionedSchemaId } from '../alerts/sources/framing.js';
import { syntheticDefaults } from '../alerts/synthetic/options.js';
import { schemaIdOf, syntheticSchemaText } from '../alerts/synthetic/schemaText.js';
import { registryBeside } from '../broker/localRegistry.js';
import { RegistryClient, type RegistryTarget } from '../registry/client.js';
import type { FramedSchema, PreloadSource, SchemaIds } from '../workers/protocol.js';

/** Switches the look for a registry off. */
const noRegistry = 'none';

/**
 * The registry of a stream: the one that is named, else that of the environment, else the one beside a local
 * broker; undefined where there is none, or `none` is named.
 *
 * @param named - from the scenario or the option
 * @param bootstrap - the broker's address
 */
export async function registryTarget(
  named: RegistryTarget | undefined,
  bootstrap: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RegistryTarget | undefined> {
  const {
    SCHEMA_REGISTRY_URL: url = '',
    SCHEMA_REGISTRY_USER: user,
    SCHEMA_REGISTRY_PASSWORD: password,
  } = env;
  const chosen = named?.url || url;
  if (chosen === noRegistry) return undefined;
  if (chosen !== '')
    return { ...named, url: chosen, user: named?.user ?? user, password: named?.password ?? password };
  const beside = await registryBeside(bootstrap);
  return beside === undefined ? undefined : { url: beside };
}

/**
 * Looks up or registers each schema of what is to be sent.
 *
 * @returns the ids that are not those that the alerts have anyway
 * @throws `SERVICE_UNAVAILABLE`, `BAD_USAGE`
 */
export async function registeredIds(
  target: RegistryTarget,
  source: PreloadSource,
  subject: string,
): Promise<SchemaIds> {
  const schemas = await framedSchemas(source);
  if (schemas.length === 0) return [];
  const client = new RegistryClient(target);
  try {
    const ids: (readonly [string, number])[] = [];
    for (const schema of schemas) {
      const id = await client.idOf(schema, subject);
      if (id !== schema.ownId) ids.push([schema.text, id]);
    }
    return ids;
  } finally {
    await client.close();
  }
}

/** Schemas by the ids of a registry; none without one. Close it after use. */
export interface RegistrySchemas {
  readonly schemaOf: (schemaId: number) => Promise<KnownSchema | undefined>;
  readonly close: () => Promise<void>;
}

/**
 * Looks schemas up by their ids, each of them once.
 *
 * @param target - undefined where there is no registry
 */
export function schemasOfRegistry(target: RegistryTarget | undefined): RegistrySchemas {
  if (target === undefined)
    return { schemaOf: () => Promise.resolve(undefined), close: () => Promise.resolve() };
  const client = new RegistryClient(target);
  const known = new Map<number, Promise<KnownSchema | undefined>>();
  const ask = async (schemaId: number): Promise<KnownSchema | undefined> => {
    const text = await client.schema(schemaId);
    if (text === undefined) return undefined;
    return { text, type: parseAvroSchema(text, `the schema ${schemaId} of ${client.place}`) };
  };
  return {
    schemaOf: (schemaId) => {
      const answer = known.get(schemaId) ?? ask(schemaId);
      known.set(schemaId, answer);
      return answer;
    },
    close: () => client.close(),
  };
}

/** Schemas of the alerts that are sent with an id. */
export async function framedSchemas(source: PreloadSource): Promise<readonly FramedSchema[]> {
  switch (source.kind) {
    case 'file': {
      const container = await openContainer(source.path);
      await container.close();
      const { layout } = createAlertScanner(container.schema, source.path);
      return [{ text: container.schemaText, ownId: layout.schemaId ?? unversionedSchemaId }];
    }
    case 'files':
    case 'sorted':
      return source.framed;
    case 'synthetic':
      return [syntheticSchema(source.options.schema)];
    // Messages that were sent before keep their frames.
    case 'recording':
    case 'topic':
    case 'payload':
      return [];
  }
}

function syntheticSchema(version = syntheticDefaults.schema): FramedSchema {
  return { text: syntheticSchemaText(version), ownId: schemaIdOf(version) };
}
