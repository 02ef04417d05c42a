import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { clientPropertyProblem } from '../../src/scenario/clientProperties.js';

const table = new URL('../../src/scenario/clientPropertyTable.ts', import.meta.url).pathname;
const librdkafka = new URL('../../node_modules/node-rdkafka/deps/librdkafka/', import.meta.url);

test('the table is generated from the CONFIGURATION.md of the librdkafka that is installed; `npx vitest run test/scenario/clientProperties.test.ts --update` renews it', async () => {
  const text = tableFrom(readFileSync(new URL('CONFIGURATION.md', librdkafka), 'utf8'));
  await expect(
    await format(text, { ...(await resolveConfig(table, { editorconfig: true })), parser: 'typescript' }),
  ).toMatchFileSnapshot(table);
});

/** Source of the table: a line for each property that takes a value from a file. */
function tableFrom(markdown: string): string {
  const entries = new Map<string, string>();
  for (const line of markdown.split('\n')) {
    const [name = '', user = '', range = '', , , ...description] = line.split('|').map((cell) => cell.trim());
    const about = description.join('|');
    if (!/^[a-z][a-z_.]+$/.test(name) || !/^[CP*]$/.test(user)) continue;
    if (name === 'builtin.features' || about.includes('see dedicated API')) continue;
    // What is global comes first; a topic's property of that name is an older spelling.
    if (entries.has(name)) continue;
    // Of flags several can be given.
    const takes = about.includes('*Type: CSV flags*') ? '' : range;
    entries.set(name, `  ${JSON.stringify(name)}: ${JSON.stringify([user, takes])},`);
  }
  return `// Generated from librdkafka's CONFIGURATION.md by test/scenario/clientProperties.test.ts; do not edit.

/** Consumers, producers, or both. */
export type PropertyUser = 'C' | 'P' | '*';

/**
 * The properties of librdkafka that take a value from a file: who uses each, and what it takes, either a range of
 * numbers or a list of words; an empty text for anything.
 */
export const clientPropertyTable: Readonly<Record<string, readonly [user: PropertyUser, takes: string]>> = {
${[...entries.values()].join('\n')}
};
`;
}

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
