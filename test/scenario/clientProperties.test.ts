import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { clientPropertyProblem, propertiesFor } from '../../src/scenario/clientProperties.js';
import { clientPropertyTable } from '../../src/scenario/clientPropertyTable.js';

test('the table has the properties of the librdkafka that is installed', () => {
  const file = new URL('../../node_modules/node-rdkafka/deps/librdkafka/CONFIGURATION.md', import.meta.url);
  const installed = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^[a-z][a-z_.]+ *\|/.test(line) && !line.includes('see dedicated API'))
    .map((line) => line.split('|')[0]?.trim() ?? '')
    .filter((name) => name !== 'builtin.features');
  expect(Object.keys(clientPropertyTable).sort()).toEqual([...new Set(installed)].sort());
});

test.each([
  ['linger.ms', 5],
  ['linger.ms', '5'],
  ['acks', 'all'],
  ['acks', -1],
  ['compression.type', 'ZSTD'],
  ['enable.idempotence', true],
  ['sasl.password', 'anything'],
])('%s: %s is taken', (name, value) => {
  expect(clientPropertyProblem(name, value)).toBeUndefined();
});

test.each([
  ['acks', 'most', 'must be one of all, -1, 0, 1, but is most'],
  ['acks', 9, 'must be one of all, -1, 0, 1, but is 9'],
  ['enable.idempotence', 'maybe', 'must be one of true, false, but is maybe'],
  ['linger.ms', 1e9, 'must be a number from 0 to 900000, but is 1000000000'],
  ['dr_cb', true, 'is not a property of librdkafka'],
  ['group.id', 'g', 'is not set here'],
])('%s: %s is refused', (name, value, message) => {
  expect(clientPropertyProblem(name, value)?.message).toBe(message);
});

test('a client is given the properties that it uses, and those that nobody knows', () => {
  const all = { 'linger.ms': 1, 'fetch.min.bytes': 2, 'client.id': 'x', mystery: 3 };
  expect(propertiesFor(all, 'producer')).toEqual({ 'linger.ms': 1, 'client.id': 'x', mystery: 3 });
  expect(propertiesFor(all, 'consumer')).toEqual({ 'fetch.min.bytes': 2, 'client.id': 'x', mystery: 3 });
});
