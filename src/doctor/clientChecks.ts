import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { AlertSimError } from '../errors.js';
import { installationFolder } from '../version.js';
import type { Check, Finding } from './check.js';

interface ClientFacts {
  readonly version: string;
  readonly features: readonly string[];
  readonly patched: boolean;
}

interface Prerequisites {
  missingFeatures(): readonly { feature: string; mend: string }[];
  missingTools(): readonly { what: string; mend: string }[];
}

const rebuildLine = 'npm run build';

/** What librdkafka calls the features that matter here, with the name that a user knows. */
const wantedFeatures = [
  ['ssl', 'TLS'],
  ['sasl_scram', 'SCRAM'],
  ['zstd', 'zstd'],
  ['lz4', 'lz4'],
  ['snappy', 'snappy'],
  ['gzip', 'gzip'],
] as const;

/** The native Kafka client: loaded in a process of its own, since one that does not load must not end the doctor. */
export const clientCheck: Check = {
  name: 'Kafka client',
  run: async () => {
    const facts = await clientFacts();
    if (typeof facts === 'string') {
      return { state: 'missing', detail: `does not load: ${facts}`, mend: rebuildLine, fix: rebuild };
    }
    const detail = `librdkafka ${facts.version}`;
    return facts.patched
      ? { state: 'works', detail: `${detail}, patched for batched acknowledgements` }
      : {
          state: 'limited',
          detail: `${detail} without our patches: acknowledgements come one by one`,
          mend: rebuildLine,
          fix: rebuild,
        };
  },
};

/** TLS, SASL and the compression codecs: left out of the client where their headers were missing at build time. */
export const featuresCheck: Check = {
  name: 'TLS, SASL, codecs',
  run: async () => {
    const facts = await clientFacts();
    if (typeof facts === 'string') return { state: 'missing', detail: 'the Kafka client does not load' };
    const missing = wantedFeatures
      .filter(([feature]) => !facts.features.includes(feature))
      .map(([, name]) => name);
    if (missing.length === 0) {
      return { state: 'works', detail: wantedFeatures.map(([, name]) => name).join(', ') };
    }
    const mends = (await prerequisites()).missingFeatures().map(({ mend }) => mend);
    // With the headers here by now, building again is all that is left to do.
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

async function clientFacts(): Promise<ClientFacts | string> {
  const program = `
    const k = require('node-rdkafka');
    const patched = 'setDeliveryBatching' in k.Producer.prototype;
    process.stdout.write(JSON.stringify({ version: k.librdkafkaVersion, features: k.features, patched }));`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], {
      cwd: installationFolder,
    });
    return JSON.parse(stdout) as ClientFacts;
  } catch (thrown) {
    const { stderr } = thrown as { stderr?: string };
    return /Error: (.*)/.exec(stderr ?? '')?.[1] ?? String(thrown);
  }
}

/** Shared with the set-up script, which is plain JavaScript since it runs before anything is compiled. */
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
