import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';
import { defaultJmxPort, defaultPort, type BrokerCount } from '../broker/brokerConfig.js';
import type { BrokerRecord } from '../broker/brokerRecord.js';
import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { defaultKafkaVersion } from '../broker/distribution.js';
import {
  defaultRegistryPort,
  findRegistry,
  registryLog,
  startRegistry,
  type RegistryPresence,
  type StartedRegistry,
} from '../broker/localRegistry.js';
import { nodeName } from '../broker/clusterLayout.js';
import { startBroker } from '../broker/startBroker.js';
import { nodePaths, type StatePaths } from '../broker/statePaths.js';
import { brokerStatus, type BrokerStatus } from '../broker/status.js';
import { stopBroker } from '../broker/stop.js';
import { ownCommand } from '../ownCommand.js';
import { AlertSimError } from '../errors.js';
import { formatBytes, formatSeconds } from '../report/format.js';
import { commandContext } from './context.js';
import { givenFlags } from './givenFlags.js';
import { wordOr } from './numbers.js';

/** The command `broker`: a real local Kafka, without Docker. Subcommands `up`, `status` and `down`. */
export function brokerCommand(): Command {
  return new Command('broker')
    .description('a real local Apache Kafka, one broker or three, without Docker')
    .addCommand(upCommand())
    .addCommand(statusCommand())
    .addCommand(downCommand());
}

interface DataOption {
  readonly data?: string;
}

/** The options of `broker up`. */
export interface UpOptions extends DataOption {
  readonly brokers: BrokerCount;
  readonly zookeeper: boolean;
  readonly port: readonly [number, ...number[]];
  readonly jmxPort: readonly [number, ...number[]] | 'none';
  readonly registryPort: number | 'none';
  readonly heap: string;
  readonly jvmOption: readonly string[];
  readonly set: readonly string[];
  readonly kafkaVersion: string;
}

function upCommand(): Command {
  return withDataOption(new Command('up'))
    .description('start the broker; the first time, download Kafka and format a data folder')
    .option('--brokers <count>', '1, or 3 with every partition on all of them', brokerCount, 1)
    .option('--kafka, --kafka-version <version>', 'the Kafka version', defaultKafkaVersion)
    .option('--zookeeper', 'keep the metadata in ZooKeeper, as Kafka 3 can, instead of KRaft', false)
    .option(
      '--port <ports>',
      'port for clients; further brokers take free ones, or those after commas',
      portList,
      [defaultPort],
    )
    .option(
      '--jmx-port <ports>',
      "port of JMX, or 'none'; further brokers likewise",
      wordOr('none', portList),
      [defaultJmxPort],
    )
    .option(
      '--registry-port <port>',
      "port of the schema registry beside the broker, or 'none'",
      wordOr('none', portNumber),
      defaultRegistryPort,
    )
    .option('--heap <size>', "the largest heap of each broker's JVM, like 512m or 2g", '1g')
    .option(
      '--jvm-option <option>',
      'an option for the JVM, like -XX:+UseZGC; may be given several times',
      collect,
      [],
    )
    .option('--set <name=value>', 'a server property of Kafka; may be given several times', collect, [])
    .action(async (options: UpOptions, command: Command) => {
      const { print, progress, log, signal } = commandContext(command);
      const started = await startBroker(
        {
          version: options.kafkaVersion,
          stateFolder: stateFolder(options),
          brokers: options.brokers,
          zookeeper: options.zookeeper,
          listeners: [{ port: options.port[0] }],
          furtherPorts: options.port.slice(1),
          jmxPort: options.jmxPort === 'none' ? 'none' : options.jmxPort[0],
          furtherJmxPorts: options.jmxPort === 'none' ? [] : options.jmxPort.slice(1),
          heap: options.heap,
          jvmOptions: options.jvmOption,
          serverProperties: serverProperties(options.set),
        },
        { progress, log, signal },
      );
      const { record, paths, startedNow, readyMs } = started;
      const { registryPort } = options;
      const registry =
        registryPort === 'none'
          ? await findRegistry(paths.folder)
          : await startRegistry(record, paths.folder, registryPort, signal);
      print(
        startedNow
          ? `Kafka ${record.version} is up after ${formatSeconds(readyMs / 1000)} (${pidsText(record)})`
          : `Kafka ${record.version} is running already (${pidsText(record)})`,
      );
      printPlaces(print, record, paths, '');
      printRegistry(print, registry, paths, registryPort);
      print(`  stop      ${ownCommand('broker', 'down', ...dataWords(paths.folder))}`);
      const without = startedNow ? [] : withoutEffect(givenFlags(command), options, record);
      if (without.length === 0) return;
      const down = ownCommand('broker', 'down', '--keep-data', ...dataWords(paths.folder));
      print(
        `It was running already, so ${without.join(' and ')} had no effect: \`${down}\`, then \`broker up\` again changes it; ` +
          'a second broker needs another folder: --data',
      );
    });
}

/**
 * The options of `broker up` that a broker that runs already does not follow, as they were given.
 *
 * @param flags - the options that were given, by the name of their value
 */
export function withoutEffect(
  flags: ReadonlyMap<string, string>,
  { kafkaVersion, port, jmxPort, heap }: UpOptions,
  { version, nodes }: BrokerRecord,
): string[] {
  const brokers = nodes.filter(({ kind }) => kind === 'broker');
  type Ports = readonly (number | 'none' | undefined)[];
  const isOther = (wanted: Ports, found: Ports): boolean => wanted.some((one, index) => one !== found[index]);
  const ports = brokers.map((node) => node.ports[0]);
  const jmxPorts = brokers.map((node) => node.jmxPort);
  const wantedJmx = jmxPort === 'none' ? brokers.map(() => jmxPort) : jmxPort;
  const differs: Readonly<Record<string, string | undefined>> = {
    kafkaVersion: kafkaVersion === version ? undefined : kafkaVersion,
    port: isOther(port, ports) ? String(port) : undefined,
    jmxPort: isOther(wantedJmx, jmxPorts) ? String(jmxPort) : undefined,
    // These are not recorded.
    heap,
    jvmOption: '…',
    set: '…',
  };
  return Object.entries(differs).flatMap(([name, value]) => {
    const flag = flags.get(name);
    return flag === undefined || value === undefined ? [] : [`${flag} ${value}`];
  });
}

function statusCommand(): Command {
  return withDataOption(new Command('status'))
    .description('show whether the broker runs and where; exit code 3 when it does not')
    .action(async (options: DataOption, command: Command) => {
      const { print } = commandContext(command);
      const status = await brokerStatus(stateFolder(options));
      if (status.kind !== 'running') throw new AlertSimError('SERVICE_UNAVAILABLE', troubleText(status));
      const { record, paths } = status;
      print(`Kafka ${record.version} is running (${pidsText(record)}) since ${record.startedAt}`);
      printPlaces(print, record, paths, ` (${formatBytes(status.dataBytes)})`);
      printRegistry(print, await findRegistry(paths.folder), paths);
    });
}

function downCommand(): Command {
  return withDataOption(new Command('down'))
    .description('stop the broker and delete its topics; only the downloaded Kafka stays')
    .option('--keep-data', 'keep the topics for the next start', false)
    .action(async (options: DataOption & { readonly keepData: boolean }, command: Command) => {
      const { print, signal } = commandContext(command);
      const { keepData } = options;
      const stopped = await stopBroker({ stateFolder: stateFolder(options), keepData, signal });
      const { pid, pids, ending, hadData, registryPid } = stopped;
      const fate = !hadData ? 'it has no data' : keepData ? 'its data is kept' : 'its data is deleted';
      if (pid === undefined) print(`the local broker was not running; ${fate}`);
      else {
        const what = pids.length === 1 ? `broker (pid ${pid})` : `cluster (pids ${pids.join(', ')})`;
        const how = ending === 'by force' ? 'did not end when asked, and was killed' : 'was stopped';
        print(`the local ${what} ${how}; ${fate}`);
      }
      if (registryPid !== undefined) print(`the registry beside it (pid ${registryPid}) was stopped`);
    });
}

/** A sentence about a broker that does not serve clients, with the command that restarts it. */
function troubleText(status: Exclude<BrokerStatus, { kind: 'running' }>): string {
  const { folder } = status.paths;
  switch (status.kind) {
    case 'stopped':
      return `the local broker is not running: start it with \`${upAgain(folder, undefined)}\``;
    case 'died':
      return (
        `the local broker is not running: ${status.reason}, and was not stopped${logsText(status.logs)}. ` +
        `Start it again with \`${upAgain(folder, status.record)}\``
      );
    case 'partly died': {
      const { record, dead, logs } = status;
      const names = dead
        .map((node) => `${nodeName(node, record.nodes.length)} (pid ${node.pid})`)
        .join(' and ');
      return (
        `the local cluster runs only in part: ${names} ${dead.length === 1 ? 'is' : 'are'} no longer running` +
        `${logsText(logs)}. Start what is missing with \`${upAgain(folder, record)}\``
      );
    }
    case 'not answering':
      return (
        `the local broker lives (${pidsText(status.record)}) but does not serve clients: ` +
        `${status.reason}${logsText(status.logs)}`
      );
  }
}

function logsText(logs: readonly string[]): string {
  if (logs.length === 0) return '';
  return ` (${logs.length === 1 ? 'its log is' : 'logs:'} ${logs.join(', ')})`;
}

/** The command that starts a broker again with the same settings. */
function upAgain(folder: string, record: BrokerRecord | undefined): string {
  const words = ['broker', 'up', ...dataWords(folder)];
  if (record === undefined) return ownCommand(...words);
  const brokers = record.nodes.filter(({ kind }) => kind === 'broker');
  if (brokers.length > 1) words.push('--brokers', String(brokers.length));
  if (brokers.length < record.nodes.length) words.push('--zookeeper');
  if (record.version !== defaultKafkaVersion) words.push('--kafka', record.version);
  const ports = brokers.map((node) => node.ports[0] ?? defaultPort);
  const jmxPorts = brokers.map(({ jmxPort }) => jmxPort);
  if (ports[0] !== defaultPort) words.push('--port', ports.join(','));
  if (jmxPorts[0] !== defaultJmxPort) words.push('--jmx-port', [...new Set(jmxPorts)].join(','));
  return ownCommand(...words);
}

function dataWords(folder: string): readonly string[] {
  return folder === defaultStateFolder(cacheFolder()) ? [] : ['--data', folder];
}

function printPlaces(
  print: (line: string) => void,
  record: BrokerRecord,
  paths: StatePaths,
  dataNote: string,
): void {
  if (record.nodes.length > 1) {
    printNodes(print, record, paths, dataNote);
    return;
  }
  print(`  broker    ${record.bootstrap}`);
  if (record.jmxPort !== 'none') print(`  JMX       localhost:${record.jmxPort}`);
  print(`  data      ${paths.data}${dataNote}`);
  print(`  log       ${paths.log}`);
}

/** @param wanted - the port that was asked for */
function printRegistry(
  print: (line: string) => void,
  registry: RegistryPresence | StartedRegistry,
  { folder }: StatePaths,
  wanted: number | 'none' = 'none',
): void {
  switch (registry.kind) {
    case 'absent':
      return;
    case 'running': {
      const { url, pid, port } = registry.record;
      const other =
        wanted !== 'none' && wanted !== port ? `, not on port ${wanted}: it was running already` : '';
      print(`  registry  ${url} (pid ${pid})${other}`);
      return;
    }
    case 'died': {
      const { pid, port } = registry.record;
      const own = port === defaultRegistryPort ? [] : ['--registry-port', String(port)];
      const up = ownCommand('broker', 'up', ...dataWords(folder), ...own);
      print(
        `  registry  none: its process (pid ${pid}) is no longer running (its log is ${registryLog(folder)}); start it again with \`${up}\``,
      );
      return;
    }
    case 'not started':
      print(`  registry  none: ${registry.reason}`);
  }
}

function printNodes(
  print: (line: string) => void,
  { bootstrap, nodes }: BrokerRecord,
  paths: StatePaths,
  dataNote: string,
): void {
  print(`  brokers    ${bootstrap}`);
  for (const node of nodes) {
    const jmx = node.jmxPort === 'none' ? '' : `  JMX localhost:${node.jmxPort}`;
    const name = nodeName(node, nodes.length).padEnd(9);
    print(
      `  ${name}  localhost:${node.ports[0] ?? ''}${jmx}  pid ${node.pid}  log ${nodePaths(node.folder).log}`,
    );
  }
  print(`  data         ${paths.folder}${dataNote}`);
}

function pidsText({ nodes }: BrokerRecord): string {
  return `${nodes.length === 1 ? 'pid' : 'pids'} ${nodes.map(({ pid }) => pid).join(', ')}`;
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

function portList(text: string): readonly number[] {
  return text.split(',').map(portNumber);
}

function brokerCount(text: string): number {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('Give 1 or 3.');
  return Number(text);
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
