import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { AlertSimError } from '../errors.js';
import { makeFolders } from '../makeFolders.js';
import type { DistributionFile, KafkaDistribution } from './distribution.js';
import { sha256Of } from './downloadFile.js';
import { stopIfInterrupted } from './interruption.js';
import { kafkaLine } from './kafkaVersion.js';

export interface ResolutionOptions {
  /** The folder of the jars, laid out like a Maven repository: what Maven fetches goes there. */
  readonly folder: string;
  /** `mvn` from the PATH by default. */
  readonly maven?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets Maven find out which jars a broker of one Kafka version needs, and fetch them into the folder. Which
 * versions of which libraries go together is a matter of parents, imports, exclusions and nearest wins: Maven
 * is asked, not imitated. Maven checks what it fetches against the repository's own checksums; the SHA-256
 * are those of what arrived.
 *
 * @throws `MISSING_PREREQUISITE` without Maven, `BAD_USAGE` for a version that is not published,
 * `DOWNLOAD_FAILED`, `INTERRUPTED`
 */
export async function resolveDistribution(
  version: string,
  options: ResolutionOptions,
): Promise<KafkaDistribution> {
  const { java } = kafkaLine(version);
  await makeFolders(options.folder);
  // In the same file system as the jars' folder, so that files are moved atomically.
  const work = await mkdtemp(join(options.folder, '.maven-'));
  try {
    const kafka = [`org.apache.kafka:kafka_2.13:${version}`, `org.apache.kafka:kafka-tools:${version}`];
    let paths = await copyDependencies(version, kafka, work, options);
    const log4j = paths.map((path) => /log4j-core\/([^/]+)\//.exec(path)?.[1]).find((found) => found);
    // Kafka 4 logs through SLF4J 1.7 into log4j 2, and leaves the binding between them to the user.
    if (log4j !== undefined) {
      const binding = `org.apache.logging.log4j:log4j-slf4j-impl:${log4j}`;
      paths = await copyDependencies(version, [...kafka, binding], work, options);
    }
    const files: DistributionFile[] = [];
    for (const path of paths) files.push(await moveJar(path, join(work, jarsName), options.folder));
    return { version, java, files };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const jarsName = 'jars';

async function moveJar(path: string, from: string, to: string): Promise<DistributionFile> {
  const source = join(from, path);
  const sha256 = (await sha256Of(source)) ?? '';
  const { size: bytes } = await stat(source);
  const target = join(to, path);
  await makeFolders(dirname(target));
  await rename(source, target);
  return { path, sha256, bytes };
}

async function copyDependencies(
  version: string,
  coordinates: readonly string[],
  work: string,
  { maven = 'mvn', signal }: ResolutionOptions,
): Promise<readonly string[]> {
  const dependencies = coordinates.map((coordinate) => {
    const [group = '', artifact = '', wanted = ''] = coordinate.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${wanted}</version></dependency>`;
  });
  await writeFile(
    join(work, 'pom.xml'),
    '<project><modelVersion>4.0.0</modelVersion><groupId>lock</groupId><artifactId>lock</artifactId>' +
      `<version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const jars = join(work, jarsName);
  // Strict checksums: Maven by itself only warns of a file that does not have its repository's checksum.
  const args = ['-B', '-ntp', '--strict-checksums', '-Dstyle.color=never', 'dependency:copy-dependencies'];
  const properties = ['includeScope=runtime', 'mdep.useRepositoryLayout=true', `outputDirectory=${jars}`];
  const { code, output } = await run(
    maven,
    [...args, ...properties.map((each) => `-D${each}`)],
    work,
    signal,
  );
  if (code !== 0) throw failure(version, output);
  const entries = await readdir(jars, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.name.endsWith('.jar'))
    .map((entry) => relative(jars, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const output: Buffer[] = [];
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  child.stdout.on('data', (data: Buffer) => output.push(data));
  child.stderr.on('data', (data: Buffer) => output.push(data));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => {
      if (signal?.aborted !== true) reject(error);
    });
    child.on('close', resolve);
  }).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    throw new AlertSimError('MISSING_PREREQUISITE', `there is no program ${command}`, thrown);
  });
  stopIfInterrupted(signal, 'Kafka was not downloaded completely');
  return { code, output: Buffer.concat(output).toString('utf8') };
}

function failure(version: string, output: string): AlertSimError {
  const said = output.split('\n').filter((line) => line.startsWith('[ERROR]'));
  const first = said[0]?.replace(/^\[ERROR\] /, '') ?? 'it said nothing';
  if (
    said.some(
      (line) =>
        line.includes(`org.apache.kafka:kafka_2.13:jar:${version}`) &&
        /not find|absent|was not found/i.test(line),
    )
  ) {
    return new AlertSimError(
      'BAD_USAGE',
      `Maven finds no Kafka ${version}: choose a version that Maven Central has`,
    );
  }
  return new AlertSimError('DOWNLOAD_FAILED', `Maven could not fetch Kafka ${version}: ${first}`);
}
