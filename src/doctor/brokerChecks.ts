import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defaultJmxPort, defaultPort } from '../broker/brokerConfig.js';
import { defaultStateFolder, jarsFolder } from '../broker/cacheFolder.js';
import { defaultKafkaVersion, readDistribution } from '../broker/distribution.js';
import { ensureDistribution } from '../broker/download.js';
import { findJava } from '../broker/java.js';
import { requireFreePort } from '../broker/ports.js';
import { brokerStatus } from '../broker/status.js';
import { ownCommand } from '../ownCommand.js';
import { messageOf } from '../errors.js';
import type { ProgressFactory } from '../outputs/progress.js';
import { formatBytes } from '../report/format.js';
import type { Check } from './check.js';

/** Java, for the local broker. */
export const javaCheck: Check = {
  name: 'Java',
  run: async () => {
    const { java } = readDistribution(defaultKafkaVersion);
    const { command, major } = await findJava(java);
    return { state: 'works', detail: `version ${major} (${command})` };
  },
};

/**
 * The jars of Kafka, which are downloaded once.
 *
 * @param progress - shows the download that fixes it
 */
export function kafkaCheck(cache: string, progress: ProgressFactory): Check {
  return {
    name: 'Kafka',
    run: () => {
      const distribution = readDistribution(defaultKafkaVersion);
      const folder = jarsFolder(cache);
      const missing = distribution.files.filter((file) => !existsSync(join(folder, file.path)));
      if (missing.length === 0)
        return Promise.resolve({ state: 'works', detail: `${defaultKafkaVersion} is in ${folder}` });
      const bytes = missing.reduce((sum, file) => sum + file.bytes, 0);
      return Promise.resolve({
        state: 'limited',
        detail: `${defaultKafkaVersion} is not downloaded yet (${formatBytes(bytes)})`,
        mend: ownCommand('broker', 'up'),
        fix: async () => {
          await ensureDistribution(distribution, { folder, progress });
        },
      });
    },
  };
}

/** The local broker, or the ports that it would use. */
export function brokerCheck(cache: string): Check {
  return {
    name: 'local broker',
    run: async () => {
      const status = await brokerStatus(defaultStateFolder(cache));
      if (status.kind === 'stopped' || status.kind === 'died') {
        try {
          await requireFreePort(defaultPort, 'clients', '--port');
          await requireFreePort(defaultJmxPort, 'JMX', '--jmx-port');
        } catch (thrown) {
          return { state: 'limited', detail: messageOf(thrown) };
        }
        return { state: 'works', detail: `not running; ports ${defaultPort} and ${defaultJmxPort} are free` };
      }
      if (status.kind === 'partly died') {
        const pids = status.dead.map(({ pid }) => pid).join(', ');
        return {
          state: 'missing',
          detail: `a part of its cluster is no longer running (pid ${pids})`,
          mend: ownCommand('broker', 'up'),
        };
      }
      const { bootstrap, pid } = status.record;
      return status.kind === 'running'
        ? { state: 'works', detail: `running at ${bootstrap} (pid ${pid})` }
        : {
            state: 'missing',
            detail: `its process lives (pid ${pid}) but does not serve clients: ${status.reason}`,
            mend: `${ownCommand('broker', 'down')} && ${ownCommand('broker', 'up')}`,
          };
    },
  };
}
