import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installationFolder } from '../../src/version.js';

/** A copy of this clone that a test may damage, in a folder with a space. */
export interface Clone {
  root: string;
  /** The cache folder of its own. */
  readonly cache: string;
  /** Its compiled Kafka client. */
  readonly binding: () => string;
  /** Runs its set-up as npm run build does. */
  readonly setUp: (options?: SetUpOptions) => Promise<{ status: number; output: string }>;
  readonly remove: () => void;
}

export interface SetUpOptions {
  /** Differences from this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly node?: readonly string[];
  /** The user that runs it, where the test is root. */
  readonly uid?: number;
}

/**
 * Copies what git has of this clone, with its dependencies and what is built.
 *
 * @param parts - the folders besides the files that git knows: `node_modules`, `dist`
 */
export function copyClone(parts: readonly string[] = ['node_modules', 'dist']): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'test set-up '));
  const clone: Clone = {
    root: join(folder, 'a clone'),
    cache: join(folder, 'a cache'),
    binding: () =>
      join(clone.root, 'node_modules', 'node-rdkafka', 'build', 'Release', 'node-librdkafka.node'),
    setUp: async ({ env, node = [], uid } = {}) => {
      const args = [...node, join(clone.root, 'scripts', 'setup.mjs'), '--no-install'];
      const environment = { ...process.env, RUBIN_ALERT_SIM_CACHE: clone.cache, ...env };
      try {
        const done = await promisify(execFile)(process.execPath, args, {
          cwd: clone.root,
          env: environment,
          ...(uid === undefined ? {} : { uid, gid: uid }),
        });
        return { status: 0, output: done.stdout + done.stderr };
      } catch (thrown) {
        const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
        return { status: code, output: stdout + stderr };
      }
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const known = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: installationFolder,
    encoding: 'utf8',
  });
  for (const name of known.split('\0').filter((path) => path !== '')) {
    mkdirSync(dirname(join(clone.root, name)), { recursive: true });
    cpSync(join(installationFolder, name), join(clone.root, name));
  }
  if (parts.includes('dist'))
    cpSync(join(installationFolder, 'dist'), join(clone.root, 'dist'), { recursive: true });
  const packages = 'node_modules';
  if (parts.includes(packages)) {
    copyLinked(join(installationFolder, packages), join(clone.root, packages));
    // The set-up writes into this one.
    const binding = join(packages, 'node-rdkafka');
    rmSync(join(clone.root, binding), { recursive: true });
    cpSync(join(installationFolder, binding), join(clone.root, binding), { recursive: true });
  }
  return clone;
}

/** Hundreds of megabytes: linked where the system can do that. Nothing may write into these files. */
function copyLinked(from: string, to: string): void {
  try {
    execFileSync('cp', ['-Rl', from, to], { stdio: 'ignore' });
  } catch {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  }
}
