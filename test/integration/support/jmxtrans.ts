import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, jarsFolder } from '../../../src/broker/cacheFolder.js';
import { mavenRepository } from '../../../src/broker/download.js';
import { downloadFile, sha256Of } from '../../../src/broker/downloadFile.js';
import { findJava } from '../../../src/broker/java.js';
import { withLock } from '../../../src/broker/processLock.js';
import { installationFolder } from '../../../src/version.js';
import { startServer } from './servers.js';

const path = 'org/jmxtrans/jmxtrans/272/jmxtrans-272-all.jar';
const bytes = 25_192_532;

/** The checksum of jmxtrans 272, as Maven Central serves it. */
export const jmxtransSha256 = '23cd3795e941c4d4624030aab4708d736e74e61f38868ce943e5cfac880ed704';

/** The jar of jmxtrans 272 in the cache; it is fetched once, by its checksum. */
export async function jmxtransJar(): Promise<string> {
  const jar = join(jarsFolder(cacheFolder()), path);
  // Two test files may want it at once.
  await withLock(`${jar}.lock`, { purpose: 'downloading jmxtrans' }, async () => {
    if ((await sha256Of(jar)) !== jmxtransSha256)
      await downloadFile({ url: `${mavenRepository()}/${path}`, target: jar, bytes, sha256: jmxtransSha256 });
  });
  return jar;
}

/** A jmxtrans that runs. */
export interface TestJmxtrans {
  readonly log: () => Promise<string>;
  /** Undefined while it runs. */
  readonly ended: () => string | undefined;
  /** Ends it and removes what it wrote. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts jmxtrans 272 with the project's configuration; the jar is fetched once.
 *
 * @param properties - the system properties that the configuration asks for: `jmx.port`
 */
export async function startJmxtrans(properties: Readonly<Record<string, string>>): Promise<TestJmxtrans> {
  const jar = await jmxtransJar();
  const folder = await mkdtemp(join(tmpdir(), 'test-jmxtrans-'));
  const java = await findJava(17);
  const server = startServer(
    java.command,
    [
      '-Xmx128m',
      ...['--add-opens', 'java.base/java.lang=ALL-UNNAMED'],
      ...['--add-opens', 'java.management/javax.management=ALL-UNNAMED'],
      `-Djmxtrans.log.dir=${folder}`,
      '-Djmxtrans.log.level=info',
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      ...['-jar', jar, '-e', '-f', join(installationFolder, 'jmxtrans', 'kafka.json'), '-s', '5'],
    ],
    { output: join(folder, 'output.log') },
  );
  return {
    log: async () =>
      (
        await Promise.all(['output.log', 'jmxtrans.log'].map((name) => readFile(join(folder, name), 'utf8')))
      ).join(''),
    ended: server.ended,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
