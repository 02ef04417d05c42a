// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Feature an optional part of the Kafka client
 * @property {string} name what librdkafka calls it
 * @property {string} feature what users call it
 * @property {string} option its name among the options of librdkafka's configure
 * @property {string} header the header that the compiler must find
 * @property {string} [library] what is linked for it; TLS comes from Node, which brings OpenSSL
 * @property {{apt: string, dnf: string, apk: string, brew: string}} packages what holds the header
 */

/** @type {readonly Feature[]} */
export const features = [
  {
    name: 'ssl',
    feature: 'TLS and SCRAM',
    option: 'ssl',
    header: 'openssl/ssl.h',
    packages: { apt: 'libssl-dev', dnf: 'openssl-devel', apk: 'openssl-dev', brew: 'openssl@3' },
  },
  {
    name: 'sasl_gssapi',
    feature: 'SASL GSSAPI (Kerberos)',
    option: 'gssapi',
    header: 'sasl/sasl.h',
    library: 'sasl2',
    packages: { apt: 'libsasl2-dev', dnf: 'cyrus-sasl-devel', apk: 'cyrus-sasl-dev', brew: 'cyrus-sasl' },
  },
  {
    name: 'zstd',
    feature: 'zstd compression',
    option: 'zstd',
    header: 'zstd.h',
    library: 'zstd',
    packages: { apt: 'libzstd-dev', dnf: 'libzstd-devel', apk: 'zstd-dev', brew: 'zstd' },
  },
  {
    name: 'gzip',
    feature: 'gzip compression',
    option: 'zlib',
    header: 'zlib.h',
    library: 'z',
    packages: { apt: 'zlib1g-dev', dnf: 'zlib-devel', apk: 'zlib-dev', brew: 'zlib' },
  },
];

/**
 * The features whose headers the compiler finds, or Homebrew has, and Homebrew's folders of them: openssl@3 is
 * "keg-only", and on Apple's own processors nothing of Homebrew is on the compiler's path.
 *
 * @param {NodeJS.Platform} platform
 * @returns {{available: Feature[], prefixes: string[]}}
 */
export function availableFeatures(platform = process.platform) {
  const found = compilerFinds(features.map(({ header }) => header));
  const available = features.filter(({ header }) => found.includes(header));
  /** @type {string[]} */
  const prefixes = [];
  if (platform === 'darwin') {
    for (const feature of features) {
      const { status, stdout } = spawnSync('brew', ['--prefix', feature.packages.brew], { encoding: 'utf8' });
      const prefix = status === 0 ? stdout.trim() : '';
      if (prefix === '' || !existsSync(join(prefix, 'include', feature.header))) continue;
      prefixes.push(prefix);
      if (!available.includes(feature)) available.push(feature);
    }
  }
  return { available, prefixes };
}

/**
 * The features that the Kafka client would be built without here, each with the command that installs its headers.
 */
export function missingFeatures() {
  const { available } = availableFeatures();
  return features.filter((feature) => !available.includes(feature)).map(withFix);
}

/** @param {Feature} feature */
export function withFix({ feature, packages }) {
  return { feature, mend: installLine(packages) };
}

/**
 * The tools without which nothing can be compiled, each with the command that installs them.
 */
export function missingTools() {
  const tools = [
    { what: 'a C++ compiler', probe: [process.env.CXX ?? 'c++', '--version'] },
    { what: 'make', probe: ['make', '--version'] },
    { what: 'bash', probe: ['bash', '--version'] },
    { what: 'Python 3', probe: ['python3', '--version'] },
  ];
  const packages = {
    apt: 'g++ make python3',
    dnf: 'gcc-c++ make python3',
    apk: 'g++ make bash python3',
    brew: 'python3 (and xcode-select --install)',
  };
  return tools
    .filter(({ probe: [command = '', ...args] }) => spawnSync(command, args).status !== 0)
    .map(({ what }) => ({ what, mend: installLine(packages) }));
}

/** @param {string[]} headers */
function compilerFinds(headers) {
  const probe = headers
    .map((header) => `#if __has_include(<${header}>)\nfound "${header}"\n#endif\n`)
    .join('');
  const { stdout } = spawnSync(process.env.CC ?? 'cc', ['-E', '-x', 'c', '-'], {
    input: probe,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return headers.filter((header) => (stdout ?? '').includes(`found "${header}"`));
}

/** @param {Feature['packages']} packages */
function installLine(packages) {
  if (process.platform === 'darwin') return `brew install ${packages.brew}`;
  if (spawnSync('dnf', ['--version']).status === 0) return `sudo dnf install ${packages.dnf}`;
  if (spawnSync('apk', ['--version']).status === 0) return `apk add ${packages.apk}`;
  return `sudo apt-get install ${packages.apt}`;
}
