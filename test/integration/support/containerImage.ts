import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../src/broker/cacheFolder.js';
import { installationFolder } from '../../../src/version.js';

const run = promisify(execFile);

/** The image that the Dockerfile makes, with its file system mounted on this machine. */
export interface ContainerImage {
  /** The folder that is its `/`. */
  readonly root: string;
  /** From the Dockerfile's ENTRYPOINT, ENV, USER and WORKDIR. */
  readonly config: ImageConfig;
}

interface ImageConfig {
  readonly Entrypoint: readonly string[];
  readonly Env: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
}

export interface ContainerResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why no image can be built here, or undefined. */
export function whyNoImage(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'building an image needs root on Linux';
  const missing = ['buildah', 'debootstrap', 'unshare'].filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
  return missing.length === 0
    ? undefined
    : `${missing.join(' and ')} not found: apt-get install ${missing.join(' ')}`;
}

/**
 * Builds the Dockerfile's image by its own lines. It takes about four minutes on two cores, and half a minute where an
 * earlier build has left its base images and layers.
 */
export async function buildImage(): Promise<ContainerImage> {
  const script = join(installationFolder, 'test', 'integration', 'support', 'build-image');
  const cache = join(cacheFolder(), 'image-test');
  const { stdout } = await run(script, [cache, installationFolder], { maxBuffer: 64e6 });
  const end = stdout.indexOf('\n');
  const { OCIv1 } = JSON.parse(stdout.slice(end)) as { readonly OCIv1: { readonly config: ImageConfig } };
  return { root: stdout.slice(0, end), config: OCIv1.config };
}

/** As the Kubernetes Job does: its own user, a root file system that cannot be written, /tmp and the runs' folder. */
const inside = `
set -e
mount --bind "$ROOT" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount --bind "$RUNS" "$ROOT/work/runs"
mount -o remount,bind,ro "$ROOT"
exec chroot --userspec="$IMAGE_USER" "$ROOT" /usr/bin/env --ignore-environment --chdir="$IMAGE_FOLDER" "$@"`;

/**
 * Runs the image's entry point with arguments.
 *
 * @param args - the words after the image's name in `docker run`
 * @param options.runs - the folder that is its /work/runs; its owner is made the container's user
 */
export async function runContainer(
  { root, config }: ContainerImage,
  args: readonly string[],
  { runs, env = {} }: { readonly runs: string; readonly env?: Readonly<Record<string, string>> },
): Promise<ContainerResult> {
  await run('chown', ['--recursive', config.User, runs]);
  const variables = [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const words = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', inside, 'container'];
  try {
    const { stdout, stderr } = await run('unshare', [...words, ...variables, ...config.Entrypoint, ...args], {
      env: {
        PATH: process.env.PATH,
        ROOT: root,
        RUNS: runs,
        IMAGE_USER: config.User,
        IMAGE_FOLDER: config.WorkingDir,
      },
    });
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code?: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw thrown;
    return { code, stdout, stderr };
  }
}
