import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFolder, jarsFolder } from '../../src/broker/cacheFolder.js';
import { lockedVersions, readDistribution } from '../../src/broker/distribution.js';
import { ensureDistribution } from '../../src/broker/download.js';
import { findJava } from '../../src/broker/java.js';
import { freePorts } from '../../src/broker/ports.js';
import { acceptsConnections, probeBroker, servesClients } from '../../src/broker/probe.js';
import { renderProperties } from '../../src/broker/serverProperties.js';
import { installationFolder } from '../../src/version.js';
import { parseProperties, readCompose, repositoryFile, serverPropertiesOf } from '../deploy/composeFile.js';
import { findInfluxd2, isMissing } from './support/influx.js';
import { jmxtransJar } from './support/jmxtrans.js';
import { startServer, until, type Server } from './support/servers.js';

/**
 * No Docker runs here: what docker-compose.yml gives each server is given to the real server, with the containers'
 * names and ports replaced by free ports of 127.0.0.1, and folders by temporary ones.
 */
const run = promisify(execFile);
const { services } = readCompose();
const influxd2 = await findInfluxd2();

/** An address of this machine other than `localhost`, as another container's is. */
const jmxHost = '127.0.0.2';

let folder: string;
let addresses: Addresses;
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'test-compose-'));
  addresses = new Addresses(await freePorts(24));
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}, 30_000);

describe('Kafka, as docker-compose.yml describes it', () => {
  it('starts alone, and serves clients as soon as its health check passes', async () => {
    await startKRaft('kafka');
    await until('the health check passes', 90_000, () => listens('kafka', 19092));
    expect(servesClients(await probeBroker(addresses.port('kafka', 9092)))).toBe(true);
  }, 120_000);

  it('starts as a cluster of three', async () => {
    await Promise.all([1, 2, 3].map((id) => startKRaft(`kafka-${id}`)));
    await until('three brokers are in the cluster', 120_000, async () => {
      const answers = await Promise.all(
        [1, 2, 3].map((id) => probeBroker(addresses.port(`kafka-${id}`, 9093 + id))),
      );
      return answers.every(({ brokerIds }) => brokerIds.length === 3);
    });
  }, 180_000);

  it.skipIf(!lockedVersions().includes('3.9.1'))(
    '3.9 starts with ZooKeeper',
    async () => {
      const zookeeper = await writeProperties(
        'zookeeper',
        parseProperties(repositoryFile('kafka', 'zookeeper.properties')),
        {
          dataDir: join(folder, 'zookeeper'),
          clientPort: String(addresses.port('zookeeper', 2181)),
          clientPortAddress: '127.0.0.1',
        },
      );
      await startJava('3.9.1', ['org.apache.zookeeper.server.quorum.QuorumPeerMain', zookeeper], 'zookeeper');
      await until('ZooKeeper listens', 60_000, () => listens('zookeeper', 2181));
      const properties = parseProperties(repositoryFile('kafka', 'server-zookeeper.properties'));
      const file = await writeProperties('kafka-zookeeper', properties, {
        'log.dirs': join(folder, 'kafka'),
      });
      await startJava('3.9.1', ['kafka.Kafka', file], 'kafka-zookeeper');
      await until('the broker serves clients', 90_000, async () =>
        servesClients(await probeBroker(addresses.port('kafka-zookeeper', 9093))),
      );
    },
    180_000,
  );
});

describe.skipIf(isMissing(influxd2))('InfluxDB and jmxtrans, as docker-compose.yml describes them', () => {
  it('bring the broker’s metrics, and again after its container was restarted', async () => {
    await startInflux();
    await startKRaft('kafka', jmxOptions());
    await until('the broker listens', 90_000, () => listens('kafka', 19092));
    const token = String(services.jmxtrans?.environment?.INFLUX_TOKEN);
    const environment = await jmxtransEnvironment();
    const healthy = (): Promise<boolean> =>
      run(join(installationFolder, 'jmxtrans', 'points-arrive'), {
        env: { ...process.env, ...environment },
      }).then(
        () => true,
        () => false,
      );
    expect(await healthy()).toBe(false);
    const output = join(folder, 'jmxtrans.out');
    const jmxtrans = startServer(join(installationFolder, 'jmxtrans', 'run'), [], {
      env: environment,
      output,
    });
    const broker = servers.at(-1);
    servers.push(jmxtrans);
    await until('points arrive', 90_000, healthy);
    // The token is neither in the list of processes nor in the log.
    const { stdout: processes } = await run('ps', ['-eo', 'args']);
    expect(processes).toContain('jmxtrans-272-all.jar');
    expect(processes).not.toContain(token);
    expect(await readFile(output, 'utf8')).not.toContain(token);

    await broker?.stop();
    await restartKRaft('kafka', jmxOptions());
    const restarted = new Date().toISOString();
    await until('points of the new process arrive', 90_000, () => hasPointSince(restarted));
    expect(jmxtrans.ended()).toBeUndefined();
  }, 300_000);
});

/** What docker-compose.yml gives jmxtrans, with our addresses. The broker's JMX listens where only the forward reaches it. */
async function jmxtransEnvironment(): Promise<Readonly<Record<string, string>>> {
  const given = Object.entries(services.jmxtrans?.environment ?? {}).map(([name, value]) => [
    name,
    String(value),
  ]);
  return {
    ...(Object.fromEntries(given) as Record<string, string>),
    INFLUX_HOST: '127.0.0.1',
    INFLUX_PORT: String(addresses.port('influxdb', 8086)),
    BROKER_JMX_FORWARD: jmxHost,
    BROKER_JMX_PORT: String(addresses.port('kafka', 9292)),
    JMXTRANS_JAR: await jmxtransJar(),
    JMXTRANS_CONFIG: join(installationFolder, 'jmxtrans', 'kafka.json'),
    JMXTRANS_LOG_DIR: folder,
  };
}

async function hasPointSince(time: string): Promise<boolean> {
  const { INFLUX_BUCKET = '', INFLUX_TOKEN = '' } = services.jmxtrans?.environment ?? {};
  const query = `SELECT count("Uptime") FROM "jvm_runtime" WHERE time > '${time}'`;
  const words = new URLSearchParams({ db: String(INFLUX_BUCKET), q: query });
  const response = await fetch(
    `http://127.0.0.1:${addresses.port('influxdb', 8086)}/query?${words.toString()}`,
    {
      headers: { Authorization: `Token ${INFLUX_TOKEN}` },
    },
  );
  return (await response.text()).includes('jvm_runtime');
}

/** Gives each (service, port) of the compose file a free port of this machine. */
class Addresses {
  readonly #free: readonly number[];
  readonly #taken = new Map<string, number>();

  constructor(free: readonly number[]) {
    this.#free = free;
  }

  port(service: string, port: number): number {
    const key = `${service}:${port}`;
    const known = this.#taken.get(key) ?? this.#free[this.#taken.size];
    if (known === undefined) throw new Error('there are not enough free ports');
    this.#taken.set(key, known);
    return known;
  }

  /** A property's value with every address replaced; those that name no service are of the service itself. */
  replaced(own: string, value: string): string {
    return value.replace(/([\w.-]+):(\d{4,5})\b/g, (_all, host: string, port: string) => {
      return `127.0.0.1:${this.port(host in services ? host : own, Number(port))}`;
    });
  }
}

async function writeProperties(
  service: string,
  properties: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Promise<string> {
  const replaced = Object.entries(properties).map(([name, value]) => [
    name,
    addresses.replaced(service, value),
  ]);
  const file = join(folder, `${service}.properties`);
  await writeFile(
    file,
    renderProperties({ ...(Object.fromEntries(replaced) as Record<string, string>), ...own }),
  );
  return file;
}

/** What the image does: make server properties of the environment, format the storage, start. */
async function startKRaft(name: string, options: readonly string[] = []): Promise<void> {
  const service = services[name] ?? {};
  const version = /:(.*)$/.exec(service.image ?? '')?.[1] ?? '';
  const properties = serverPropertiesOf(service);
  const file = await writeProperties(name, properties, { 'log.dirs': join(folder, name) });
  const cluster = String(service.environment?.CLUSTER_ID);
  const { command, jars } = await java(version);
  const format = ['kafka.tools.StorageTool', 'format', '--cluster-id', cluster, '--config', file];
  await run(command, ['-XX:TieredStopAtLevel=1', '-cp', jars, ...format]);
  await startJava(version, ['kafka.Kafka', file], name, options);
}

/** A container that was restarted still has its volume. */
async function restartKRaft(name: string, options: readonly string[]): Promise<void> {
  const version = /:(.*)$/.exec(services[name]?.image ?? '')?.[1] ?? '';
  await startJava(version, ['kafka.Kafka', join(folder, `${name}.properties`)], name, options);
}

async function startJava(
  version: string,
  words: readonly string[],
  name: string,
  options: readonly string[] = [],
): Promise<void> {
  const { command, jars } = await java(version);
  const output = join(folder, `${name}.log`);
  servers.push(startServer(command, ['-Xmx384m', ...options, '-cp', jars, ...words], { output }));
}

async function java(version: string): Promise<{ command: string; jars: string }> {
  const distribution = readDistribution(version);
  const jars = await ensureDistribution(distribution, { folder: jarsFolder(cacheFolder()) });
  return { command: (await findJava(distribution.java)).command, jars: jars.join(':') };
}

/** The options that the image makes of KAFKA_JMX_PORT and KAFKA_JMX_HOSTNAME. */
function jmxOptions(): readonly string[] {
  const { KAFKA_JMX_PORT, KAFKA_JMX_HOSTNAME } = services.kafka?.environment ?? {};
  const port = addresses.port('kafka', Number(KAFKA_JMX_PORT));
  const options = [
    ...['authenticate=false', 'ssl=false', 'local.only=false', `host=${jmxHost}`],
    ...[`port=${port}`, `rmi.port=${port}`],
  ];
  return [
    ...options.map((option) => `-Dcom.sun.management.jmxremote.${option}`),
    `-Djava.rmi.server.hostname=${String(KAFKA_JMX_HOSTNAME)}`,
  ];
}

/** What the image does with DOCKER_INFLUXDB_INIT_*: one request to set the server up. */
async function startInflux(): Promise<void> {
  if ('missing' in influxd2) throw new Error(influxd2.missing);
  const port = addresses.port('influxdb', 8086);
  const url = `http://127.0.0.1:${port}`;
  const paths = ['bolt', 'engine', 'sqlite'].flatMap((kind) => [
    `--${kind}-path`,
    join(folder, `influx-${kind}`),
  ]);
  const words = ['--http-bind-address', `127.0.0.1:${port}`, '--reporting-disabled', ...paths];
  servers.push(startServer(influxd2.path, words, { output: join(folder, 'influxd.log') }));
  await until('InfluxDB answers', 60_000, async () => (await fetch(`${url}/health`)).ok);
  const environment = services.influxdb?.environment ?? {};
  const setting = (name: string): string => String(environment[`DOCKER_INFLUXDB_INIT_${name}`]);
  const [, days = ''] = /^(\d+)d$/.exec(setting('RETENTION')) ?? [];
  const response = await fetch(`${url}/api/v2/setup`, {
    method: 'POST',
    body: JSON.stringify({
      username: setting('USERNAME'),
      password: setting('PASSWORD'),
      org: setting('ORG'),
      bucket: setting('BUCKET'),
      token: setting('ADMIN_TOKEN'),
      retentionPeriodSeconds: Number(days) * 86_400,
    }),
  });
  expect(response.status, await response.text()).toBe(201);
}

async function listens(service: string, port: number): Promise<boolean> {
  await acceptsConnections(addresses.port(service, port));
  return true;
}
