import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { schemaIdOf, schemaVersion } from '../alerts/alertSchema.js';
import { isContainerFile, openContainer } from '../alerts/container.js';
import { typesBeside } from '../alerts/describeValue.js';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { bytesForm, schemaFault, schemaName } from './avroText.js';
import { rubinSubjects } from './builtInSchemas.js';
import type { GivenSchema } from './schemaStore.js';

/** A schema of a file. */
interface FileSchema {
  readonly path: string;
  readonly schema: string;
  readonly name: string;
}

/**
 * Reads the schemas of files and folders: `.avsc` and `.json`, and the schemas of containers. A file whose name
 * is a number, such as `1100.json`, has that id; else a schema of Rubin's has Rubin's; others get free ones. In
 * a folder, a file that only declares types for another one is not a schema of its own.
 *
 * @throws `BAD_INPUT_FILE` for a file without a valid schema, and for two different schemas with one id
 */
export async function schemasFrom(paths: readonly string[]): Promise<readonly GivenSchema[]> {
  const found = (await Promise.all(paths.map(schemasAt))).flat();
  const byId = new Map<number, FileSchema>();
  for (const file of found) {
    const id = idOf(file);
    if (id === undefined) continue;
    const other = byId.get(id);
    if (other !== undefined && bytesForm(other.schema) !== bytesForm(file.schema)) {
      throw new AlertSimError(
        'BAD_INPUT_FILE',
        `${other.path} and ${file.path} have different schemas for the id ${id}: leave one of them out, or name ` +
          'a file by another id, such as 1102.json',
      );
    }
    if (other === undefined) byId.set(id, file);
  }
  return found.map((file) => {
    const id = idOf(file);
    return { id, schema: file.schema, versions: placesOf(id, file) };
  });
}

function idOf({ path, name }: FileSchema): number | undefined {
  const stem = basename(path, extname(path));
  if (/^[1-9]\d{0,8}$/.test(stem)) return Number(stem);
  const version = schemaVersion(name);
  return version === undefined ? undefined : schemaIdOf(version);
}

function placesOf(id: number | undefined, { name }: FileSchema): GivenSchema['versions'] {
  const version = schemaVersion(name);
  if (id === undefined || version === undefined || schemaIdOf(version) !== id)
    return [{ subject: name, version: 1 }];
  return rubinSubjects(id).map((subject) => ({ subject, version: id }));
}

async function schemasAt(path: string): Promise<readonly FileSchema[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (thrown: unknown) => {
      throw fileError(thrown, { task: `read the schemas ${path}`, code: 'BAD_INPUT_FILE' });
    },
  );
  if (!isFolder) return [await schemaAt(path)];
  const names = (await readdir(path)).filter((name) => /\.(avsc|json)$/.test(name)).sort();
  if (names.length === 0) {
    throw new AlertSimError('BAD_INPUT_FILE', `${path} has no schemas: its files end with .avsc or .json`);
  }
  const files = await Promise.all(names.map((name) => schemaAt(join(path, name))));
  return files.filter((file) => !files.some((other) => other !== file && declares(other, file)));
}

/** Whether a type of a file is part of another file's schema, under the same name. */
function declares(whole: FileSchema, part: FileSchema): boolean {
  return whole.name !== part.name && bytesForm(whole.schema).includes(`"name":"${part.name}"`);
}

async function schemaAt(path: string): Promise<FileSchema> {
  if (await isContainerFile(path)) {
    const container = await openContainer(path);
    await container.close();
    return checked(path, container.schemaText);
  }
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw fileError(thrown, { task: `read the schema ${path}`, code: 'BAD_INPUT_FILE' });
  });
  return checked(path, await withTypesBeside(path, text));
}

function checked(path: string, schema: string): FileSchema {
  const fault = schemaFault(schema);
  const name = fault === undefined ? schemaName(schema) : undefined;
  if (fault === undefined && name !== undefined) return { path, schema, name };
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `${path} has no valid Avro schema: ${fault ?? 'it names no record'}; correct it, or leave it out of --schemas`,
  );
}

/** The schema as one text: types that the `.avsc` files beside it declare are written where they are used first. */
async function withTypesBeside(path: string, text: string): Promise<string> {
  try {
    return JSON.stringify(inlined(JSON.parse(text), await typesBeside(path)));
  } catch (thrown) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} is not a schema: ${messageOf(thrown)}; name an .avsc file, a container, or a folder of them`,
      thrown,
    );
  }
}

/** Full names in place of types are replaced by what they name, once each. */
function inlined(schema: unknown, elsewhere: ReadonlyMap<string, unknown>): unknown {
  const written = new Set<string>();
  const walk = (value: unknown, isType: boolean): unknown => {
    if (typeof value === 'string') {
      const declared = isType && !written.has(value) ? elsewhere.get(value) : undefined;
      return declared === undefined ? value : walk(declared, true);
    }
    if (Array.isArray(value)) return value.map((one) => walk(one, isType));
    if (typeof value !== 'object' || value === null) return value;
    const { name, namespace, fields } = value as Readonly<Record<string, unknown>>;
    if (typeof name === 'string' && fields !== undefined)
      written.add(typeof namespace === 'string' && !name.includes('.') ? `${namespace}.${name}` : name);
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [
        key,
        ['type', 'items', 'values', 'fields'].includes(key) ? walk(part, key !== 'fields') : part,
      ]),
    );
  };
  return walk(schema, true);
}
