import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { AlertSimError } from '../errors.js';
import { brokerHost, type BrokerPlan, type ScramUser } from './brokerConfig.js';
import { stopIfInterrupted } from './interruption.js';
import { loggingProperties, tellingLines } from './logging.js';
import { renderProperties, type ServerProperties } from './serverProperties.js';
import type { StatePaths } from './statePaths.js';

/** What Kafka's programs are run with. */
export interface KafkaPrograms {
  /** The Java program. */
  readonly java: string;
  /** The jars. */
  readonly jars: readonly string[];
}

/**
 * Writes the files that Kafka's programs read: server properties, log configuration and JVM arguments.
 *
 * @param paths - where to
 * @param programs - what Kafka is run with
 * @param plan - the broker
 * @param properties - its server properties
 */
export async function writeConfiguration(
  paths: StatePaths,
  programs: KafkaPrograms,
  plan: BrokerPlan,
  properties: ServerProperties,
): Promise<void> {
  await writeFile(paths.properties, renderProperties(properties), { mode: 0o600 });
  await writeFile(paths.logging, renderProperties(loggingProperties(paths.log)));
  await writeFile(paths.jvmArguments, jvmArguments(paths, programs, plan).map(quoted).join('\n'));
}

/**
 * Formats the data folder: gives it a cluster id, and the users of SCRAM.
 *
 * @param paths - the broker's files; the data folder is empty
 * @param programs - what Kafka is run with
 * @param users - the users
 * @param signal - ends it
 * @throws `BAD_USAGE` with Kafka's words when it refuses the server properties; `INTERRUPTED`
 */
export async function formatData(
  paths: StatePaths,
  programs: KafkaPrograms,
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
      ...['-XX:TieredStopAtLevel=1', loggingOption(paths)],
      ...['-cp', programs.jars.join(':'), 'kafka.tools.StorageTool', 'format'],
      ...['--cluster-id', newClusterId(), '--config', paths.properties, ...scram],
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
  throw new AlertSimError('BAD_USAGE', `Kafka refuses to format ${paths.data}: ${said}`);
}

/**
 * Starts the broker's process, which outlives this one.
 *
 * @param paths - the broker's files, configuration and formatted data among them
 * @param programs - what Kafka is run with
 * @returns the process
 */
export function spawnBroker(paths: StatePaths, programs: KafkaPrograms): ChildProcess {
  const output = openSync(paths.output, 'w');
  try {
    const child = spawn(programs.java, [`@${paths.jvmArguments}`, 'kafka.Kafka', paths.properties], {
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

function jvmArguments(paths: StatePaths, { jars }: KafkaPrograms, plan: BrokerPlan): readonly string[] {
  const { jmxPort } = plan;
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
    `-Xmx${plan.heap}`,
    // The collector settings of Kafka's own start script.
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
    '-XX:+ExplicitGCInvokesConcurrent',
    // A broker without memory would hang on and answer nobody.
    '-XX:+ExitOnOutOfMemoryError',
    `-XX:ErrorFile=${paths.folder}/hs_err_pid%p.log`,
    '-Djava.awt.headless=true',
    loggingOption(paths),
    ...jmx,
    ...plan.jvmOptions,
    '-cp',
    jars.join(':'),
  ];
}

/** log4j2 takes a list with commas between: an address hides spaces and commas of the path. */
function loggingOption(paths: StatePaths): string {
  return `-Dlog4j2.configurationFile=${pathToFileURL(paths.logging).href.replace(/,/g, '%2C')}`;
}

/** One argument in the quotes of an argument file of `java`. */
function quoted(argument: string): string {
  return `"${argument.replace(/[\\"]/g, '\\$&')}"`;
}

/** A random id in Kafka's form: 16 bytes in URL-safe base 64, not beginning with a hyphen. */
function newClusterId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A');
}
