// @ts-check
/**
 * Compiles Kafka clients that other machines of this platform can use, into prebuilds/:
 *
 *   node scripts/release/prebuild.mjs [FOLDER...]
 *
 * one for the Node that runs this, and one for each folder with the include/node of another Node. What it needs beyond
 * the C and C++ libraries is linked in (zstd, zlib) or comes from Node (OpenSSL); Kerberos is left out, because it
 * would need Cyrus SASL's library and plugins on every machine. glibc: what is compiled on Debian 12 runs from 2.34 on.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBinding } from '../setup/compileBinding.mjs';
import { libc } from '../setup/native.mjs';
import { applyPatches } from '../setup/patches.mjs';
import { availableFeatures } from '../setup/prerequisites.mjs';
import { SetupError } from '../setup/step.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const needed = ['ssl', 'zstd', 'gzip'];

try {
  const { available, prefixes } = availableFeatures();
  const packed = available.filter(({ name }) => needed.includes(name));
  if (packed.length < needed.length) {
    throw new SetupError(
      `a release has ${needed.join(', ')}; here are headers of ${packed.map(({ name }) => name).join(', ')} only`,
    );
  }
  await applyPatches(root, join(root, 'node_modules', 'node-rdkafka'));
  const others = process.argv.slice(2).map((headers) => ({ file: prebuiltFile(abiOf(headers)), headers }));
  await compileBinding(root, [{ file: prebuiltFile(process.versions.modules) }, ...others], {
    available: packed,
    prefixes,
    portable: true,
  });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`prebuild: ${error.message}`);
  process.exitCode = 2;
}

/**
 * The name that prebuildify would give it.
 *
 * @param {string} abi
 */
function prebuiltFile(abi) {
  const tags = ['node-librdkafka', `abi${abi}`, libc(), 'node'].filter((tag) => tag !== '');
  return join(root, 'prebuilds', `${process.platform}-${process.arch}`, tags.join('.'));
}

/** @param {string} headers */
function abiOf(headers) {
  const text = readFileSync(join(headers, 'include', 'node', 'node_version.h'), 'utf8');
  return /#define NODE_MODULE_VERSION (\d+)/.exec(text)?.[1] ?? '';
}
