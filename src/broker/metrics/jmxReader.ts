import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { pause } from '../interruption.js';
import type { KafkaPrograms } from '../kafkaProcess.js';
import { askedAttributes, askedObjects, brokerRead, type BrokerRead } from './brokerRead.js';
import { JmxTable } from './jmxTable.js';

/** Which broker is read, and how. */
export interface JmxReaderOptions {
  /** Of its JMX: `localhost:9292`. */
  readonly address: string;
  readonly intervalMs: number;
  /** Java, and jars with Kafka's tools among them. */
  readonly programs: KafkaPrograms;
  /** Resident memory of the broker's process, where it is known. */
  readonly rssBytes: () => number | undefined;
  readonly onRead: (read: BrokerRead) => void;
  /** Called once when reading ended unexpectedly, with the reason. */
  readonly onEnd: (reason: string) => void;
}

/** A program that reads a broker. */
export interface JmxReader {
  /** Resolves when it has ended. Safe to call twice. */
  readonly stop: () => Promise<void>;
  /** Resolves with undefined at the first read, or with the reason why there is none. */
  readonly started: Promise<string | undefined>;
  /** Undefined where no process could be started. */
  readonly pid: number | undefined;
}

/**
 * Starts to read a broker's metrics, with the tool for that in Kafka's own jars: a small JVM beside the
 * broker.
 */
export function startJmxReader(options: JmxReaderOptions): JmxReader {
  const { programs, intervalMs, address, onRead, onEnd } = options;
  const child = spawn(
    'sh',
    ['-c', guard, 'sh', programs.java, ...toolArguments(programs, address, intervalMs)],
    {
      // A session of its own: Ctrl-C ends the sending, while the last metrics are still wanted.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const table = new JmxTable();
  const said: string[] = [];
  let stopping = false;
  let settle: (fault: string | undefined) => void = () => undefined;
  const started = new Promise<string | undefined>((resolve) => {
    settle = resolve;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const row = table.row(line);
    if (row === undefined) return;
    onRead(brokerRead(row.atMs, row.values, options.rssBytes()));
    settle(undefined);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (/^\s*(at |\.\.\.|$)|^Trying to connect/.test(line)) return;
    const guarded = guardOf(line);
    // The tool would try again for ten seconds, and be rejected each time.
    if (guarded !== undefined) settle(guarded);
    said.push(line);
    if (said.length > keptLines) said.shift();
  });
  // Writing to a guard that has ended is not news: its end is reported separately.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      settle(reason);
      if (!stopping) onEnd(reason);
      stopping = true;
      resolve();
    };
    child.on('error', (error) => {
      end(error.message);
    });
    // The guard holds neither output nor errors, so that both end with the tool.
    child.stdout.on('close', () => {
      child.stdin.end();
    });
    child.on('close', () => {
      end(said.at(-1) ?? 'the program that reads it ended');
    });
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.stdin.end();
    const inTime = new AbortController();
    await Promise.race([ended, pause(graceMs, inTime.signal)]);
    inTime.abort();
    killGroup(child);
    await ended;
  };
  return { stop, started, pid: child.pid };
}

/**
 * What a JMX port requires, from Java's own errors: half a sentence with the fix; undefined for anything
 * else.
 *
 * @param line - of the tool's errors
 */
function guardOf(line: string): string | undefined {
  const instead = 'give it a port without (on 127.0.0.1 only), or leave its metrics out with --jmx none';
  if (/Authentication failed|Credentials required/.test(line)) {
    return `its JMX asks for a user name and password, which this program does not send: ${instead}`;
  }
  if (/SSLHandshakeException|SSLException/.test(line)) {
    return `its JMX asks for TLS, which this program does not speak: ${instead}`;
  }
  if (line.includes('non-JRMP server')) {
    return `its port speaks TLS, or is not one of JMX: name its JMX port with --jmx, or ${instead}`;
  }
  return undefined;
}

/**
 * Why a broker's JMX port cannot be asked; undefined where something listens.
 *
 * @param address - `host:port`
 */
export function portFault(address: string, timeoutMs: number): Promise<string | undefined> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: timeoutMs });
    const settle = (fault: string | undefined): void => {
      socket.destroy();
      resolve(fault);
    };
    socket.once('connect', () => {
      settle(undefined);
    });
    socket.once('timeout', () => {
      settle(`no answer within ${timeoutMs / 1000} s`);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code === 'ECONNREFUSED' ? 'nothing listens there' : error.message);
    });
  });
}

/**
 * Runs the words after it, and ends what they started when its standard input ends: however our own process
 * ends, even by a kill, no JVM goes on asking the broker.
 */
const guard = '"$@" </dev/null & tool=$!; exec >/dev/null 2>&1; cat; kill -KILL $tool; wait $tool';
const graceMs = 2000;
const keptLines = 5;

function toolArguments({ jars }: KafkaPrograms, address: string, intervalMs: number): readonly string[] {
  return [
    // Measured: 0.7 s of CPU to start, then 8 to 16 ms a read, 56 MB resident. Without the optimising
    // compiler, because one read a second is not worth it.
    ...['-Xmx48m', '-Xss256k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'],
    ...['-cp', jars.join(':'), 'org.apache.kafka.tools.JmxTool'],
    ...['--jmx-url', `service:jmx:rmi:///jndi/rmi://${address}/jmxrmi`],
    ...['--reporting-interval', String(intervalMs), '--report-format', 'original'],
    ...['--attributes', askedAttributes.join(',')],
    ...askedObjects.flatMap((name) => ['--object-name', name]),
  ];
}

/** The guard and the tool are a process group of their own, named by the guard's id. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
