import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';
import { defaultJmxPort, defaultPort } from '../broker/brokerConfig.js';
import type { BrokerRecord } from '../broker/brokerRecord.js';
import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { defaultKafkaVersion } from '../broker/distribution.js';
import { startBroker } from '../broker/start.js';
import type { StatePaths } from '../broker/statePaths.js';
import { brokerStatus } from '../broker/status.js';
import { stopBroker } from '../broker/stop.js';
import { AlertSimError } from '../errors.js';
import { formatBytes, formatSeconds } from '../outputs/units.js';
import { commandContext } from './context.js';

/**
 * The command `broker`: a real local Kafka, without Docker.
 *
 * @returns the command with its subcommands `up`, `status` and `down`
 */
export function brokerCommand(): Command {
  return new Command('broker')
    .description('a real local Apache Kafka, without Docker')
    .addCommand(upCommand())
    .addCommand(statusCommand())
    .addCommand(downCommand());
}

interface DataOption {
  readonly data?: string;
}

interface UpOptions extends DataOption {
  readonly port: number;
  readonly jmxPort: number | 'none';
  readonly heap: string;
  readonly set: readonly string[];
  readonly kafkaVersion: string;
}

function upCommand(): Command {
  return withDataOption(new Command('up'))
    .description('start the broker; the first time, download Kafka and format a data folder')
    .option('--port <port>', 'port for clients', portNumber, defaultPort)
    .option('--jmx-port <port>', "port of JMX, or 'none'", jmxPort, defaultJmxPort)
    .option('--heap <size>', "the JVM's largest heap, like 512m or 2g", '1g')
    .option('--set <name=value>', 'a server property of Kafka; may be given several times', collect, [])
    .option('--kafka-version <version>', 'the Kafka version', defaultKafkaVersion)
    .action(async (options: UpOptions, command: Command) => {
      const { print, progress, log, signal } = commandContext(command);
      const started = await startBroker(
        {
          version: options.kafkaVersion,
          stateFolder: stateFolder(options),
          listeners: [{ port: options.port }],
          jmxPort: options.jmxPort,
          heap: options.heap,
          serverProperties: serverProperties(options.set),
        },
        { progress, log, signal },
      );
      const { record, paths, startedNow, readyMs } = started;
      print(
        startedNow
          ? `Kafka ${record.version} is up after ${formatSeconds(readyMs / 1000)} (pid ${record.pid})`
          : `Kafka ${record.version} is running already (pid ${record.pid})`,
      );
      printPlaces(print, record, paths, '');
      if (!startedNow && options.set.length > 0) {
        print(
          'Server properties count from a new start on: `broker down --keep-data`, then `broker up` again.',
        );
      }
    });
}

function statusCommand(): Command {
  return withDataOption(new Command('status'))
    .description('tell whether the broker runs and where; exit code 3 when it does not')
    .action(async (options: DataOption, command: Command) => {
      const { print } = commandContext(command);
      const status = await brokerStatus(stateFolder(options));
      if (status.kind === 'stopped') {
        throw new AlertSimError(
          'SERVICE_UNAVAILABLE',
          `the local broker is not running${status.reason === undefined ? '' : ` (${status.reason})`}: ` +
            'start it with `rubin-alert-sim broker up`',
        );
      }
      const { record, paths } = status;
      if (status.kind === 'not answering') {
        throw new AlertSimError(
          'SERVICE_UNAVAILABLE',
          `the local broker's process lives (pid ${record.pid}) but does not serve clients: ${status.reason}; ` +
            `its log is ${paths.log}`,
        );
      }
      print(`Kafka ${record.version} is running (pid ${record.pid}) since ${record.startedAt}`);
      printPlaces(print, record, paths, ` (${formatBytes(status.dataBytes)})`);
    });
}

function downCommand(): Command {
  return withDataOption(new Command('down'))
    .description('stop the broker and delete its topics; only the downloaded Kafka stays')
    .option('--keep-data', 'keep the topics for the next start', false)
    .action(async (options: DataOption & { readonly keepData: boolean }, command: Command) => {
      const { print, signal } = commandContext(command);
      const { keepData } = options;
      const { pid, ending } = await stopBroker({ stateFolder: stateFolder(options), keepData, signal });
      const fate = keepData ? 'its data is kept' : 'its data is deleted';
      if (pid === undefined) print(`the local broker was not running; ${fate}`);
      else print(`the local broker (pid ${pid}) ended ${ending ?? ''}; ${fate}`);
    });
}

function printPlaces(
  print: (line: string) => void,
  record: BrokerRecord,
  paths: StatePaths,
  dataNote: string,
): void {
  print(`  broker  ${record.bootstrap}`);
  if (record.jmxPort !== 'none') print(`  JMX     localhost:${record.jmxPort}`);
  print(`  data    ${paths.data}${dataNote}`);
  print(`  log     ${paths.log}`);
}

function withDataOption(command: Command): Command {
  return command.option('--data <dir>', "the folder of the broker's files (default: in the cache folder)");
}

function stateFolder({ data }: DataOption): string {
  return data === undefined ? defaultStateFolder(cacheFolder()) : resolve(data);
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('Give a whole number from 1 to 65535.');
  }
  return port;
}

function jmxPort(text: string): number | 'none' {
  return text === 'none' ? 'none' : portNumber(text);
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function serverProperties(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 1) {
        throw new AlertSimError(
          'BAD_USAGE',
          `--set ${entry} is not of the form name=value; for example --set num.io.threads=16`,
        );
      }
      return [entry.slice(0, at).trim(), entry.slice(at + 1)];
    }),
  );
}
