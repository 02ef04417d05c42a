import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { AlertSimError } from '../errors.js';
import { brokerHost, type ScramUser } from './brokerConfig.js';
import { stopIfInterrupted } from './interruption.js';
import { defaultJvmOptions } from './jvmOptions.js';
import { loggingProperties, olderLoggingProperties, tellingLines } from './logging.js';
import { renderProperties, type ServerProperties } from './serverProperties.js';
import type { NodePaths } from './statePaths.js';

export interface KafkaPrograms {
  readonly java: string;
  readonly jars: readonly string[];
}

export interface JvmPlan {
  /** Maximum heap, as for `-Xmx`. */
  readonly heap: string;
  /** Port of JMX on 127.0.0.1. */
  readonly jmxPort: number | 'none';
  /** They win over ours. */
  readonly jvmOptions: readonly string[];
}

/** The servers that can be started, and their Java classes. */
const serverClasses = {
  broker: 'kafka.Kafka',
  zookeeper: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
} as const;

/** Writes the files that Kafka's programs read: server properties, log configuration and JVM arguments. */
export async function writeConfiguration(
  paths: NodePaths,
  programs: KafkaPrograms,
  jvm: JvmPlan,
  properties: ServerProperties,
): Promise<void> {
  await writeFile(paths.properties, renderProperties(properties), { mode: 0o600 });
  const logging = logsTheOlderWay(programs) ? olderLoggingProperties : loggingProperties;
  await writeFile(paths.logging, renderProperties(logging(paths.log)));
  await writeFile(paths.jvmArguments, jvmArguments(paths, programs, jvm).map(quoted).join('\n'));
}

/**
 * Formats the data folder, which is empty: gives it its cluster's id, and the users of SCRAM.
 *
 * @param clusterId - the same for all brokers of the cluster
 * @throws `BAD_USAGE` with Kafka's words when it rejects the server properties; `INTERRUPTED`
 */
export async function formatData(
  paths: NodePaths,
  programs: KafkaPrograms,
  clusterId: string,
  users: readonly ScramUser[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const scram = users.flatMap(({ name, password, mechanism }) => [
    '--add-scram',
    `${mechanism}=[name=${name},password=${password}]`,
  ]);
  const child = spawn(
    programs.java,
    [
      // A short-lived JVM starts faster without the optimising compiler.
      ...['-XX:TieredStopAtLevel=1', loggingOption(paths, programs)],
      ...['-cp', programs.jars.join(':'), 'kafka.tools.StorageTool', 'format'],
      ...['--cluster-id', clusterId, '--config', paths.properties, ...scram],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) },
  );
  const output: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => output.push(data));
  child.stderr.on('data', (data: Buffer) => output.push(data));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => {
      if (signal?.aborted !== true) reject(error);
    });
    child.on('close', resolve);
  });
  stopIfInterrupted(signal, 'the broker was not started');
  if (code === 0) return;
  const said = tellingLines(Buffer.concat(output).toString('utf8'), 3).join(' / ');
  throw new AlertSimError('BAD_USAGE', `Kafka cannot format ${paths.data}: ${said}`);
}

/**
 * Starts a server's process, which outlives this one.
 *
 * @param paths - its files, including configuration and formatted data
 */
export function spawnServer(kind: keyof typeof serverClasses, paths: NodePaths, java: string): ChildProcess {
  const output = openSync(paths.output, 'w');
  try {
    const child = spawn(java, [`@${paths.jvmArguments}`, serverClasses[kind], paths.properties], {
      cwd: paths.folder,
      // A session of its own: Ctrl-C in this terminal and the terminal's end do not reach it.
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

function jvmArguments(paths: NodePaths, programs: KafkaPrograms, jvm: JvmPlan): readonly string[] {
  const { heap, jmxPort, jvmOptions } = jvm;
  const jmx =
    jmxPort === 'none'
      ? []
      : [
          `-Dcom.sun.management.jmxremote.port=${jmxPort}`,
          `-Dcom.sun.management.jmxremote.rmi.port=${jmxPort}`,
          `-Dcom.sun.management.jmxremote.host=${brokerHost}`,
          `-Djava.rmi.server.hostname=${brokerHost}`,
          '-Dcom.sun.management.jmxremote.authenticate=false',
          '-Dcom.sun.management.jmxremote.ssl=false',
        ];
  return [
    ...defaultJvmOptions(heap, jvmOptions),
    `-XX:ErrorFile=${paths.folder}/hs_err_pid%p.log`,
    loggingOption(paths, programs),
    ...jmx,
    ...jvmOptions,
    '-cp',
    programs.jars.join(':'),
  ];
}

/** log4j2 takes a list with commas between: an address hides spaces and commas of the path. */
function loggingOption(paths: NodePaths, programs: KafkaPrograms): string {
  const address = pathToFileURL(paths.logging).href.replace(/,/g, '%2C');
  return logsTheOlderWay(programs)
    ? `-Dlog4j.configuration=${address}`
    : `-Dlog4j2.configurationFile=${address}`;
}

function logsTheOlderWay({ jars }: KafkaPrograms): boolean {
  return jars.some((jar) => /\breload4j-[\d.]+\.jar$/.test(jar));
}

/** One argument in the quotes of an argument file of `java`. */
function quoted(argument: string): string {
  return `"${argument.replace(/[\\"]/g, '\\$&')}"`;
}

/** A random id in Kafka's form: 16 bytes in URL-safe base 64, not beginning with a hyphen. */
export function newClusterId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A');
}
