import { join } from 'node:path';
import { diskOf } from '../machine.js';
import { makeFolders } from '../makeFolders.js';
import type { ProgressFactory } from '../outputs/progress.js';
import { diskError, diskFull } from './diskErrors.js';
import type { DistributionFile, KafkaDistribution } from './distribution.js';
import { downloadFile, sha256Of, type TransferOptions } from './downloadFile.js';
import { withLinkedAbort } from './interruption.js';
import { withLock } from './processLock.js';

export interface DownloadOptions {
  /** The folder of the jars, laid out like a Maven repository. */
  readonly folder: string;
  /** Address of the Maven repository; by default {@link mavenRepository}. */
  readonly repository?: string | undefined;
  readonly progress?: ProgressFactory | undefined;
  /** Ends the download; what has arrived stays for the next time. */
  readonly signal?: AbortSignal | undefined;
  readonly transfer?: Pick<TransferOptions, 'attempts' | 'retryDelayMs' | 'silenceMs' | 'env'> | undefined;
}

/**
 * Address of the Maven repository, without a slash at the end; `RUBIN_ALERT_SIM_MAVEN_REPOSITORY` replaces
 * Maven Central.
 */
export function mavenRepository(env: NodeJS.ProcessEnv = process.env): string {
  const own = env.RUBIN_ALERT_SIM_MAVEN_REPOSITORY ?? '';
  return (own === '' ? 'https://repo.maven.apache.org/maven2' : own).replace(/\/+$/, '');
}

/**
 * Makes sure that every file of a distribution is on this machine, with the right content. Existing files are
 * checked and not fetched again: with all of them there, no network is used.
 *
 * @returns the absolute paths of the jars, in the order of the distribution
 * @throws `DOWNLOAD_FAILED`, `DISK_FULL`, `BAD_USAGE` for a folder that cannot be written, `INTERRUPTED`
 */
export async function ensureDistribution(
  distribution: KafkaDistribution,
  options: DownloadOptions,
): Promise<readonly string[]> {
  const { folder, signal } = options;
  const paths = distribution.files.map((file) => join(folder, file.path));
  let missing = distribution.files;
  try {
    missing = await missingFiles(distribution.files, folder);
    if (missing.length === 0) return paths;
    await makeFolders(folder);
    await withLock(join(folder, 'download.lock'), { signal, purpose: 'downloading Kafka' }, async () => {
      // Another process may have fetched them while we waited.
      missing = await missingFiles(distribution.files, folder);
      await fetchAll(distribution.version, missing, options);
    });
  } catch (thrown) {
    throw diskError(thrown, folder, bytesOf(missing));
  }
  return paths;
}

async function fetchAll(
  version: string,
  files: readonly DistributionFile[],
  { folder, repository = mavenRepository(), progress, signal, transfer }: DownloadOptions,
): Promise<void> {
  const neededBytes = bytesOf(files);
  const disk = await diskOf(folder);
  if (disk !== undefined && disk.freeBytes < neededBytes) throw diskFull(folder, neededBytes);

  const display = progress?.({ title: `downloading Kafka ${version}`, unit: 'files', total: files.length });
  let done = 0;
  let bytes = 0;
  const onBytes = (count: number): void => {
    bytes += count;
    display?.update(done, bytes);
  };
  try {
    await withLinkedAbort(signal, (controller) =>
      eachAtOnce(filesAtOnce, files, async (file) => {
        const download = { ...file, url: `${repository}/${file.path}`, target: join(folder, file.path) };
        try {
          await downloadFile(download, { ...transfer, signal: controller.signal, onBytes });
        } catch (thrown) {
          // The first failure ends the other transfers too.
          controller.abort();
          throw thrown;
        }
        done += 1;
        display?.update(done, bytes);
      }),
    );
  } finally {
    display?.stop();
  }
}

const filesAtOnce = 6;

/**
 * Runs work on all items, some at a time; when one fails, waits for the others and throws the first error.
 */
async function eachAtOnce<T>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const errors: unknown[] = [];
  const line = async (): Promise<void> => {
    for (const item of queue) {
      if (errors.length > 0) return;
      try {
        await work(item);
      } catch (thrown) {
        errors.push(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, line));
  if (errors.length > 0) throw errors[0];
}

async function missingFiles(
  files: readonly DistributionFile[],
  folder: string,
): Promise<readonly DistributionFile[]> {
  const missing = new Set<DistributionFile>();
  await eachAtOnce(filesAtOnce, files, async (file) => {
    if ((await sha256Of(join(folder, file.path))) !== file.sha256) missing.add(file);
  });
  return files.filter((file) => missing.has(file));
}

function bytesOf(files: readonly DistributionFile[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}
