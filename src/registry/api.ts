import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { messageOf } from '../errors.js';
import { errorCodes, RegistryFault } from './answers.js';
import { compatibilityLevels } from './compatibility.js';
import {
  registryModes,
  schemaNotFound,
  type Metadata,
  type SchemaStore,
  type SubjectSchema,
  type Wanted,
} from './schemaStore.js';

export interface ApiOptions {
  /** Whether everything that changes something is answered with 403. */
  readonly readOnly?: boolean | undefined;
  /** Keeps what changed; the answer waits for it. */
  readonly save?: (() => Promise<void>) | undefined;
  /** Before each request but `/`: waits, and whether it fails. */
  readonly disturb?: (() => Promise<'fails' | 'succeeds'>) | undefined;
  /** After each request. */
  readonly onAnswer?: ((method: string, path: string, status: number) => void) | undefined;
}

/** Sent where the client has no preference. */
const usualType = 'application/vnd.schemaregistry.v1+json';
const types = [usualType, 'application/vnd.schemaregistry+json', 'application/json'];

/** The largest of Rubin's schemas has 60 kB. */
const bodyBytes = 4_000_000;

/**
 * Confluent's REST API, as its clients use it: requests to answers. `app.request(path)` answers without a
 * port.
 *
 * @remarks Source: the API reference of Confluent's Schema Registry, and the requests of its clients in Python
 * and JavaScript.
 */
export function registryApi(store: SchemaStore, options: ApiOptions = {}): Hono {
  const app = new Hono({ strict: false });
  app.use(async (c, next) => {
    await next();
    options.onAnswer?.(c.req.method, c.req.path, c.res.status);
  });
  app.use(async (c, next) => {
    const isProbe = c.req.path === '/';
    if (!isProbe && (await options.disturb?.()) === 'fails')
      throw new RegistryFault('store', 'Simulated failure: the registry was started with --fail');
    const { method } = c.req;
    const changes = !isReading(method, c.req.path);
    if (changes && options.readOnly === true)
      throw new RegistryFault('readOnly', `${method} is not allowed: this registry is read-only`);
    await next();
    if (changes && c.res.ok) await options.save?.();
  });
  app.use(
    bodyLimit({
      maxSize: bodyBytes,
      onError: (c) => answer(c, { error_code: 413, message: 'The request has more than 4 MB' }, 413),
    }),
  );
  addSchemas(app, store);
  addSubjects(app, store);
  addVersions(app, store);
  addCompatibility(app, store);
  addModes(app, store);
  addMetadata(app);
  app.notFound((c) => answer(c, { error_code: 404, message: 'HTTP 404 Not Found' }, 404));
  app.onError((thrown, c) => {
    const code = thrown instanceof RegistryFault ? thrown.code : errorCodes.store;
    const status = Number(String(code).slice(0, 3)) as ContentfulStatusCode;
    return answer(c, { error_code: code, message: messageOf(thrown) }, status);
  });
  return app;
}

/** Look-ups and questions are sent with POST, too. */
function isReading(method: string, path: string): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return method === 'POST' && /^\/(subjects\/[^/]+\/?$|compatibility\/)/.test(path);
}

function addSchemas(app: Hono, store: SchemaStore): void {
  app.get('/schemas/types', (c) => answer(c, ['AVRO']));
  app.get('/schemas', (c) => {
    const prefix = c.req.query('subjectPrefix') ?? '';
    const all = store.all(isTrue(c, 'deleted')).filter(({ subject }) => subject.startsWith(prefix));
    const latest = isTrue(c, 'latestOnly')
      ? all.filter((one, index) => all[index + 1]?.subject !== one.subject)
      : all;
    const offset = Number(c.req.query('offset') ?? 0);
    const limit = Number(c.req.query('limit') ?? -1);
    return answer(c, latest.slice(offset, limit < 0 ? undefined : offset + limit));
  });
  const schemaById = (c: Context): string => {
    const text = c.req.param('id') ?? '';
    const schema = store.schema(Number(text));
    if (!/^\d+$/.test(text)) throw new RegistryFault('notFound', 'HTTP 404 Not Found');
    if (schema === undefined) throw schemaNotFound(text);
    return schema;
  };
  app.get('/schemas/ids/:id', (c) =>
    answer(c, { schema: schemaById(c), ...(isTrue(c, 'fetchMaxId') ? { maxId: store.maxId() } : {}) }),
  );
  app.get('/schemas/ids/:id/schema', (c) => answerText(c, schemaById(c)));
  app.get('/schemas/ids/:id/subjects', (c) => {
    schemaById(c);
    const places = store.placesOf(Number(c.req.param('id')), isTrue(c, 'deleted'));
    return answer(c, [...new Set(places.map(({ subject }) => subject))]);
  });
  app.get('/schemas/ids/:id/versions', (c) => {
    schemaById(c);
    const places = store.placesOf(Number(c.req.param('id')), isTrue(c, 'deleted'));
    return answer(
      c,
      places.map(({ subject, version }) => ({ subject, version })),
    );
  });
}

function addSubjects(app: Hono, store: SchemaStore): void {
  app.get('/subjects', (c) => {
    const deleted = isTrue(c, 'deletedOnly') ? 'only' : isTrue(c, 'deleted') ? 'with' : 'without';
    return answer(c, store.subjects(deleted, c.req.query('subjectPrefix')));
  });
  app.post('/subjects/:subject', async (c) => {
    const { schema } = await schemaIn(c);
    return answer(c, store.lookUp(subjectOf(c), schema, isTrue(c, 'deleted')));
  });
  app.delete('/subjects/:subject', (c) =>
    answer(c, store.deleteSubject(subjectOf(c), isTrue(c, 'permanent'))),
  );
}

function addVersions(app: Hono, store: SchemaStore): void {
  const found = (c: Context): SubjectSchema =>
    store.schemaOf(subjectOf(c), versionOf(c), isTrue(c, 'deleted'));
  app.get('/subjects/:subject/versions', (c) =>
    answer(c, store.versions(subjectOf(c), isTrue(c, 'deleted'))),
  );
  app.post('/subjects/:subject/versions', async (c) => {
    const { schema, ...wanted } = await schemaIn(c);
    return answer(c, { id: store.register(subjectOf(c), schema, wanted) });
  });
  app.get('/subjects/:subject/versions/:version', (c) => answer(c, found(c)));
  app.get('/subjects/:subject/versions/:version/schema', (c) => answerText(c, found(c).schema));
  app.get('/subjects/:subject/versions/:version/referencedby', (c) => {
    found(c);
    return answer(c, []);
  });
  app.delete('/subjects/:subject/versions/:version', (c) =>
    answer(c, store.deleteVersion(subjectOf(c), versionOf(c), isTrue(c, 'permanent'))),
  );
}

function addCompatibility(app: Hono, store: SchemaStore): void {
  const check = async (c: Context): Promise<Response> => {
    const { schema } = await schemaIn(c);
    const version = c.req.param('version') === undefined ? undefined : versionOf(c);
    const faults = store.incompatibilities(subjectOf(c), schema, version);
    const messages = isTrue(c, 'verbose') ? { messages: faults } : {};
    return answer(c, { is_compatible: faults.length === 0, ...messages });
  };
  app.post('/compatibility/subjects/:subject/versions', check);
  app.post('/compatibility/subjects/:subject/versions/:version', check);
  const set = async (c: Context): Promise<Response> => {
    const { compatibility } = await bodyOf(c);
    const level = compatibilityLevels.find((one) => one === compatibility);
    if (level === undefined) {
      const valid = [...compatibilityLevels].join(', ');
      throw new RegistryFault(
        'invalidCompatibility',
        `Invalid compatibility level. Valid values are ${valid}`,
      );
    }
    store.setCompatibility(level, c.req.param('subject'));
    return answer(c, { compatibility: level });
  };
  app.get('/config', (c) => answer(c, { compatibilityLevel: store.compatibility() }));
  app.put('/config', set);
  app.put('/config/:subject', set);
  app.delete('/config', (c) => {
    store.setCompatibility(undefined);
    return answer(c, store.compatibility());
  });
  const own = (c: Context): string => {
    const subject = subjectOf(c);
    const level = store.compatibility(subject);
    if (level !== undefined) return level;
    if (isTrue(c, 'defaultToGlobal')) return store.compatibility();
    const what = `Subject '${subject}' does not have subject-level compatibility configured`;
    throw new RegistryFault('noSubjectCompatibility', what);
  };
  app.get('/config/:subject', (c) => answer(c, { compatibilityLevel: own(c) }));
  app.delete('/config/:subject', (c) => {
    const level = own(c);
    store.setCompatibility(undefined, subjectOf(c));
    return answer(c, level);
  });
}

function addModes(app: Hono, store: SchemaStore): void {
  const set = async (c: Context): Promise<Response> => {
    const { mode: wanted } = await bodyOf(c);
    const mode = registryModes.find((one) => one === wanted);
    if (mode === undefined)
      throw new RegistryFault(
        'invalidMode',
        `Invalid mode. Valid values are ${[...registryModes].join(', ')}`,
      );
    store.setMode(mode, c.req.param('subject'));
    return answer(c, { mode });
  };
  app.get('/mode', (c) => answer(c, { mode: store.mode() }));
  app.put('/mode', set);
  app.put('/mode/:subject', set);
  const own = (c: Context): string => {
    const subject = subjectOf(c);
    const mode = store.mode(subject);
    if (mode !== undefined) return mode;
    if (isTrue(c, 'defaultToGlobal')) return store.mode();
    throw new RegistryFault(
      'noSubjectMode',
      `Subject '${subject}' does not have subject-level mode configured`,
    );
  };
  app.get('/mode/:subject', (c) => answer(c, { mode: own(c) }));
  app.delete('/mode/:subject', (c) => {
    const mode = own(c);
    store.setMode(undefined, subjectOf(c));
    return answer(c, { mode });
  });
}

function addMetadata(app: Hono): void {
  app.get('/', (c) => answer(c, {}));
  app.get('/contexts', (c) => answer(c, ['.']));
  const clusters = { 'kafka-cluster': 'rubin-alert-sim', 'schema-registry-cluster': 'schema-registry' };
  app.get('/v1/metadata/id', (c) => answer(c, { scope: { path: [], clusters }, id: '' }));
}

function subjectOf(c: Context): string {
  return c.req.param('subject') ?? '';
}

function versionOf(c: Context): number | 'latest' {
  const text = c.req.param('version') ?? '';
  if (text === 'latest' || text === '-1') return 'latest';
  const version = Number(text);
  if (/^\d+$/.test(text) && version >= 1 && version < 2 ** 31) return version;
  throw new RegistryFault(
    'invalidVersion',
    `The specified version '${text}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  );
}

function isTrue(c: Context, name: string): boolean {
  return c.req.query(name)?.toLowerCase() === 'true';
}

interface SchemaRequest extends Wanted {
  readonly schema: string;
}

async function schemaIn(c: Context): Promise<SchemaRequest> {
  const { schema, schemaType, references, id, version, metadata } = await bodyOf(c);
  const reject = (why: string): never => {
    throw new RegistryFault('invalidSchema', why);
  };
  if (typeof schemaType === 'string' && schemaType !== 'AVRO')
    return reject(`Invalid schema of type ${schemaType}: this registry has Avro only`);
  if (Array.isArray(references) && references.length > 0)
    return reject('Invalid schema with references: this registry has none; write the types into the schema');
  if (typeof schema !== 'string' || schema === '') return reject('Empty schema');
  return {
    schema,
    ...(typeof id === 'number' && id > 0 && { id }),
    ...(typeof version === 'number' && version > 0 && { version }),
    ...(typeof metadata === 'object' && metadata !== null && metadataIn(metadata as Metadata)),
  };
}

/** Rubin's uploader chooses the version of a schema by the property `confluent:version`, as Confluent's registry has it. */
function metadataIn(metadata: Metadata): Wanted {
  const { properties } = metadata;
  const text: unknown =
    typeof properties === 'object' && properties !== null && 'confluent:version' in properties
      ? properties['confluent:version']
      : undefined;
  const version = Number(text);
  return { metadata, ...(Number.isInteger(version) && version > 0 && { version }) };
}

async function bodyOf(c: Context): Promise<Readonly<Record<string, unknown>>> {
  const text = await c.req.text();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new RegistryFault('invalidBody', 'The body of the request is not a JSON object');
}

function answer(c: Context, body: unknown, status: ContentfulStatusCode = 200): Response {
  return answerText(c, JSON.stringify(body), status);
}

function answerText(c: Context, text: string, status: ContentfulStatusCode = 200): Response {
  const accepted = c.req.header('accept') ?? '*/*';
  const type = accepted.includes('*/*') ? usualType : types.find((one) => accepted.includes(one));
  return c.body(text, status, { 'Content-Type': type ?? usualType });
}
