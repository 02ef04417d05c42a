import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { AlertSimError, messageOf } from '../errors.js';
import { loadFailure } from '../kafka/library.js';
import { installationFolder, isClone } from '../version.js';
import type { Check, Finding } from './check.js';

/** What a separate process found when it loaded the client. */
type LoadedClient =
  | {
      readonly kind: 'loaded';
      readonly version: string;
      readonly features: readonly string[];
      readonly patched: boolean;
    }
  | { readonly kind: 'failed'; readonly reason: string };

interface Prerequisites {
  missingFeatures(): readonly { feature: string; mend: string }[];
  missingTools(): readonly { what: string; mend: string }[];
}

const rebuildLine = 'npm run build';

/** librdkafka's names for the features that matter here, with the name that a user knows. */
const wantedFeatures = [
  ['ssl', 'TLS'],
  ['sasl_scram', 'SCRAM'],
  ['zstd', 'zstd'],
  ['lz4', 'lz4'],
  ['snappy', 'snappy'],
  ['gzip', 'gzip'],
] as const;

/**
 * The native Kafka client: loaded in a separate process, because a damaged one can crash the process that
 * loads it.
 */
export const clientCheck: Check = {
  name: 'Kafka client',
  run: async () => {
    const client = await loadedClient();
    if (client.kind === 'failed')
      return { state: 'missing', detail: `does not load: ${loadFailure(client.reason)}`, ...repair() };
    const detail = `librdkafka ${client.version}`;
    return client.patched
      ? { state: 'works', detail: `${detail}, patched for batched acknowledgements` }
      : {
          state: 'missing',
          detail: `${detail} was built without our patches, which every command that uses Kafka needs`,
          ...repair(),
        };
  },
};

/**
 * TLS, SASL and the compression codecs: left out of the client where their headers were missing at build
 * time.
 */
export const featuresCheck: Check = {
  name: 'TLS, SASL, codecs',
  run: async () => {
    const client = await loadedClient();
    if (client.kind === 'failed') return { state: 'missing', detail: 'the Kafka client does not load' };
    const missing = wantedFeatures
      .filter(([feature]) => !client.features.includes(feature))
      .map(([, name]) => name);
    if (missing.length === 0) {
      return { state: 'works', detail: wantedFeatures.map(([, name]) => name).join(', ') };
    }
    if (!isClone)
      return { state: 'limited', detail: `the Kafka client was built without ${missing.join(', ')}` };
    const mends = (await prerequisites()).missingFeatures().map(({ mend }) => mend);
    // With the headers installed by now, building again is all that is left to do.
    return {
      state: 'limited',
      detail: `the Kafka client was built without ${missing.join(', ')}`,
      mend: [...mends, rebuildLine].join(' && '),
      ...(mends.length === 0 ? { fix: rebuild } : {}),
    };
  },
};

/** Compiler, make and Python: needed to build the client, not to use it. */
export const toolchainCheck: Check = {
  name: 'C++ toolchain',
  run: async (): Promise<Finding> => {
    if (!isClone) return { state: 'works', detail: 'not needed: the client comes compiled' };
    const missing = (await prerequisites()).missingTools();
    return missing.length === 0
      ? { state: 'works', detail: 'compiler, make and Python 3' }
      : {
          state: 'limited',
          detail: `${missing.map(({ what }) => what).join(', ')} not found: the Kafka client cannot be built again`,
          mend: missing[0]?.mend ?? '',
        };
  },
};

async function loadedClient(): Promise<LoadedClient> {
  const program = `
    const print = (found) => process.stdout.write(JSON.stringify(found));
    try {
      const k = require('node-rdkafka');
      const patched = 'setDeliveryBatching' in k.Producer.prototype;
      print({ kind: 'loaded', version: k.librdkafkaVersion, features: k.features, patched });
    } catch (error) {
      print({ kind: 'failed', reason: error.message });
    }`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], {
      cwd: installationFolder,
    });
    return JSON.parse(stdout) as LoadedClient;
  } catch (thrown) {
    const { signal } = thrown as { signal?: string | null };
    return { kind: 'failed', reason: `it crashes Node (${signal ?? messageOf(thrown)})` };
  }
}

/** In a clone it can be built again; an installed package has what it was packed with. */
function repair(): Pick<Finding, 'mend' | 'fix'> {
  return isClone
    ? { mend: rebuildLine, fix: rebuild }
    : {
        mend: 'install the package again, with a Node that it carries a client for; or use a clone, which compiles one',
      };
}

/** Shared with the set-up script, which is plain JavaScript because it runs before anything is compiled. */
async function prerequisites(): Promise<Prerequisites> {
  const file = join(installationFolder, 'scripts', 'setup', 'prerequisites.mjs');
  return (await import(pathToFileURL(file).href)) as Prerequisites;
}

async function rebuild(): Promise<void> {
  const code = await new Promise((resolve, reject) => {
    const script = join(installationFolder, 'scripts', 'setup.mjs');
    spawn(process.execPath, [script, '--no-install'], { cwd: installationFolder, stdio: 'inherit' })
      .on('error', reject)
      .on('close', resolve);
  });
  if (code !== 0) throw new AlertSimError('MISSING_PREREQUISITE', 'the Kafka client could not be built');
}
