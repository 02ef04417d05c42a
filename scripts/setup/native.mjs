// @ts-check
/**
 * The native Kafka binding: patches it (patches/node-rdkafka), compiles it once, and keeps the result in the
 * user's cache folder, so that another clone, or a fresh `npm ci`, does not compile it again.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { missingFeatures, missingTools } from './prerequisites.mjs';
import { digest, readStamp, runLogged, SetupError, writeStamp } from './step.mjs';

/** What the binding loads at run time, below its build folder. */
const builtFiles = ['Release/node-librdkafka.node', 'deps/librdkafka.so.1', 'deps/librdkafka++.so.1'];

/**
 * @param {string} root the top folder of the clone
 */
export async function buildBinding(root) {
  const binding = join(root, 'node_modules', 'node-rdkafka');
  if (!existsSync(binding)) {
    throw new SetupError('the dependencies are not installed: run npm ci first, or npm start, which does it');
  }
  const missing = missingFeatures();
  const key = bindingKey(root, binding, missing);
  const stampFile = join(binding, 'build', '.rubin-alert-sim');
  if (readStamp(stampFile) === key) return;

  await applyPatches(root, binding);
  const cached = join(await cacheFolder(root), 'native', key);
  if (restore(cached, binding) && loads(root)) {
    sayWhatIsLeftOut(missing);
    writeStamp(stampFile, key);
    console.error('setup: took the compiled Kafka client from the cache');
    return;
  }
  const tools = missingTools();
  if (tools.length > 0) {
    throw new SetupError(
      `the Kafka client cannot be compiled here: ${tools.map((tool) => tool.what).join(' and ')} not found. ` +
        `To mend it: ${tools[0]?.mend ?? ''}`,
    );
  }
  sayWhatIsLeftOut(missing);
  rmSync(join(binding, 'build'), { recursive: true, force: true });
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  await runLogged(
    'compiling the Kafka client, once (about two minutes)',
    command,
    [...first, 'rebuild', 'node-rdkafka', '--ignore-scripts=false', '--foreground-scripts'],
    {
      cwd: root,
      logFile: join(root, 'dist', 'setup-native.log'),
      env: { ...process.env, ...localNodeHeaders() },
    },
  );
  if (!loads(root))
    throw new SetupError(`the Kafka client was compiled but does not load: ${loadError(root)}`);
  store(binding, cached);
  writeStamp(stampFile, key);
}

/** @param {{feature: string, mend: string}[]} missing */
function sayWhatIsLeftOut(missing) {
  for (const { feature, mend } of missing) {
    console.error(
      `setup: the Kafka client comes without ${feature}. To have it: ${mend}, then run this again.`,
    );
  }
}

/**
 * What decides whether a compiled binding fits: its version, our patches, Node's ABI, and the features.
 *
 * @param {string} root
 * @param {string} binding
 * @param {{feature: string}[]} missing
 */
function bindingKey(root, binding, missing) {
  const { version } = JSON.parse(readFileSync(join(binding, 'package.json'), 'utf8'));
  return digest([
    version,
    ...patchFiles(root).map((file) => readFileSync(file, 'utf8')),
    process.versions.modules,
    process.platform,
    process.arch,
    ...missing.map((item) => item.feature),
  ]);
}

/** @param {string} root */
function patchFiles(root) {
  const folder = join(root, 'patches', 'node-rdkafka');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Applies our patches to the pristine sources; a pristine copy of each patched file is kept beside the package,
 * so that a changed patch starts from the original again.
 *
 * @param {string} root
 * @param {string} binding
 */
async function applyPatches(root, binding) {
  /** @type {typeof import('diff')} */
  const { applyPatch, parsePatch } = await import('diff');
  const pristine = join(root, 'node_modules', '.rubin-alert-sim-pristine');
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const patchFile of patchFiles(root)) {
    for (const patch of parsePatch(readFileSync(patchFile, 'utf8'))) {
      const name = (patch.newFileName ?? '').replace(/^b\//, '');
      if (name === '') continue;
      const original = join(pristine, name);
      if (!existsSync(original)) {
        mkdirSync(dirname(original), { recursive: true });
        cpSync(join(binding, name), original);
      }
      const patched = applyPatch(texts.get(name) ?? readFileSync(original, 'utf8'), patch);
      if (patched === false) {
        throw new SetupError(
          `${patchFile} does not fit ${name} of the installed node-rdkafka: remove node_modules and run npm start again`,
        );
      }
      texts.set(name, patched);
    }
  }
  for (const [name, text] of texts) writeFileSync(join(binding, name), text);
}

/**
 * Node's own headers, where they lie beside the running Node: then the build needs no download.
 */
function localNodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
}

/**
 * @param {string} cached
 * @param {string} binding
 */
function restore(cached, binding) {
  if (!builtFiles.every((file) => existsSync(join(cached, file)))) return false;
  for (const file of builtFiles) {
    const target = join(binding, 'build', file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(cached, file), target);
  }
  return true;
}

/**
 * @param {string} binding
 * @param {string} cached
 */
function store(binding, cached) {
  // Elsewhere the libraries carry the absolute path that they were built in.
  if (process.platform !== 'linux') return;
  const partial = `${cached}.${process.pid}`;
  for (const file of builtFiles) {
    mkdirSync(dirname(join(partial, file)), { recursive: true });
    cpSync(join(binding, 'build', file), join(partial, file), { dereference: true });
  }
  rmSync(cached, { recursive: true, force: true });
  renameSync(partial, cached);
}

/** @param {string} root */
function loads(root) {
  return loadError(root) === '';
}

/** @param {string} root */
function loadError(root) {
  const { status, stderr } = spawnSync(process.execPath, ['-e', "require('node-rdkafka')"], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stderr.trim();
}

/** @param {string} root */
async function cacheFolder(root) {
  const fromEnvironment = process.env.RUBIN_ALERT_SIM_CACHE;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  const require = createRequire(join(root, 'package.json'));
  const { default: envPaths } = await import(pathToFileURL(require.resolve('env-paths')).href);
  return envPaths('rubin-alert-sim', { suffix: '' }).cache;
}
