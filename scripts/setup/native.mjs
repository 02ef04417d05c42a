// @ts-check
/**
 * The native Kafka binding: patches it (patches/node-rdkafka), compiles it once, and keeps the result in the
 * user's cache folder, so that another clone, or a fresh `npm ci`, does not compile it again.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bindingGyp, compileBinding, configureArguments } from './compileBinding.mjs';
import { applyPatches, patchTexts } from './patches.mjs';
import { availableFeatures, features, missingTools, withFix } from './prerequisites.mjs';
import { digest, readStamp, requireWritable, SetupError, writeStamp } from './step.mjs';

/**
 * @param {string} root the top folder of the clone
 */
export async function buildBinding(root) {
  const binding = join(root, 'node_modules', 'node-rdkafka');
  if (!existsSync(binding)) {
    throw new SetupError('the dependencies are not installed: run npm ci first, or npm start, which does it');
  }
  const base = baseKey(root, binding);
  const file = join(binding, 'build', 'Release', 'node-librdkafka.node');
  const stampFile = join(binding, 'build', '.rubin-alert-sim');
  const [builtBase, builtWith = ''] = readStamp(stampFile).split(' ');
  const builtFeatures = builtWith.split('+');
  const built = builtBase === base && loads(root);
  // With everything in it there is nothing to look for.
  if (built && features.every(({ name }) => builtFeatures.includes(name))) return;
  const { available, prefixes } = availableFeatures();
  // A machine without the headers of what is in it already, a compute node for one, uses it as it is.
  if (built && available.every(({ name }) => builtFeatures.includes(name))) return;

  requireWritable(root);
  await applyPatches(root, binding);
  const wanted = available.map(({ name }) => name);
  const folderName = wanted.join('+') || 'plain';
  const cache = join(await cacheFolder(root), 'native', base);
  const cached = restore(cache, wanted, file, root);
  if (cached !== undefined) {
    reportLeftOut(features.filter(({ name }) => !cached.includes(name)));
    writeStamp(stampFile, `${base} ${cached.join('+')}`);
    console.error('setup: took the compiled Kafka client from the cache');
    return;
  }
  requireTools();
  reportLeftOut(features.filter((feature) => !available.includes(feature)));
  await compileBinding(root, [{ file }], { available, prefixes });
  const failure = loadFailure(root);
  if (failure !== '') throw new SetupError(`the Kafka client was compiled but does not load: ${failure}`);
  store(file, join(cache, folderName, 'node-librdkafka.node'));
  writeStamp(stampFile, `${base} ${folderName}`);
}

function requireTools() {
  const tools = missingTools();
  if (tools.length === 0) return;
  throw new SetupError(
    `the Kafka client cannot be compiled here: ${tools.map((tool) => tool.what).join(' and ')} not found. ` +
      `To install what it takes: ${tools[0]?.mend ?? ''}`,
  );
}

/** @param {import('./prerequisites.mjs').Feature[]} left */
function reportLeftOut(left) {
  for (const { feature, mend } of left.map(withFix)) {
    console.error(
      `setup: the Kafka client comes without ${feature}. To have it: ${mend}, then run this again.`,
    );
  }
}

/**
 * What decides whether a compiled binding fits, apart from its features: its version, our patches, how it is built,
 * and what it is built for.
 *
 * @param {string} root
 * @param {string} binding
 */
export function baseKey(root, binding) {
  const { version } = JSON.parse(readFileSync(join(binding, 'package.json'), 'utf8'));
  const everything = { available: [...features] };
  return digest([
    version,
    ...patchTexts(root).map(({ text }) => text),
    JSON.stringify([configureArguments(everything), bindingGyp(everything, [])]),
    process.versions.modules,
    process.platform,
    process.arch,
    libc(),
  ]);
}

/**
 * The C library that Node runs on, where there are several: their programs do not mix.
 *
 * @returns {'glibc' | 'musl' | ''}
 */
export function libc() {
  if (process.platform !== 'linux') return '';
  // Without this it looks up the names of the network's addresses, which takes its time.
  const report = Object.assign(process.report ?? {}, { excludeNetwork: true });
  const { header } = /** @type {{header: {glibcVersionRuntime?: string}}} */ (report.getReport());
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/**
 * Takes a binding from the cache that loads and has at least the wanted features.
 *
 * @param {string} cache
 * @param {string[]} wanted
 * @param {string} file where it belongs
 * @param {string} root
 * @returns {string[] | undefined} the features that it has
 */
function restore(cache, wanted, file, root) {
  if (!existsSync(cache)) return undefined;
  const candidates = readdirSync(cache)
    .map((name) => ({ folder: join(cache, name), has: name.split('+') }))
    .filter(({ has }) => wanted.every((name) => has.includes(name)))
    .sort((one, other) => one.has.length - other.has.length);
  return candidates.find(({ folder }) => {
    const cached = join(folder, 'node-librdkafka.node');
    if (!existsSync(cached)) return false;
    copy(cached, file);
    return loads(root);
  })?.has;
}

/**
 * A cache that cannot be written is no reason to fail.
 *
 * @param {string} file
 * @param {string} cached
 */
function store(file, cached) {
  try {
    copy(file, cached);
  } catch (error) {
    console.error(`setup: the compiled Kafka client was not kept for other clones: ${String(error)}`);
  }
}

/**
 * Whole or not at all, also where two set-ups do it at the same time.
 *
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.${process.pid}`);
  renameSync(`${to}.${process.pid}`, to);
}

/** @param {string} root */
function loads(root) {
  return loadFailure(root) === '';
}

/**
 * Loads the binding in a process of its own: a damaged one can end the process.
 *
 * @param {string} root
 * @returns {string} the error, or an empty text
 */
function loadFailure(root) {
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', "require('node-rdkafka')"], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stderr.trim() || String(signal);
}

/** @param {string} root */
async function cacheFolder(root) {
  const fromEnvironment = process.env.RUBIN_ALERT_SIM_CACHE;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  const require = createRequire(join(root, 'package.json'));
  const { default: envPaths } = await import(pathToFileURL(require.resolve('env-paths')).href);
  return envPaths('rubin-alert-sim', { suffix: '' }).cache;
}
