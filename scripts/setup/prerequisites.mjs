// @ts-check
import { spawnSync } from 'node:child_process';

/**
 * Optional features of the Kafka client: the header that the compiler must find, and the packages that hold it.
 */
const features = [
  {
    feature: 'TLS and SCRAM',
    header: 'openssl/ssl.h',
    packages: { apt: 'libssl-dev', dnf: 'openssl-devel', brew: 'openssl@3' },
  },
  {
    feature: 'SASL GSSAPI (Kerberos)',
    header: 'sasl/sasl.h',
    packages: { apt: 'libsasl2-dev', dnf: 'cyrus-sasl-devel', brew: 'cyrus-sasl' },
  },
  {
    feature: 'zstd compression',
    header: 'zstd.h',
    packages: { apt: 'libzstd-dev', dnf: 'libzstd-devel', brew: 'zstd' },
  },
  {
    feature: 'gzip compression',
    header: 'zlib.h',
    packages: { apt: 'zlib1g-dev', dnf: 'zlib-devel', brew: 'zlib' },
  },
];

/** @typedef {'apt' | 'dnf' | 'brew'} Installer */

/**
 * The features that the Kafka client would be built without here, each with the line that mends it.
 */
export function missingFeatures() {
  return features
    .filter(({ header }) => !compilerFinds(header))
    .map(({ feature, packages }) => ({ feature, mend: installLine(packages) }));
}

/**
 * The tools without which nothing can be compiled, each with the line that mends it.
 */
export function missingTools() {
  const tools = [
    { what: 'a C++ compiler', probe: [process.env.CXX ?? 'c++', '--version'] },
    { what: 'make', probe: ['make', '--version'] },
    { what: 'Python 3', probe: ['python3', '--version'] },
  ];
  const packages = {
    apt: 'build-essential python3',
    dnf: 'gcc-c++ make python3',
    brew: 'python3 (and xcode-select --install)',
  };
  return tools
    .filter(({ probe: [command = '', ...args] }) => spawnSync(command, args).status !== 0)
    .map(({ what }) => ({ what, mend: installLine(packages) }));
}

/** @param {string} header */
function compilerFinds(header) {
  const { status } = spawnSync(process.env.CC ?? 'cc', ['-E', '-x', 'c', '-'], {
    input: `#include <${header}>\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return status === 0;
}

/** @param {Record<Installer, string>} packages */
function installLine(packages) {
  if (process.platform === 'darwin') return `brew install ${packages.brew}`;
  if (spawnSync('dnf', ['--version']).status === 0) return `sudo dnf install ${packages.dnf}`;
  return `sudo apt-get install ${packages.apt}`;
}
