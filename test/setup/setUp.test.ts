import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { downloadFault, withHeaders } from '../../scripts/setup/compileBinding.mjs';
import { npm } from '../../scripts/setup/install.mjs';
import { libc } from '../../scripts/setup/native.mjs';
import { availableFeatures } from '../../scripts/setup/prerequisites.mjs';
import { installationFolder } from '../../src/version.js';
import { copyClone, type Clone } from './clone.js';

const nothingToDo = { status: 0, output: '' };

/** A folder with a program of each name, for PATH. */
function programs(texts: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'test-programs-'));
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

describe('a clone that is built', () => {
  let clone: Clone;

  beforeAll(async () => {
    clone = copyClone();
    // The cache gets this clone's own client, as if it had compiled it.
    const [key = '', features = ''] = readFileSync(
      join(clone.root, 'node_modules/node-rdkafka/build/.rubin-alert-sim'),
      'utf8',
    )
      .trim()
      .split(' ');
    const cached = join(clone.cache, 'native', key, features, 'node-librdkafka.node');
    mkdirSync(join(cached, '..'), { recursive: true });
    writeFileSync(cached, readFileSync(clone.binding()));
    expect(await clone.setUp()).toEqual(nothingToDo);
  });

  afterAll(() => {
    clone.remove();
  });

  it('has nothing to do after it was moved, with other times of its files', async () => {
    const moved = `${clone.root} moved`;
    renameSync(clone.root, moved);
    clone.root = moved;
    for (const name of ['src/version.ts', 'src/cli/main.ts', 'package-lock.json']) {
      utimesSync(join(moved, name), 1, 1);
    }
    expect(await clone.setUp()).toEqual(nothingToDo);
  });

  it('is used as it is on a machine without compiler, headers, make and Python', async () => {
    expect(await clone.setUp({ env: { PATH: programs({}) } })).toEqual(nothingToDo);
  });

  it('is compiled again when a source changes, and only then', async () => {
    const file = join(clone.root, 'src', 'version.ts');
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    writeFileSync(file, `${text}\n// changed\n`);
    expect((await clone.setUp()).output).toContain('compiling the program');
    expect(await clone.setUp()).toEqual(nothingToDo);
  }, 120_000);

  it.each([
    ['truncated', 'ELF'],
    ['missing', undefined],
  ])('repairs a Kafka client that is %s, although its stamp is as it should be', async (_name, content) => {
    rmSync(clone.binding());
    if (content !== undefined) writeFileSync(clone.binding(), content);
    expect(await clone.setUp()).toEqual({
      status: 0,
      output: 'setup: took the compiled Kafka client from the cache\n',
    });
    expect(statSync(clone.binding()).size).toBeGreaterThan(1e6);
    expect(await clone.setUp()).toEqual(nothingToDo);
  });

  it('names what is missing where a damaged client can neither be restored nor compiled', async () => {
    const kept = readFileSync(clone.binding());
    rmSync(clone.binding());
    const { status, output } = await clone.setUp({
      env: { PATH: programs({}), RUBIN_ALERT_SIM_CACHE: join(clone.cache, 'none') },
    });
    expect(status).toBe(2);
    expect(output).toMatch(
      /^setup: the Kafka client cannot be compiled here: a C\+\+ compiler and make and bash and Python 3 not found\. To install what it takes: /,
    );
    writeFileSync(clone.binding(), kept);
  });

  it('takes patches with the line ends of Windows', async () => {
    const folder = join(clone.root, 'patches', 'node-rdkafka');
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      writeFileSync(file, readFileSync(file, 'utf8').replace(/\n/g, '\r\n'));
    }
    expect(await clone.setUp()).toEqual(nothingToDo);
    rmSync(clone.binding());
    expect((await clone.setUp()).output).toBe('setup: took the compiled Kafka client from the cache\n');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'can be read-only; without what is built, one sentence says so',
    async () => {
      // Root may write everywhere: another user runs it.
      const other = 65534;
      chmodSync(join(clone.root, '..'), 0o755);
      const built = await clone.setUp({ uid: other });
      expect(built).toEqual(nothingToDo);
      renameSync(join(clone.root, 'dist'), join(clone.root, 'dist.away'));
      const { status, output } = await clone.setUp({ uid: other });
      renameSync(join(clone.root, 'dist.away'), join(clone.root, 'dist'));
      expect(status).toBe(2);
      expect(output).toMatch(/^setup: .*a clone moved\/? is read-only and not built yet: [^\n]*\n$/);
    },
  );

  it("rejects Yarn's Plug'n'Play in one sentence", async () => {
    const pnp = join(clone.cache, 'pnp.cjs');
    writeFileSync(pnp, "Object.defineProperty(process.versions, 'pnp', { value: '3' });");
    const { status, output } = await clone.setUp({ node: ['--require', pnp] });
    expect({ status, output }).toEqual({
      status: 2,
      output: "setup: Yarn's Plug'n'Play does not work here: use npm (npm start)\n",
    });
  });
});

describe('an old Node', () => {
  const old = programs({});
  writeFileSync(
    join(old, 'old.cjs'),
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } });",
  );

  it.each([['scripts/setup.mjs'], ['dist/src/cli/main.js']])('gets one sentence from %s', (script) => {
    let stderr = '';
    try {
      execFileSync(process.execPath, ['--require', join(old, 'old.cjs'), join(installationFolder, script)], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (thrown) {
      ({ stderr } = thrown as { stderr: string });
    }
    expect(stderr).toMatch(/needs Node 20 or newer; this is Node 18\.20\.4 \(https:\/\/nodejs\.org\)\n$/);
  });

  it.each([['scripts/setup.mjs'], ['src/cli/main.ts']])(
    'can read %s: no newer syntax, no static import',
    (script) => {
      const text = readFileSync(join(installationFolder, script), 'utf8').replace(
        /`[^`]*`|'[^']*'|\/\/.*|\/\*[^]*?\*\//g,
        '',
      );
      expect(text).not.toMatch(/\?\.|\?\?|^import |^export |^await |(?<!async )\bawait\b/m);
    },
  );
});

describe('a checkout with core.autocrlf', () => {
  it('has the line ends of Unix', () => {
    const folder = mkdtempSync(join(tmpdir(), 'test-crlf-'));
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
    git('init', '--quiet');
    git('config', 'core.autocrlf', 'true');
    const files = [
      '.gitattributes',
      '.ci/run',
      'scripts/setup.mjs',
      'patches/node-rdkafka/0001-batched-delivery-reports.patch',
    ];
    for (const file of files) {
      mkdirSync(join(folder, file, '..'), { recursive: true });
      writeFileSync(join(folder, file), readFileSync(join(installationFolder, file)));
    }
    git('add', '.');
    for (const file of files) rmSync(join(folder, file));
    git('checkout', '--', '.gitattributes');
    git('checkout', '--', '.');
    expect(files.filter((file) => readFileSync(join(folder, file), 'utf8').includes('\r'))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe('what installs', () => {
  it.each([
    [
      'npm',
      '/usr/lib/node_modules/npm/bin/npm-cli.js',
      [process.execPath, '/usr/lib/node_modules/npm/bin/npm-cli.js'],
      true,
    ],
    ['pnpm', '/home/me/.local/share/pnpm/bin/pnpm.cjs', ['npm'], false],
    ['yarn', '/usr/share/yarn/bin/yarn.js', ['npm'], false],
    ['node alone', undefined, ['npm'], true],
  ])('is npm under %s, with the settings of the user', (_name, running, words, keepsSettings) => {
    const env = { PATH: '/bin', npm_config_registry: 'https://registry.yarnpkg.com', npm_execpath: running };
    const found = npm(env);
    expect([found.command, ...found.args]).toEqual(words);
    expect('npm_config_registry' in found.env).toBe(keepsSettings);
  });
});

describe('what the machine has', () => {
  const path = process.env.PATH;
  const cc = process.env.CC;

  afterAll(() => {
    process.env.PATH = path;
    if (cc === undefined) delete process.env.CC;
    else process.env.CC = cc;
  });

  it("are those of the Node that runs, whatever a user's .npmrc says", () => {
    const env = { PATH: '/bin', npm_config_nodedir: '/usr', NPM_CONFIG_NODEDIR: '/opt' };
    expect(withHeaders(env, '/node-22')).toEqual({ PATH: '/bin', npm_config_nodedir: '/node-22' });
    expect(withHeaders(env, undefined)).toEqual({ PATH: '/bin' });
  });

  it("finds Homebrew's OpenSSL, which is not on the compiler's path", () => {
    const prefix = mkdtempSync(join(tmpdir(), 'test-openssl@3-'));
    mkdirSync(join(prefix, 'include', 'openssl'), { recursive: true });
    writeFileSync(join(prefix, 'include', 'openssl', 'ssl.h'), '');
    const folder = programs({
      brew: `[ "$1 $2" = "--prefix openssl@3" ] && echo ${prefix} || exit 1`,
      'cc-without-headers': 'true',
    });
    symlinkSync('/bin/sh', join(folder, 'sh'));
    process.env.PATH = folder;
    process.env.CC = 'cc-without-headers';
    const { available, prefixes } = availableFeatures('darwin');
    expect(available.map(({ name }) => name)).toEqual(['ssl']);
    expect(prefixes).toEqual([prefix]);
    expect(availableFeatures('linux')).toEqual({ available: [], prefixes: [] });
  });

  it.skipIf(process.platform !== 'linux')('knows the C library', () => {
    const hasMusl = readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
    expect(libc()).toBe(hasMusl ? 'musl' : 'glibc');
  });
});

describe("Node's headers", () => {
  it.each([
    ['127.0.0.1:2', /ECONNREFUSED/],
    ['no-such-host.invalid', /its server is not found/],
  ])('that cannot be fetched from %s are named with the reason', (host, reason) => {
    const nodeGyp = join(installationFolder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
    const args = [
      nodeGyp,
      'install',
      '--target=20.0.1',
      `--dist-url=http://${host}`,
      `--devdir=${programs({})}`,
    ];
    const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    const fault = downloadFault(stderr);
    expect(fault).toMatch(reason);
    expect(fault).toContain(`http://${host}/v20.0.1/node-v20.0.1-headers.tar.gz: `);
  });
});
