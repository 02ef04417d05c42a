import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, jarsFolder } from '../../../src/broker/cacheFolder.js';
import { defaultKafkaVersion, readDistribution } from '../../../src/broker/distribution.js';

const run = promisify(execFile);

/**
 * The settings that a topic overrides, as Kafka's own tool reads them.
 *
 * @param bootstrap - the broker
 * @param topic - the topic
 * @returns the settings by name
 */
export async function topicOverrides(bootstrap: string, topic: string): Promise<Record<string, string>> {
  const jars = readDistribution(defaultKafkaVersion).files.map(({ path }) =>
    join(jarsFolder(cacheFolder()), path),
  );
  const java = process.env.JAVA_HOME === undefined ? 'java' : join(process.env.JAVA_HOME, 'bin', 'java');
  const target = ['--bootstrap-server', bootstrap, '--entity-type', 'topics', '--entity-name', topic];
  const { stdout } = await run(java, [
    '-XX:TieredStopAtLevel=1',
    ...['-cp', jars.join(':'), 'kafka.admin.ConfigCommand', '--describe', ...target],
  ]);
  const lines = [...stdout.matchAll(/^\s+([\w.]+)=(\S*) sensitive=/gm)];
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
}
