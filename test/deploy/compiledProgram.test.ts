import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installationFolder } from '../../src/version.js';

const run = promisify(execFile);

/** The compiled program as an image or a package holds it: without sources. */
let program: string;

beforeAll(async () => {
  program = await mkdtemp(join(tmpdir(), 'test-compiled-'));
  await cp(join(installationFolder, 'dist', 'src'), join(program, 'dist', 'src'), { recursive: true });
  await cp(join(installationFolder, 'package.json'), join(program, 'package.json'));
  await symlink(join(installationFolder, 'node_modules'), join(program, 'node_modules'));
});

afterAll(() => rm(program, { recursive: true }));

it.each([
  ['the alert schema', 'alerts/synthetic/schemaText.js', "syntheticSchemaText().includes('lsst.v11_0')"],
  ["Rubin's schemas", 'alerts/rubinSchemas.js', 'rubinSchema(1000) !== undefined'],
  [
    'the lists of what Kafka is made of',
    'broker/distribution.js',
    "readDistribution('4.1.2').files.length > 0",
  ],
  [
    "the report's script and styles",
    'report/html/page.js',
    "pageText({ title: '', header: new Markup(''), body: new Markup(''), footer: new Markup('') }).length > 0",
  ],
])('without src/, the compiled program finds %s', async (_what, module, holds) => {
  const text = `
    const { Markup } = await import('./dist/src/report/html/markup.js');
    const { ${/^\w+/.exec(holds)?.[0] ?? ''} } = await import('./dist/src/${module}');
    console.log(${holds});`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', text], { cwd: program });
  expect(stdout).toBe('true\n');
});
