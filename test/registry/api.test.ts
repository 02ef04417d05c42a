import { describe, expect, it } from 'vitest';
import { registryApi, type ApiOptions } from '../../src/registry/api.js';
import { builtInSchemas } from '../../src/registry/builtInSchemas.js';
import { firstFreeId, SchemaStore } from '../../src/registry/schemaStore.js';
import { disturbance } from '../../src/registry/server.js';

const text = (...fields: readonly string[]): string =>
  JSON.stringify({
    type: 'record',
    name: 'A',
    fields: fields.map((name) => ({ name, type: 'long' })),
  });
const x = text('x');
const xy = text('x', 'y');

/** `POST /path`, its body, and what is answered. */
type Exchange = readonly [string, unknown, number, unknown];

async function exchange(exchanges: readonly Exchange[], options: ApiOptions = {}): Promise<void> {
  const store = new SchemaStore();
  for (const schema of builtInSchemas()) store.give(schema);
  const api = registryApi(store, options);
  for (const [line, body, status, expected] of exchanges) {
    const [method = '', path = ''] = line.split(' ');
    const response = await api.request(path, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = await response.text();
    expect({
      line,
      status: response.status,
      answer: answer === '' ? '' : (JSON.parse(answer) as unknown),
    }).toEqual({
      ...{ line, status },
      answer: expected,
    });
  }
}

const error = (error_code: number, message: unknown): unknown => ({ error_code, message });
const saying = (part: string): unknown => expect.stringContaining(part);

describe('the REST API answers as Confluent documents it', () => {
  const id = firstFreeId;
  it.each<readonly [string, readonly Exchange[]]>([
    [
      'a registered schema has an id, a version, and can be found by all of them',
      [
        ['POST /subjects/t-value/versions', { schema: x }, 200, { id }],
        ['GET /subjects/t-value/versions', undefined, 200, [1]],
        [
          'GET /subjects/t-value/versions/1',
          undefined,
          200,
          { subject: 't-value', version: 1, id, schema: x },
        ],
        [
          'GET /subjects/t-value/versions/latest',
          undefined,
          200,
          { subject: 't-value', version: 1, id, schema: x },
        ],
        ['GET /subjects/t-value/versions/-1/schema', undefined, 200, JSON.parse(x)],
        ['GET /subjects/t-value/versions/1/referencedby', undefined, 200, []],
        [`GET /schemas/ids/${id}`, undefined, 200, { schema: x }],
        [`GET /schemas/ids/${id}?fetchMaxId=true&subject=t-value`, undefined, 200, { schema: x, maxId: id }],
        [`GET /schemas/ids/${id}/schema`, undefined, 200, JSON.parse(x)],
        [`GET /schemas/ids/${id}/subjects`, undefined, 200, ['t-value']],
        [`GET /schemas/ids/${id}/versions`, undefined, 200, [{ subject: 't-value', version: 1 }]],
        ['POST /subjects/t-value', { schema: x }, 200, { subject: 't-value', version: 1, id, schema: x }],
        [
          'GET /schemas?subjectPrefix=t-&latestOnly=true',
          undefined,
          200,
          [{ subject: 't-value', version: 1, id, schema: x }],
        ],
      ],
    ],
    [
      'the same schema has the same id, however it is written and under each subject; another one the next',
      [
        ['POST /subjects/t-value/versions', { schema: x }, 200, { id }],
        ['POST /subjects/t-value/versions', { schema: `  ${x} ` }, 200, { id }],
        [
          'POST /subjects/t-value/versions?normalize=true',
          {
            schemaType: 'AVRO',
            schema: '{"name":"A","type":"record","fields":[{"type":"long","name":"x"}]}',
          },
          200,
          { id },
        ],
        ['POST /subjects/u%2Fv-value/versions', { schema: x, references: [] }, 200, { id }],
        ['POST /subjects/t-value/versions', { schema: xy }, 200, { id: id + 1 }],
        ['GET /subjects/t-value/versions', undefined, 200, [1, 2]],
        [`GET /schemas/ids/${id}/subjects`, undefined, 200, ['t-value', 'u/v-value']],
      ],
    ],
    [
      'what is unknown',
      [
        ['GET /schemas/ids/5', undefined, 404, error(40403, 'Schema 5 not found')],
        ['GET /schemas/ids/5/versions', undefined, 404, error(40403, 'Schema 5 not found')],
        ['GET /schemas/ids/five', undefined, 404, error(404, 'HTTP 404 Not Found')],
        ['GET /subjects/no/versions', undefined, 404, error(40401, "Subject 'no' not found.")],
        ['GET /subjects/no/versions/latest', undefined, 404, error(40401, "Subject 'no' not found.")],
        ['POST /subjects/no', { schema: x }, 404, error(40401, "Subject 'no' not found.")],
        ['DELETE /subjects/no', undefined, 404, error(40401, "Subject 'no' not found.")],
        ['GET /subjects/alert-packet/versions/7', undefined, 404, error(40402, 'Version 7 not found.')],
        [
          'GET /subjects/alert-packet/versions/0',
          undefined,
          422,
          error(42202, saying("'0' is not a valid version")),
        ],
        ['GET /subjects/alert-packet/versions/new', undefined, 422, error(42202, saying("'new'"))],
        ['POST /subjects/alert-packet', { schema: x }, 404, error(40403, 'Schema not found')],
        ['GET /no/such/path', undefined, 404, error(404, 'HTTP 404 Not Found')],
      ],
    ],
    [
      'what is broken',
      [
        ['POST /subjects/t/versions', { schema: '{"type":"nope"}' }, 422, error(42201, saying('nope'))],
        ['POST /subjects/t/versions', { schema: '{' }, 422, error(42201, saying('Invalid schema {'))],
        ['POST /subjects/t/versions', {}, 422, error(42201, 'Empty schema')],
        ['POST /subjects/t/versions', '{', 400, error(400, saying('not a JSON object'))],
        [
          'POST /subjects/t/versions',
          { schema: 'x', schemaType: 'PROTOBUF' },
          422,
          error(42201, saying('Avro only')),
        ],
        [
          'POST /subjects/t/versions',
          { schema: x, references: [1] },
          422,
          error(42201, saying('references')),
        ],
        ['POST /subjects/t/versions', 'x'.repeat(4_000_001), 413, error(413, saying('4 MB'))],
        ['PUT /config', { compatibility: 'SOME' }, 422, error(42203, saying('BACKWARD, '))],
        ['PUT /mode', { mode: 'SOME' }, 422, error(42204, saying('IMPORT'))],
        ['POST /subjects/t/versions', { schema: x, id: 7 }, 422, error(42205, saying('not in import mode'))],
      ],
    ],
    [
      'a schema of Rubin has the id and the version of its number',
      [
        ['GET /schemas/types', undefined, 200, ['AVRO']],
        [
          'GET /schemas/ids/1100/versions',
          undefined,
          200,
          [
            { subject: 'alert-packet', version: 1100 },
            { subject: 'lsst-alerts-v11-value', version: 1100 },
            { subject: 'lsst-alerts-v11.0-value', version: 1100 },
          ],
        ],
        ['GET /subjects/lsst-alerts-v11-value/versions', undefined, 200, [1100, 1101]],
        [
          'GET /subjects?subjectPrefix=lsst-alerts-v1',
          undefined,
          200,
          [
            ...['lsst-alerts-v10-value', 'lsst-alerts-v10.0-value'],
            ...['lsst-alerts-v11-value', 'lsst-alerts-v11.0-value', 'lsst-alerts-v11.1-value'],
          ],
        ],
        [
          'POST /subjects/t/versions',
          { schema: '{"type":"record","name":"lsst.v12_3.alert","fields":[]}' },
          200,
          { id: 1203 },
        ],
      ],
    ],
    [
      'compatibility is checked as far as it is asked for',
      [
        ['GET /config', undefined, 200, { compatibilityLevel: 'NONE' }],
        ['GET /config/t', undefined, 404, error(40408, saying("Subject 't'"))],
        ['GET /config/t?defaultToGlobal=true', undefined, 200, { compatibilityLevel: 'NONE' }],
        ['PUT /config/t', { compatibility: 'BACKWARD' }, 200, { compatibility: 'BACKWARD' }],
        ['GET /config/t', undefined, 200, { compatibilityLevel: 'BACKWARD' }],
        ['POST /subjects/t/versions', { schema: x }, 200, { id }],
        ['POST /compatibility/subjects/t/versions/latest', { schema: xy }, 200, { is_compatible: false }],
        [
          'POST /compatibility/subjects/t/versions/1?verbose=true',
          { schema: x },
          200,
          { is_compatible: true, messages: [] },
        ],
        [
          'POST /subjects/t/versions',
          { schema: xy },
          409,
          error(409, saying('incompatible with an earlier schema')),
        ],
        ['PUT /config/t', { compatibility: 'FORWARD' }, 200, { compatibility: 'FORWARD' }],
        ['POST /compatibility/subjects/t/versions', { schema: xy }, 200, { is_compatible: true }],
        ['POST /subjects/t/versions', { schema: xy }, 200, { id: id + 1 }],
        ['DELETE /config/t', undefined, 200, 'FORWARD'],
      ].map((one) => one as unknown as Exchange),
    ],
    [
      'what is deleted is hidden, and gone when it is deleted permanently',
      [
        ['POST /subjects/t/versions', { schema: x }, 200, { id }],
        [
          'DELETE /subjects/t/versions/1?permanent=true',
          undefined,
          404,
          error(40407, saying('was not deleted first')),
        ],
        ['DELETE /subjects/t?permanent=true', undefined, 404, error(40405, saying('was not deleted first'))],
        ['DELETE /subjects/t', undefined, 200, [1]],
        ['DELETE /subjects/t', undefined, 404, error(40404, saying('was soft deleted'))],
        ['DELETE /subjects/t/versions/1', undefined, 404, error(40406, saying('was soft deleted'))],
        ['GET /subjects/t/versions', undefined, 404, error(40401, "Subject 't' not found.")],
        ['GET /subjects/t/versions?deleted=true', undefined, 200, [1]],
        ['GET /subjects?deletedOnly=true', undefined, 200, ['t']],
        [`GET /schemas/ids/${id}`, undefined, 200, { schema: x }],
        ['POST /subjects/t/versions', { schema: x }, 200, { id }],
        ['GET /subjects/t/versions', undefined, 200, [2]],
        ['DELETE /subjects/t', undefined, 200, [2]],
        ['DELETE /subjects/t?permanent=true', undefined, 200, [1, 2]],
        [`GET /schemas/ids/${id}`, undefined, 404, error(40403, `Schema ${id} not found`)],
        ['POST /subjects/t/versions', { schema: x }, 200, { id: id + 1 }],
      ],
    ],
    [
      'a tool imports schemas under their own ids and versions',
      [
        ['DELETE /subjects/alert-packet', undefined, 200, expect.arrayContaining([1101])],
        ['PUT /mode/alert-packet', { mode: 'IMPORT' }, 200, { mode: 'IMPORT' }],
        ['POST /subjects/alert-packet/versions', { schema: x, id: 1300, version: 1300 }, 200, { id: 1300 }],
        [
          'POST /subjects/alert-packet/versions',
          { schema: xy, id: 1300, version: 1300 },
          422,
          error(42205, saying('1300')),
        ],
        [
          'POST /subjects/alert-packet/versions',
          { schema: x, id: 1100, version: 1100 },
          422,
          error(42205, saying('1100')),
        ],
        [
          'POST /subjects/lsst-alerts-v13.0-value/versions',
          { schema: x, metadata: { properties: { 'confluent:version': '1300' } } },
          200,
          { id: 1300 },
        ],
        [
          'GET /subjects/lsst-alerts-v13.0-value/versions/latest',
          undefined,
          200,
          {
            ...{ subject: 'lsst-alerts-v13.0-value', version: 1300, id: 1300, schema: x },
            metadata: { properties: { 'confluent:version': '1300' } },
          },
        ],
        ['PUT /mode/alert-packet', { mode: 'READONLY' }, 200, { mode: 'READONLY' }],
        ['GET /mode/alert-packet', undefined, 200, { mode: 'READONLY' }],
        ['POST /subjects/alert-packet/versions', { schema: xy }, 422, error(42205, saying('read-only mode'))],
        ['DELETE /mode/alert-packet', undefined, 200, { mode: 'READONLY' }],
        ['GET /mode/alert-packet', undefined, 404, error(40409, saying('mode'))],
        ['GET /mode', undefined, 200, { mode: 'READWRITE' }],
      ],
    ],
    [
      'probes, and what clients ask at their start',
      [
        ['GET /', undefined, 200, {}],
        ['HEAD /', undefined, 200, ''],
        ['HEAD /subjects', undefined, 200, ''],
        ['GET /contexts', undefined, 200, ['.']],
        [
          'GET /v1/metadata/id',
          undefined,
          200,
          expect.objectContaining({ scope: expect.anything() as unknown }),
        ],
      ],
    ],
  ])('%s', async (_what, exchanges) => {
    await exchange(exchanges);
  });

  it('a read-only registry answers reads, look-ups and questions, and rejects the rest', async () => {
    const rejected = error(40301, saying('read-only'));
    await exchange(
      [
        [
          'GET /schemas/ids/1100/subjects',
          undefined,
          200,
          ['alert-packet', 'lsst-alerts-v11-value', 'lsst-alerts-v11.0-value'],
        ],
        ['POST /subjects/alert-packet', { schema: x }, 404, error(40403, 'Schema not found')],
        [
          'POST /compatibility/subjects/alert-packet/versions/latest',
          { schema: x },
          200,
          { is_compatible: true },
        ],
        ['POST /subjects/t/versions', { schema: x }, 403, rejected],
        ['DELETE /subjects/alert-packet', undefined, 403, rejected],
        ['PUT /config', { compatibility: 'FULL' }, 403, rejected],
        ['PUT /mode/t', { mode: 'IMPORT' }, 403, rejected],
      ],
      { readOnly: true },
    );
  });
});

it.each([
  [undefined, 'application/vnd.schemaregistry.v1+json'],
  ['*/*', 'application/vnd.schemaregistry.v1+json'],
  ['application/json', 'application/json'],
  ['application/vnd.schemaregistry+json, application/json; q=0.5', 'application/vnd.schemaregistry+json'],
])('for a client that accepts %s, answers are %s', async (accept, type) => {
  const api = registryApi(new SchemaStore());
  for (const path of ['/subjects', '/schemas/ids/1']) {
    const response = await api.request(path, { headers: accept === undefined ? {} : { accept } });
    expect(response.headers.get('content-type')).toBe(type);
  }
});

it('what changed is kept before it is answered, and only that', async () => {
  const kept: string[] = [];
  await exchange(
    [
      ['GET /subjects/alert-packet/versions/1100/schema', undefined, 200, expect.anything()],
      ['POST /subjects/t/versions', { schema: '{' }, 422, expect.anything()],
    ],
    { save: () => Promise.resolve(void kept.push('nothing')) },
  );
  expect(kept).toEqual([]);
  await exchange([['POST /subjects/t/versions', { schema: x }, 500, error(50001, 'the disk is full')]], {
    save: () => Promise.reject(new Error('the disk is full')),
  });
});

it('a share of the requests fails, the same ones for a seed, and never a probe', async () => {
  const failures = async (seed: number): Promise<string> => {
    const disturb = disturbance({ delayMs: 0, failing: 0.2, seed });
    const api = registryApi(new SchemaStore(), { disturb });
    let found = '';
    for (let i = 0; i < 1000; i += 1) {
      const { status } = await api.request('/subjects');
      found += status === 500 ? 'x' : '.';
      if (i % 100 === 0) expect((await api.request('/')).status).toBe(200);
    }
    return found;
  };
  const first = await failures(1);
  expect(first.split('x').length - 1).toBeGreaterThan(150);
  expect(first.split('x').length - 1).toBeLessThan(250);
  expect(await failures(1)).toBe(first);
  expect(await failures(2)).not.toBe(first);
  expect(disturbance({ delayMs: 0, failing: 0, seed: 1 })).toBeUndefined();
});
