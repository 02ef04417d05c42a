import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../src/broker/cacheFolder.js';
import { messageOf } from '../../../src/errors.js';

const run = promisify(execFile);
const requirementsFile = join(import.meta.dirname, '..', '..', '..', 'examples', 'requirements.txt');

/** Scripts that compare synthetic alerts with real ones. */
export const realismFolder = join(import.meta.dirname, '..', '..', '..', 'scripts', 'realism');

/**
 * A Python interpreter that has confluent-kafka and fastavro, as examples/requirements.txt names them. Its virtual
 * environment is made once, in the cache folder, in about ten seconds.
 *
 * @returns the interpreter's path, or undefined after saying why there is none; then skip the test
 * @throws an Error instead of that where `CI` is set: there nothing is skipped in silence
 */
export async function pythonWithKafka(): Promise<string | undefined> {
  const requirements = await readFile(requirementsFile, 'utf8');
  return pythonWith('confluent-kafka and fastavro', requirements, 'confluent_kafka, fastavro');
}

/**
 * A Python interpreter that has HdrHistogram's Python library: a reader of interval logs that is not ours.
 *
 * @throws as {@link pythonWithKafka}
 */
export function pythonWithHdrHistogram(): Promise<string | undefined> {
  return pythonWith('hdrhistogram', 'hdrhistogram==0.10.8\n', 'hdrh.log');
}

/**
 * A Python interpreter that has fastavro and Apache Avro with all of their codecs.
 *
 * @throws as {@link pythonWithKafka}
 */
export function pythonWithAvro(): Promise<string | undefined> {
  const requirements = 'fastavro[snappy,zstandard,lz4]==1.13.1\navro[snappy,zstandard]==1.12.2\n';
  return pythonWith('fastavro and avro', requirements, 'fastavro, avro.datafile, lz4.block');
}

/**
 * A Python interpreter that has what scripts/realism needs: fastavro, astropy and codecs.
 *
 * @throws as {@link pythonWithKafka}
 */
export async function pythonWithAstropy(): Promise<string | undefined> {
  const requirements = await readFile(join(realismFolder, 'requirements.txt'), 'utf8');
  return pythonWith('fastavro and astropy', requirements, 'astropy.io.fits, cramjam, fastavro, numpy');
}

async function pythonWith(what: string, requirements: string, modules: string): Promise<string | undefined> {
  try {
    return await environment(requirements, modules);
  } catch (thrown) {
    const reason =
      `no Python with ${what} here (${reasonOf(thrown)}); ` +
      'on Debian it needs: sudo apt-get install python3 python3-venv';
    if ((process.env.CI ?? '') !== '') throw new Error(reason, { cause: thrown });
    console.warn(`skipped: ${reason}`);
    return undefined;
  }
}

async function environment(requirements: string, modules: string): Promise<string> {
  const { stdout: version } = await run('python3', ['-c', 'import sys; print(sys.version, sys.prefix)']);
  const key = createHash('sha256').update(`${version}\0${requirements}`).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'python', key);
  const python = (of: string): string => join(of, 'bin', 'python3');
  if (existsSync(python(folder))) return python(folder);

  // Two test files may get here at once: each makes its own, and the first to finish gives it the name.
  const partial = `${folder}.${process.pid}`;
  const requirementsPath = `${partial}.txt`;
  await mkdir(join(folder, '..'), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', partial]);
    await writeFile(requirementsPath, requirements);
    const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--requirement', requirementsPath];
    await run(python(partial), install, { timeout: 300_000 });
    await run(python(partial), ['-c', `import ${modules}`]);
    await rename(partial, folder);
  } catch (thrown) {
    if (!existsSync(python(folder))) throw thrown;
  } finally {
    await rm(partial, { recursive: true, force: true });
    await rm(requirementsPath, { force: true });
  }
  return python(folder);
}

function reasonOf(thrown: unknown): string {
  const { stderr = '', stdout = '' } = thrown as { readonly stderr?: string; readonly stdout?: string };
  const said = (stderr.trim() === '' ? stdout : stderr).trim();
  return said.split('\n').at(-1) || messageOf(thrown);
}
