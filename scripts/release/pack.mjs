// @ts-check
/**
 * Packs what is built and the compiled Kafka clients of prebuilds/ into one archive that npm installs without compiler,
 * Python or install scripts:
 *
 *   npm run build && npm run release:prebuild && npm run release:pack [-- FOLDER [PREBUILDS]]
 *
 * node-rdkafka travels inside (bundleDependencies), without its sources and without its install script, which would
 * compile an unpatched one. The other dependencies are fetched by npm, in the versions of our lock file.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from '../setup/install.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = resolve(process.argv[2] ?? root);
const prebuilds = resolve(process.argv[3] ?? join(root, 'prebuilds'));
const readJson = (/** @type {string} */ path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

const compiled = existsSync(prebuilds)
  ? readdirSync(prebuilds, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.node'))
      .sort()
  : [];
if (compiled.length === 0) {
  console.error(`pack: no compiled Kafka client in ${prebuilds}: run npm run release:prebuild first`);
  process.exit(2);
}

const stage = mkdtempSync(join(tmpdir(), 'rubin-alert-sim-pack-'));
try {
  stageProgram();
  stageClient(join(stage, 'node_modules', 'node-rdkafka'));
  const { command, args, env } = npm(process.env);
  mkdirSync(target, { recursive: true });
  const { status } = spawnSync(
    command,
    [...args, 'pack', '--ignore-scripts', '--loglevel', 'warn', '--pack-destination', target],
    {
      cwd: stage,
      env,
      stdio: 'inherit',
    },
  );
  if (status !== 0) process.exitCode = 1;
  else console.error(`pack: with ${compiled.join(', ')}`);
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function stageProgram() {
  const { name, version, description, license, type, engines, bin, dependencies } = readJson('package.json');
  const locked = readJson('package-lock.json').packages;
  const exact = Object.keys(dependencies).map((dependency) => [
    dependency,
    dependency === 'node-rdkafka' ? dependencies[dependency] : locked[`node_modules/${dependency}`].version,
  ]);
  const manifest = {
    ...{ name, version, description, license, type, engines, bin },
    dependencies: Object.fromEntries(exact),
    bundleDependencies: ['node-rdkafka'],
  };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const part of ['README.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'scenarios', 'examples']) {
    cpSync(join(root, part), join(stage, part), { recursive: true });
  }
  cpSync(join(root, 'dist', 'src'), join(stage, 'dist', 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  });
}

/** @param {string} folder */
function stageClient(folder) {
  const client = join('node_modules', 'node-rdkafka');
  const { name, version, description, license, main, librdkafka } = readJson(join(client, 'package.json'));
  mkdirSync(folder, { recursive: true });
  // Without `gypfile`, npm would look for a binding.gyp; without `scripts`, nothing is run.
  const manifest = { name, version, description, license, main, librdkafka, gypfile: false };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const part of ['lib', 'LICENSE.txt'])
    cpSync(join(root, client, part), join(folder, part), { recursive: true });
  cpSync(join(root, client, 'deps', 'librdkafka', 'LICENSES.txt'), join(folder, 'LICENSES.librdkafka.txt'));
  cpSync(join(root, 'scripts', 'release', 'prebuiltBinding.cjs'), join(folder, 'librdkafka.js'));
  const sums = compiled.map((file) => {
    cpSync(join(prebuilds, file), join(folder, 'prebuilds', file));
    return `${createHash('sha256')
      .update(readFileSync(join(prebuilds, file)))
      .digest('hex')}  ${file}\n`;
  });
  writeFileSync(join(folder, 'prebuilds', 'SHA256SUMS'), sums.join(''));
}
