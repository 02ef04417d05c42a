import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, jarsFolder } from '../../../src/broker/cacheFolder.js';
import { defaultKafkaVersion, readDistribution } from '../../../src/broker/distribution.js';

const run = promisify(execFile);

/** The settings that a topic overrides, by name, as Kafka's own tool reads them. */
export async function topicOverrides(bootstrap: string, topic: string): Promise<Record<string, string>> {
  const target = ['--entity-type', 'topics', '--entity-name', topic];
  const stdout = await configCommand(bootstrap, ['--describe', ...target]);
  const lines = [...stdout.matchAll(/^\s+([\w.]+)=(\S*) sensitive=/gm)];
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
}

/** Limits how many bytes a second each client may produce, all of its requests together. */
export async function setProducerQuota(bootstrap: string, bytesPerSecond: number): Promise<void> {
  const quota = ['--add-config', `producer_byte_rate=${bytesPerSecond}`];
  await configCommand(bootstrap, ['--alter', ...quota, '--entity-type', 'clients', '--entity-default']);
}

/**
 * Grants rights to a user.
 *
 * @param rights - words of Kafka's own tool, such as `--operation read --topic alerts`; one list per call
 */
export async function allow(
  bootstrap: string,
  user: string,
  rights: readonly (readonly string[])[],
): Promise<void> {
  for (const words of rights) {
    const args = ['--bootstrap-server', bootstrap, '--add', '--allow-principal', `User:${user}`, ...words];
    await kafkaTool('org.apache.kafka.tools.AclCommand', args);
  }
}

async function configCommand(bootstrap: string, args: readonly string[]): Promise<string> {
  return kafkaTool('kafka.admin.ConfigCommand', ['--bootstrap-server', bootstrap, ...args]);
}

/** Runs one of Kafka's own tools by its class. */
export async function kafkaTool(tool: string, args: readonly string[]): Promise<string> {
  const jars = readDistribution(defaultKafkaVersion).files.map(({ path }) =>
    join(jarsFolder(cacheFolder()), path),
  );
  const java = process.env.JAVA_HOME === undefined ? 'java' : join(process.env.JAVA_HOME, 'bin', 'java');
  const { stdout } = await run(java, ['-XX:TieredStopAtLevel=1', ...['-cp', jars.join(':'), tool, ...args]]);
  return stdout;
}
