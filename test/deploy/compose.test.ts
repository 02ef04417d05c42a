import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../../src/cli/program.js';
import { installationFolder } from '../../src/version.js';
import { readDashboards } from '../integration/support/grafana.js';
import { jmxtransSha256 } from '../integration/support/jmxtrans.js';
import {
  composeVariables,
  kafkaServices,
  parseProperties,
  readCompose,
  repositoryFile,
  serverPropertiesOf,
  type Service,
} from './composeFile.js';

const compose = readCompose();
const services = Object.entries(compose.services);
const brokers = kafkaServices(compose).map(
  ([name, service]) =>
    [
      name,
      service,
      name === 'kafka-zookeeper'
        ? parseProperties(repositoryFile('kafka', 'server-zookeeper.properties'))
        : serverPropertiesOf(service),
    ] as const,
);
const jmxtrans = services.filter(([name]) => name.startsWith('jmxtrans'));

describe('every service', () => {
  it.each(services)('%s has a pinned image, a health check, and comes back', (_name, service) => {
    expect(service.image).toMatch(/:\d+(\.\d+)*$/);
    expect(service.healthcheck?.test[0]).toBe('CMD');
    expect(service.restart).toBe('unless-stopped');
  });

  it.each(services)(
    '%s is reached from this machine only, at the port that it listens on',
    (_name, { ports = [] }) => {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
    },
  );

  it('has ports of its own', () => {
    const ports = services.flatMap(([, service]) => publishedPorts(service));
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toEqual(expect.arrayContaining([9092, 9292, 8086, 3000, 2181]));
  });

  it.each(services)(
    '%s mounts volumes that are declared, and nothing of the clone, which containers may be unable to read',
    (_name, service) => {
      for (const mount of service.volumes ?? []) {
        expect(Object.keys(compose.volumes)).toContain(mount.split(':')[0]);
      }
    },
  );

  // The image of the simulator is built and checked in image.test.ts.
  it.each(services.filter(([, { build = '.' }]) => build !== '.'))(
    '%s is built anew, of files that anyone in the container can read',
    (_name, { build = '', pull_policy }) => {
      expect(pull_policy).toBe('build');
      const copies = repositoryFile(build, 'Dockerfile').match(/^COPY .*/gm) ?? [];
      expect(copies.length).toBeGreaterThan(0);
      for (const copy of copies) {
        const [, mode = '', ...paths] = copy.split(' ');
        expect(mode).toMatch(/^--chmod=[57]5[57]$|^--chmod=444$/);
        for (const source of paths.slice(0, -1))
          expect(existsSync(join(installationFolder, build, source))).toBe(true);
      }
    },
  );

  it('leaves no volume unused', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((mount) => mount.split(':')[0]));
    expect(Object.keys(compose.volumes).filter((name) => !used.includes(name))).toEqual([]);
  });

  it.each(services)(
    '%s waits for services that start with it',
    (_name, { depends_on = {}, profiles = [] }) => {
      for (const other of Object.keys(depends_on)) {
        const needed = compose.services[other]?.profiles ?? [];
        expect(compose.services).toHaveProperty(other);
        expect(needed.every((profile) => profiles.includes(profile))).toBe(true);
      }
    },
  );
});

describe('the registry', () => {
  const { registry } = compose.services;
  it('is the simulator, listens for the host, and keeps what is registered in its volume', async () => {
    const [name = '', ...options] = registry?.command ?? [];
    const [command] = (await buildProgram([name])).commands;
    expect(command?.parseOptions(options)).toEqual({ operands: [], unknown: [] });
    const { host, port, data } = command?.opts<{ host: string; port: number; data: string }>() ?? {};
    expect({ host, port }).toEqual({ host: '0.0.0.0', port: 8081 });
    expect(registry?.volumes).toEqual([`registry-data:${dirname(data ?? '')}`]);
    expect(publishedPorts(registry ?? {})).toEqual([port]);
    expect(repositoryFile('Dockerfile')).toMatch(/install --directory --owner=1000 --group=1000 \/work /);
  });
});

describe('every broker', () => {
  it.each(brokers)(
    '%s tells clients on the host the address at which it is published',
    (_name, service, properties) => {
      const { HOST, INSIDE } = addresses(properties['advertised.listeners']);
      const listening = addresses(properties.listeners);
      expect(HOST?.host).toBe('127.0.0.1');
      expect(publishedPorts(service)).toContain(HOST?.port);
      expect(listening.HOST).toEqual({ host: '0.0.0.0', port: HOST?.port });
      expect(listening.INSIDE).toEqual({ host: '0.0.0.0', port: INSIDE?.port });
    },
  );

  it.each(brokers)('%s is found by the others by its service’s name', (name, service, properties) => {
    expect(addresses(properties['advertised.listeners']).INSIDE?.host).toBe(name);
    expect(service.hostname).toBe(name);
  });

  it.each(brokers)('%s is healthy when it listens inside', (_name, service, properties) => {
    const port = addresses(properties.listeners).INSIDE?.port;
    expect(service.healthcheck?.test.at(-1)).toContain(`/dev/tcp/localhost/${String(port)}`);
  });

  it.each(brokers.filter(([name]) => name !== 'kafka-zookeeper'))(
    '%s knows controllers that are services, at the port at which they listen',
    (_name, service, properties) => {
      const voters = (properties['controller.quorum.voters'] ?? '').split(',');
      const ids = voters.map((voter) => {
        const [id = '', host = '', port = ''] = voter.split(/[@:]/);
        const other = serverPropertiesOf(compose.services[host] ?? {});
        expect(other['node.id']).toBe(id);
        expect(addresses(other.listeners).CONTROLLER?.port).toBe(Number(port));
        expect(compose.services[host]?.environment?.CLUSTER_ID).toBe(service.environment?.CLUSTER_ID);
        return id;
      });
      expect(ids).toContain(properties['node.id']);
    },
  );

  it('with ZooKeeper knows the service and the port at which it listens', () => {
    const { 'zookeeper.connect': connect } = parseProperties(
      repositoryFile('kafka', 'server-zookeeper.properties'),
    );
    const { clientPort = '' } = parseProperties(repositoryFile('kafka', 'zookeeper.properties'));
    expect(connect).toBe(`zookeeper:${clientPort}`);
    expect(publishedPorts(compose.services.zookeeper ?? {})).toEqual([Number(clientPort)]);
    expect(compose.services['kafka-zookeeper']?.depends_on).toHaveProperty('zookeeper');
  });

  it.each(brokers)(
    '%s keeps its data in a named volume where it writes it',
    (name, { volumes = [] }, properties) => {
      expect(volumes).toContain(`${name}-data:${properties['log.dirs'] ?? ''}`);
    },
  );

  it.each(brokers)(
    '%s takes alerts of the size that the local broker takes',
    (_name, _service, properties) => {
      expect(properties).toMatchObject({
        'message.max.bytes': '10000000',
        'replica.fetch.max.bytes': '10000000',
        'auto.create.topics.enable': 'false',
      });
    },
  );

  it('has one jmxtrans, which brings its JMX to where it sends its clients, in a container that outlives it', () => {
    expect(jmxtrans.map(([, { environment }]) => environment?.BROKER_ALIAS).sort()).toEqual(
      brokers.map(([name]) => name).sort(),
    );
    for (const [, { environment = {}, network_mode, depends_on = {}, profiles }] of jmxtrans) {
      const name = String(environment.BROKER_ALIAS);
      const broker = compose.services[name] ?? {};
      expect(network_mode).toBeUndefined();
      expect(environment.BROKER_JMX_FORWARD).toBe(name);
      expect(environment.BROKER_JMX_PORT).toBe(jmxPort(broker));
      expect(publishedPorts(broker)).toContain(jmxPort(broker));
      expect(Object.keys(depends_on).sort()).toEqual(['influxdb', name].sort());
      expect(profiles).toEqual(broker.profiles);
    }
  });

  it.each(brokers)('%s tells JMX clients to connect to localhost', (_name, { environment = {} }) => {
    const options = String(environment.KAFKA_JMX_OPTS ?? '');
    const host = environment.KAFKA_JMX_HOSTNAME ?? /-Djava\.rmi\.server\.hostname=(\S+)/.exec(options)?.[1];
    expect(host).toBe('localhost');
  });
});

describe('InfluxDB', () => {
  const setup = compose.services.influxdb?.environment ?? {};

  it('is found by jmxtrans and Grafana, with the bucket and the token that it is set up with', () => {
    const grafana = compose.services.grafana?.environment ?? {};
    expect(grafana.INFLUX_URL).toBe('http://influxdb:8086');
    expect(publishedPorts(compose.services.influxdb ?? {})).toEqual([8086]);
    for (const environment of [grafana, ...jmxtrans.map(([, service]) => service.environment ?? {})]) {
      expect(environment.INFLUX_BUCKET).toBe(setup.DOCKER_INFLUXDB_INIT_BUCKET);
      expect(environment.INFLUX_TOKEN).toBe(setup.DOCKER_INFLUXDB_INIT_ADMIN_TOKEN);
    }
    for (const [, { environment = {} }] of jmxtrans)
      expect(`${environment.INFLUX_HOST ?? ''}:${environment.INFLUX_PORT ?? ''}`).toBe('influxdb:8086');
  });
});

describe('Grafana', () => {
  const grafana = compose.services.grafana ?? {};
  const copied = (source: string): string | undefined =>
    new RegExp(`^COPY \\S+ ${source} (.+)$`, 'm').exec(repositoryFile('grafana', 'Dockerfile'))?.[1];

  it('gives the datasource every variable that its file asks for', () => {
    const text = repositoryFile('grafana', 'provisioning', 'datasources', 'influxdb.yml').replace(
      /^\s*#.*$/gm,
      '',
    );
    const wanted = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
    expect(wanted.length).toBeGreaterThan(0);
    for (const name of wanted) expect(grafana.environment).toHaveProperty(name);
  });

  it('provisions the datasource that the dashboards open with', () => {
    const { datasources } = parse(
      repositoryFile('grafana', 'provisioning', 'datasources', 'influxdb.yml'),
    ) as { datasources: { uid: string; name: string; type: string; jsonData: Record<string, string> }[] };
    expect(datasources).toHaveLength(1);
    expect(datasources[0]).toMatchObject({ type: 'influxdb', jsonData: { version: 'InfluxQL' } });
    for (const { templating } of readDashboards()) {
      const { current } = templating.list.find(({ name }) => name === 'datasource') ?? {};
      expect(current?.value).toBe(datasources[0]?.uid);
    }
  });

  it('reads the dashboards where its image has them, and opens with one of them', () => {
    const { providers } = parse(
      repositoryFile('grafana', 'provisioning', 'dashboards', 'dashboards.yml'),
    ) as {
      providers: { type: string; options: { path: string } }[];
    };
    const folder = copied('dashboards') ?? '';
    expect(providers).toMatchObject([{ type: 'file', options: { path: folder } }]);
    expect(copied('provisioning')).toBe('/etc/grafana/provisioning');
    const home = String(grafana.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH);
    expect(existsSync(join(installationFolder, home.replace(folder, 'grafana/dashboards')))).toBe(true);
  });
});

describe('other ports in .env', () => {
  const ports = composeVariables().filter(({ name }) => name.endsWith('_HOST_PORT'));
  const moved = (port: number | string): number => Number(port) + 10_000;
  const values = Object.fromEntries(ports.map(({ name, fallback }) => [name, String(moved(fallback))]));
  const { services: changed } = readCompose(values);

  it.each(services)('%s is published at them', (name, service) => {
    expect(publishedPorts(changed[name] ?? {})).toEqual(publishedPorts(service).map(moved));
  });

  it.each(brokers)('%s tells them its clients, and its jmxtrans', (name, _service, properties) => {
    const service = changed[name] ?? {};
    const advertised =
      /advertised\.listeners=(\S+)/.exec(service.command?.join(' ') ?? '')?.[1] ??
      serverPropertiesOf(service)['advertised.listeners'];
    const before = addresses(properties['advertised.listeners']);
    expect(addresses(advertised)).toEqual({
      ...before,
      HOST: { host: '127.0.0.1', port: moved(before.HOST?.port ?? 0) },
    });
    // JMX sends its clients to the same port on this machine and in the container.
    expect(service.ports).toContain(`127.0.0.1:${jmxPort(service)}:${jmxPort(service)}`);
    const reader = Object.values(changed).find(({ environment }) => environment?.BROKER_ALIAS === name);
    expect(reader?.environment?.BROKER_JMX_PORT).toBe(jmxPort(service));
    const options = String(service.environment?.KAFKA_JMX_OPTS ?? '');
    if (options !== '') expect(options).toContain(`rmi.port=${jmxPort(service)} `);
  });
});

describe('.env.example', () => {
  it('holds every variable of docker-compose.yml, with its default', () => {
    const example = parseProperties(repositoryFile('.env.example'));
    expect(Object.fromEntries(composeVariables().map(({ name, fallback }) => [name, fallback]))).toEqual(
      example,
    );
    for (const { name, fallback } of composeVariables()) expect(example[name]).toBe(fallback);
  });
});

describe('jmxtrans’s image', () => {
  it('is built of the jar that the tests run', () => {
    expect(repositoryFile('jmxtrans', 'Dockerfile')).toContain(`ADD --checksum=sha256:${jmxtransSha256} `);
  });

  it('sets every property that its configuration asks for', () => {
    const wanted = [...repositoryFile('jmxtrans', 'kafka.json').matchAll(/\$\{([\w.]+):/g)].map(
      ([, name]) => name,
    );
    const set = [...repositoryFile('jmxtrans', 'run').matchAll(/property ([\w.]+) /g)].map(
      ([, name]) => name,
    );
    expect(wanted).toHaveLength(7);
    expect(set).toEqual(expect.arrayContaining(wanted));
  });
});

function publishedPorts({ ports = [] }: Service): number[] {
  return ports.map((port) => Number(port.split(':')[1]));
}

function jmxPort({ environment = {}, command = [] }: Service): number {
  return Number(environment.KAFKA_JMX_PORT ?? /JMX_PORT=(\d+)/.exec(command.join(' '))?.[1]);
}

function addresses(listeners = ''): Readonly<Record<string, { host: string; port: number } | undefined>> {
  const entries = listeners.split(',').map((listener) => {
    const [, name = '', host = '', port = ''] = /^(\w+):\/\/(.*):(\d+)$/.exec(listener) ?? [];
    return [name, { host, port: Number(port) }] as const;
  });
  return Object.fromEntries(entries);
}
