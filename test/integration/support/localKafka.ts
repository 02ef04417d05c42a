import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScramMechanism, ScramUser } from '../../../src/broker/brokerConfig.js';
import { freePorts } from '../../../src/broker/ports.js';
import { startBroker } from '../../../src/broker/startBroker.js';
import { stopBroker } from '../../../src/broker/stop.js';
import { makeCertificates, type Certificates } from './certificates.js';
import { quickJvm } from './quickJvm.js';

/** A broker for one test file. */
export interface TestKafkaOptions {
  /** With the JVM that users get, for tests that measure; by default with `jmx` only. */
  readonly usualJvm?: boolean;
  /**
   * With Kafka's own defaults where ours differ: topics are created by looking, messages are at most 1 MB.
   */
  readonly kafkaDefaults?: boolean;
  /** Rights are checked: without SASL everything is allowed, users have what their ACLs say. */
  readonly acls?: boolean;
  readonly serverProperties?: Readonly<Record<string, string>>;
  /** Adds a listener with mutual TLS. */
  readonly tls?: boolean;
  /** Adds a SASL_PLAINTEXT listener for each mechanism that these users have. */
  readonly scramUsers?: readonly ScramUser[];
  /** With JMX on a free port. */
  readonly jmx?: boolean;
}

/** A running broker and how to reach it. */
export interface TestKafka {
  /** `127.0.0.1:port` of the listener without security. */
  readonly bootstrap: string;
  /** `localhost:port` of the listener with mutual TLS, and the files to use it. */
  readonly tls: { readonly bootstrap: string; readonly certificates: Certificates } | undefined;
  /** `127.0.0.1:port` of the SASL listeners. */
  readonly scram: ReadonlyMap<ScramMechanism, string>;
  readonly jmxPort: number | undefined;
  readonly pid: number;
  readonly stateFolder: string;
  /** Ends the broker's process by force, as a crash would; `restart` brings it back with its topics. */
  readonly kill: () => void;
  /** Freezes the broker's process: it keeps its connections and answers nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Starts the broker again on the same ports, after `kill` or for other server properties. */
  readonly restart: (serverProperties?: Readonly<Record<string, string>>) => Promise<void>;
  /** Stops the broker and removes everything it wrote. Safe to call twice. */
  readonly stop: () => Promise<void>;
}

const defaultsOfKafka = {
  'auto.create.topics.enable': 'true',
  'message.max.bytes': '1048588',
  'replica.fetch.max.bytes': '1048576',
  'offsets.topic.num.partitions': '50',
};

const authorizer = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
};

/** After a crash the controller waits for the old process's session to end, nine seconds by default. */
const quickRecovery = { 'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '500' };

/**
 * Starts a broker on free ports of 127.0.0.1 with its data in a temporary folder. It takes about three seconds;
 * call it in `beforeAll`, and `stop` in `afterAll`. Should the test's process end without `stop`, the broker is
 * killed.
 */
export async function startTestKafka(options: TestKafkaOptions = {}): Promise<TestKafka> {
  const { tls = false, scramUsers = [], jmx = false, usualJvm = jmx } = options;
  const jvmOptions = usualJvm ? [] : await quickJvm();
  const mechanisms = [...new Set(scramUsers.map(({ mechanism }) => mechanism))];
  const [port = 0, tlsPort = 0, jmxPort = 0, ...scramPorts] = await freePorts(3 + mechanisms.length);
  const folder = await mkdtemp(join(tmpdir(), 'test-kafka-'));
  const stateFolder = join(folder, 'broker');
  const certificates = tls ? makeCertificates(folder) : undefined;
  const scram = mechanisms.map((mechanism, index) => ({ scram: mechanism, port: scramPorts[index] ?? 0 }));

  let pid = 0;
  const onExit = (): void => {
    signal('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (pid > 0) process.kill(pid, name);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
    }
  };
  const start = async (serverProperties = options.serverProperties): Promise<void> => {
    const started = await startBroker({
      stateFolder,
      serverProperties: {
        ...quickRecovery,
        ...(options.kafkaDefaults === true ? defaultsOfKafka : {}),
        ...(options.acls === true ? authorizer : {}),
        ...serverProperties,
      },
      listeners: [
        { port },
        ...(certificates === undefined
          ? []
          : [
              {
                port: tlsPort,
                tls: {
                  keystore: { location: certificates.serverKeystore },
                  truststore: { location: certificates.ca },
                  clientAuth: 'required' as const,
                },
              },
            ]),
        ...scram,
      ],
      scramUsers,
      jmxPort: jmx ? jmxPort : 'none',
      heap: '512m',
      jvmOptions,
    });
    pid = started.record.pid;
  };
  const stop = async (): Promise<void> => {
    await stopBroker({ stateFolder, graceMs: 5000 });
    pid = 0;
    process.removeListener('exit', onExit);
    await rm(folder, { recursive: true, force: true });
  };

  process.on('exit', onExit);
  try {
    await start();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    bootstrap: `127.0.0.1:${port}`,
    tls: certificates === undefined ? undefined : { bootstrap: `localhost:${tlsPort}`, certificates },
    scram: new Map(scram.map((listener) => [listener.scram, `127.0.0.1:${listener.port}`])),
    jmxPort: jmx ? jmxPort : undefined,
    get pid() {
      return pid;
    },
    stateFolder,
    kill: () => {
      signal('SIGKILL');
    },
    freeze: () => {
      signal('SIGSTOP');
    },
    thaw: () => {
      signal('SIGCONT');
    },
    restart: async (serverProperties) => {
      await stopBroker({ stateFolder, keepData: true, graceMs: 5000 });
      await start(serverProperties);
    },
    stop,
  };
}
