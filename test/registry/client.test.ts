import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { rubinSchema } from '../../src/alerts/rubinSchemas.js';
import { registryApi, type ApiOptions } from '../../src/registry/api.js';
import { builtInSchemas } from '../../src/registry/builtInSchemas.js';
import { RegistryClient, type RegistryTarget } from '../../src/registry/client.js';
import { SchemaStore } from '../../src/registry/schemaStore.js';
import { serveRegistry } from '../../src/registry/server.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

function client(target: RegistryTarget, timeoutMs = 2000): RegistryClient {
  const made = new RegistryClient(target, { timeoutMs, pausesMs: [1, 1] });
  cleanups.push(() => made.close());
  return made;
}

async function registry(options: ApiOptions = {}): Promise<{ url: string; store: SchemaStore }> {
  const store = new SchemaStore();
  for (const schema of builtInSchemas()) store.give(schema);
  const server = await serveRegistry(registryApi(store, options), '127.0.0.1', 0);
  cleanups.push(server.close);
  return { url: `http://127.0.0.1:${server.port}`, store };
}

async function otherServer(listener: RequestListener): Promise<string> {
  const server = await new Promise<Server>((resolve) => {
    const made = createServer(listener).listen(0, '127.0.0.1', () => {
      resolve(made);
    });
  });
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const rubin = { text: rubinSchema(1100)?.text ?? '', ownId: 1100 };
const own = {
  text: '{"type":"record","name":"own","fields":[{"name":"x","type":"long","doc":"d"}]}',
  ownId: 1,
};

describe('the id of a schema', () => {
  it('is its own where the registry has the schema under it, with other descriptions or without', async () => {
    const { url, store } = await registry();
    const described = JSON.stringify({ ...(JSON.parse(rubin.text) as object), doc: 'An alert' });
    expect(await client({ url }).idOf({ text: described, ownId: 1100 }, 't-value')).toBe(1100);
    expect(store.subjects('without')).not.toContain('t-value');
  });

  it('is a new one for a new schema, and the same when it is asked for again', async () => {
    const { url, store } = await registry();
    expect(await client({ url }).idOf(own, 'a/b-value')).toBe(20_001);
    expect(await client({ url }).idOf(own, 'a/b-value')).toBe(20_001);
    expect(store.versions('a/b-value', false)).toEqual([1]);
    expect(await client({ url: `${url}/` }).schema(20_001)).toBe(own.text);
  });

  it('is a new one where another schema has its own', async () => {
    const { url } = await registry();
    expect(await client({ url }).idOf({ text: own.text, ownId: 1100 }, 't-value')).toBe(20_001);
  });

  it('is found for a schema that declares a type twice, which no registry takes as it is', async () => {
    const part = { type: 'record', name: 'part', fields: [] };
    const fields = ['a', 'b'].map((name) => ({ name, type: part }));
    const text = JSON.stringify({ type: 'record', name: 'twice', fields });
    const { url } = await registry();
    expect(await client({ url }).idOf({ text, ownId: 1 }, 't-value')).toBe(20_001);
    expect(await client({ url }).idOf({ text, ownId: 1 }, 't-value')).toBe(20_001);
  });

  it('is undefined for an id that the registry does not know', async () => {
    const { url } = await registry();
    expect(await client({ url }).schema(77)).toBeUndefined();
  });
});

const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
const protectedBy: RequestListener = (request, response) => {
  const allowed = request.headers.authorization === basic;
  response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(allowed ? { schema: rubin.text } : { error_code: 401, message: 'Unauthorized' }),
  );
};

it('logs in with user and password, which are named in no error', async () => {
  const url = await otherServer(protectedBy);
  expect(await client({ url, user: 'me', password: 'secret' }).idOf(rubin, 's')).toBe(1100);
  const inUrl = url.replace('//', '//me:secret@');
  expect(await client({ url: inUrl }).schema(1100)).toBe(rubin.text);
  const wrong = client({ url: url.replace('//', '//me:wrong-word@') }).schema(1100);
  await expect(wrong).rejects.toMatchObject({ message: expect.stringMatching(/refused the user/) as string });
  await expect(wrong).rejects.not.toMatchObject({ message: expect.stringMatching(/wrong-word/) as string });
});

it('tries again after a failure of the server', async () => {
  let requests = 0;
  const url = await otherServer((_request, response) => {
    requests += 1;
    response.writeHead(requests < 3 ? 503 : 200).end(JSON.stringify({ schema: '"x"' }));
  });
  expect(await client({ url }).schema(1)).toBe('"x"');
  expect(requests).toBe(3);
});

it.each<readonly [string, RequestListener | undefined, RegExp]>([
  ['down', undefined, /at http:\/\/127\.0\.0\.1:9 cannot be reached \(nothing listens there\): start it, or/],
  ['slow', () => undefined, /did not answer within 0\.3 s: /],
  ['one that wants a password', protectedBy, /wants a user name and password: give them with registry\.user/],
  [
    'a page',
    (_, response) => response.end('<html>'),
    /is not a schema registry: it answered \/schemas\/ids\/1100 with HTML \(status 200\)/,
  ],
  [
    'another service',
    (_, response) => response.end('{"status":"up"}'),
    /is not a schema registry: .*something else/,
  ],
  ['silent', (_, response) => response.end(), /with nothing/],
  [
    'one that fails',
    (_, response) => response.writeHead(500).end('{"error_code":50001,"message":"no disk"}'),
    /fails with 500: no disk: look into its log/,
  ],
])('a registry that is %s is one sentence', async (_what, listener, message) => {
  const url = listener === undefined ? 'http://127.0.0.1:9' : await otherServer(listener);
  await expect(client({ url }, 300).idOf(rubin, 't-value')).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringMatching(message) as string,
  });
});

it('a read-only registry is asked, and its rejection names the way on', async () => {
  const { url } = await registry({ readOnly: true });
  expect(await client({ url }).idOf(rubin, 't-value')).toBe(1100);
  const rejected = client({ url }).idOf(own, 't-value');
  await expect(rejected).rejects.toMatchObject({
    message: expect.stringMatching(/takes none under t-value: .*read-only; .*--schema-id/) as string,
  });
  const page = await otherServer((_, response) => response.writeHead(403).end('<html>'));
  await expect(client({ url: page }).idOf(own, 't')).rejects.toMatchObject({
    message: expect.stringMatching(/takes none under t|is not a schema registry/) as string,
  });
});

it.each(['localhost:8081', 'ftp://x', ''])('the address %j is rejected', (url) => {
  expect(() => new RegistryClient({ url })).toThrow(/must start with http:\/\/ or https:\/\//);
});

it('a certificate authority that is missing is one sentence', () => {
  expect(() => new RegistryClient({ url: 'https://x', ca: '/no/such.pem' })).toThrow(
    /no such file.*registry\.ca/,
  );
});
