import { describe, expect, test } from 'vitest';
import { formatFaults } from '../../src/scenario/scenarioFaults.js';
import { parseScenario, variantPlan } from '../../src/scenario/parseScenario.js';
import { adding, phase, sound } from './malformed.js';
import { designExample, planFrom } from './planFrom.js';

describe("the design's example", () => {
  const plan = planFrom(designExample);

  test('becomes a plan in base units, with defaults filled in', () => {
    expect(plan).toEqual({
      name: 'rate-stairs',
      variant: undefined,
      kafka: {
        bootstrap: 'localhost:9092',
        client: { 'linger.ms': 5, 'compression.type': 'none' },
        jmx: 'auto',
      },
      alerts: {
        kind: 'file',
        files: ['data/rubin_single_ccd_sample.avro'],
        reading: { keepOrder: false, skipInvalid: false },
      },
      reservoir: {
        topic: 'alerts-reservoir',
        partitions: 4,
        replication: -1,
        config: {},
        workers: 2,
        schemaId: 1,
        reuse: false,
      },
      stream: {
        topic: 'alerts-stream',
        existing: false,
        partitions: 8,
        replication: 1,
        config: { 'retention.ms': '3600000' },
        producerTimestamp: false,
      },
      replay: {
        workers: 2,
        producersPerWorker: 1,
        warmupNs: 5e9,
        prefetchBytes: 32_000_000,
        flushEach: false,
        phases: [
          { name: 'as-recorded', pacing: { kind: 'recorded', speed: 1, passes: 1, rewrite: false } },
          { name: 'steady', pacing: { kind: 'constant', ratePerSecond: 500, durationNs: 30e9 } },
          {
            name: 'ramp',
            pacing: { kind: 'ramp', fromPerSecond: 100, toPerSecond: 5000, durationNs: 120e9 },
          },
          {
            name: 'stairs',
            pacing: { kind: 'stairs', fromPerSecond: 500, toPerSecond: 4000, steps: 8, durationNs: 240e9 },
          },
          {
            name: 'visits',
            pacing: {
              kind: 'visits',
              cadenceNs: 37e9,
              burstNs: 3e9,
              detectors: 189,
              size: { kind: 'fixed', alerts: 10_000 },
              visits: 3,
              seed: 1,
            },
          },
          { name: 'flat-out', pacing: { kind: 'max', durationNs: 30e9 } },
        ],
      },
      consumers: {
        groupPrefix: 'rubin-alert-sim',
        groups: [{ kind: 'own', name: 'group-1', members: 2, slow: undefined, startAfterNs: 0 }],
      },
      expect: [
        {
          metric: 'ack.p99',
          phase: undefined,
          operator: '<',
          value: 50_000,
          unit: 'microseconds',
          text: 'ack.p99 < 50ms',
        },
        {
          metric: 'response.p99',
          phase: undefined,
          operator: '<',
          value: 100_000,
          unit: 'microseconds',
          text: 'response.p99 < 100ms',
        },
        { metric: 'lost', phase: undefined, operator: '==', value: 0, unit: 'count', text: 'lost == 0' },
        {
          metric: 'achievedRate',
          phase: undefined,
          operator: '>=',
          value: 0.99,
          unit: 'fraction',
          text: 'achievedRate >= 99%',
        },
      ],
      variants: [
        { name: 'lz4', set: { 'kafka.client.compression.type': 'lz4' }, topic: {}, broker: {} },
        { name: 'io-threads-16', set: {}, topic: {}, broker: { 'num.io.threads': 16 } },
      ],
      cluster: {},
      broker: {},
      outputs: { influx: undefined },
      limits: {
        deadlineNs: undefined,
        drainNs: 60e9,
        selfCheck: { scheduleLagP99Us: 50_000, eventLoopDelayP99Us: 100_000 },
      },
      purpose: 'broker',
      coordination: {
        bootstrap: undefined,
        client: {},
        topicPrefix: 'rubin-alert-sim-control-',
        joinNs: 120e9,
        silenceNs: 10e9,
      },
      secrets: [],
    });
  });

  test('is frozen to its depth', () => {
    expect(Object.isFrozen(plan.replay.phases[4]?.pacing)).toBe(true);
    expect(() => {
      (plan.stream as { partitions: number }).partitions = 1;
    }).toThrow(TypeError);
  });
});

describe('variables', () => {
  test('are put in before units and numbers are read', () => {
    const text =
      phase('{name: a, rate: "${RATE}", duration: "${TIME:-3s}"}') + 'stream: {partitions: "${P}"}\n';
    const plan = planFrom(text, { environment: { RATE: '30000/min', P: '12' } });
    expect(plan.replay.phases[0]?.pacing).toEqual({ kind: 'constant', ratePerSecond: 500, durationNs: 3e9 });
    expect(plan.stream.partitions).toBe(12);
  });

  test('that are empty take their default, and an escaped one stays as it is', () => {
    const text = adding('kafka: {client: {client.id: "${A:-x}-$${B}"}}');
    expect(planFrom(text, { environment: { A: '' } }).kafka.client).toEqual({ 'client.id': 'x-${B}' });
  });

  test('keep a text a text: leading zeros of a password survive', () => {
    const text = adding('kafka: {client: {sasl.password: "${PASS}"}}');
    const plan = planFrom(text, { environment: { PASS: '0042' } });
    expect(plan.kafka.client['sasl.password']).toBe('0042');
    expect(plan.secrets).toEqual(['0042']);
  });

  test('name a registry by its address, and none without', () => {
    const text = adding('registry: {url: "${SCHEMA_REGISTRY_URL:-}", user: u, password: ""}');
    const environment = { SCHEMA_REGISTRY_URL: 'http://r:8081' };
    expect(planFrom(text, { environment }).registry).toEqual({
      ...{ url: 'http://r:8081', user: 'u' },
      ...{ password: undefined, ca: undefined },
    });
    expect(planFrom(text).registry).toBeUndefined();
    expect(planFrom(adding('registry: {url: none}')).registry?.url).toBe('none');
  });

  test('turn InfluxDB on by its address', () => {
    const plan = planFrom(designExample, { environment: { INFLUX_URL: 'http://h:8086', INFLUX_TOKEN: 't' } });
    expect(plan.outputs.influx).toMatchObject({
      url: 'http://h:8086',
      bucket: 'alerts',
      token: 't',
      org: undefined,
    });
  });
});

describe('overrides', () => {
  test.each([
    ['a number', 'stream.partitions=45', 'stream.partitions', 45],
    ['a key that holds dots', 'kafka.client.linger.ms=20', 'kafka.client.linger.ms', 20],
    [
      'a new key that holds dots',
      'stream.config.segment.bytes=1048576',
      'stream.config.segment.bytes',
      '1048576',
    ],
    ['an expectation with a comparison', 'expect.achievedRate=>= 50%', 'expect', 0.5],
  ])('set %s', (_what, override, at, value) => {
    const plan = planFrom(designExample, { overrides: [override] });
    const found = {
      'stream.partitions': plan.stream.partitions,
      'kafka.client.linger.ms': plan.kafka.client['linger.ms'],
      'stream.config.segment.bytes': plan.stream.config['segment.bytes'],
      expect: plan.expect.find((line) => line.metric === 'achievedRate')?.value,
    };
    expect(found[at as keyof typeof found]).toBe(value);
  });

  test('name an entry of a list by its name or its number, and the last one wins', () => {
    const overrides = [
      'replay.phases.steady.rate=7/s',
      'replay.phases.1.rate=8/s',
      'replay.phases.flat-out.duration=1m',
    ];
    const { phases } = planFrom(designExample, { overrides }).replay;
    expect(phases[1]?.pacing).toMatchObject({ ratePerSecond: 8 });
    expect(phases[5]?.pacing).toMatchObject({ durationNs: 60e9 });
  });

  test('replace a whole map, and make maps that were not there', () => {
    const overrides = ['alerts={payload: {bytes: 100}}', 'limits.selfCheck.scheduleLagP99=5ms'];
    const plan = planFrom(sound, { overrides });
    expect(plan.alerts).toEqual({ kind: 'payload', bytes: 100, count: 10_000, seed: 1 });
    expect(plan.limits.selfCheck.scheduleLagP99Us).toBe(5000);
  });

  test('mend a scenario that is faulty without them', () => {
    expect(
      planFrom(adding('stream: {partitions: 0}'), { overrides: ['stream.partitions=3'] }).stream.partitions,
    ).toBe(3);
  });
});

describe('consumers', () => {
  test('nobody reads where they are left out', () => {
    expect(planFrom(sound).consumers.groups).toEqual([]);
  });

  test('the long form has slow members and groups that join late', () => {
    const lines = `consumers:
  groups:
    - {name: fast, members: 4}
    - {name: slow, members: 3, slow: {members: 1, maxRate: 50/s}}
    - {name: resting, slow: {pause: 5ms}, startAfter: 1m30s}`;
    expect(planFrom(adding(lines)).consumers.groups).toEqual([
      { kind: 'own', name: 'fast', members: 4, slow: undefined, startAfterNs: 0 },
      {
        kind: 'own',
        name: 'slow',
        members: 3,
        slow: { kind: 'maxRate', members: 1, perSecond: 50 },
        startAfterNs: 0,
      },
      {
        kind: 'own',
        name: 'resting',
        members: 1,
        slow: { kind: 'pause', members: 1, pauseNs: 5e6 },
        startAfterNs: 90e9,
      },
    ]);
  });

  test("somebody else's groups are watched, and commands are started", () => {
    const lines = `consumers:
  groups:
    - {name: mine, external: lasair-test}
    - {name: cmd, command: python3 consumer.py, members: 4, group: lasair-ci, env: {LEVEL: 3}, ready: 1m, restart: always}
    - {name: plain, command: ./read}`;
    const plain = {
      kind: 'command',
      members: 1,
      groupId: undefined,
      env: {},
      readyNs: 10e9,
      restart: 'never',
    };
    expect(planFrom(adding(lines)).consumers.groups).toEqual([
      { kind: 'external', name: 'mine', groupId: 'lasair-test' },
      {
        ...{ kind: 'command', name: 'cmd', command: 'python3 consumer.py', members: 4, groupId: 'lasair-ci' },
        ...{ env: { LEVEL: '3' }, readyNs: 60e9, restart: 'always' },
      },
      { ...plain, name: 'plain', command: './read' },
    ]);
  });
});

describe('variants', () => {
  test('says what the local cluster of each is made of', () => {
    const plan = planFrom(`${sound}cluster: {kafkaVersion: 4.4.0, jvm: [-Xmx2g]}
variants:
  - {name: as-it-is}
  - {name: older, kafkaVersion: 3.9.1, zookeeper: true, brokers: 3, jvm: [-XX:+UseZGC]}
  - {name: by-path, set: {cluster.brokers: 3}}`);
    const clusters = plan.variants.map(({ name }) => {
      const result = variantPlan(plan, name);
      return result.ok ? result.plan.cluster : result.faults;
    });
    expect(clusters).toEqual([
      { kafkaVersion: '4.4.0', jvm: ['-Xmx2g'] },
      { kafkaVersion: '3.9.1', zookeeper: true, brokers: 3, jvm: ['-XX:+UseZGC'] },
      { kafkaVersion: '4.4.0', brokers: 3, jvm: ['-Xmx2g'] },
    ]);
  });

  const text = adding(`kafka: {client: {acks: all}}
stream: {partitions: 2, config: {retention.ms: 1}}
broker: {num.io.threads: 8}
variants:
  - {name: plain}
  - name: all
    set: {replay.phases.steady.rate: 9/s, kafka.client.linger.ms: "\${LINGER}", replay.workers: "\${W}"}
    topic: {partitions: 6, config: {segment.bytes: 5}}
    broker: {num.network.threads: 4}`);
  const plan = planFrom(text, { environment: { LINGER: '3', W: '2' } });

  test('one without changes is the scenario itself', () => {
    const result = variantPlan(plan, 'plain');
    expect(result).toMatchObject({ ok: true, plan: { ...plan, variant: 'plain', variants: [] } });
  });

  test('one changes what it names and nothing else', () => {
    const result = variantPlan(plan, 'all');
    if (!result.ok) throw new Error(formatFaults(result.faults));
    const { kafka, stream, broker, replay, variants } = result.plan;
    expect(kafka.client).toEqual({ acks: 'all', 'linger.ms': 3 });
    expect(stream).toMatchObject({ partitions: 6, config: { 'retention.ms': '1', 'segment.bytes': '5' } });
    expect(broker).toEqual({ 'num.io.threads': 8, 'num.network.threads': 4 });
    expect(replay.workers).toBe(2);
    expect(replay.phases[0]?.pacing).toMatchObject({ ratePerSecond: 9 });
    expect(variants).toEqual([]);
    expect(plan.stream.partitions).toBe(2);
  });

  test('one that is not there is a fault that names the nearest', () => {
    const result = variantPlan(plan, 'al');
    expect(result.ok ? '' : formatFaults(result.faults)).toBe(
      'variant al: n has no variant "al"; did you mean "all"?',
    );
  });
});

describe('YAML', () => {
  test('anchors, aliases and merged maps are unfolded', () => {
    const text = `name: n
alerts: {file: a.avro}
replay:
  phases:
    - &base {name: one, rate: 5/s, duration: 1s}
    - {<<: *base, name: two}
broker: &settings {num.io.threads: 3}
variants:
  - {name: v, broker: *settings}
`;
    const plan = planFrom(text);
    expect(plan.replay.phases.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(plan.variants[0]?.broker).toEqual({ 'num.io.threads': 3 });
  });

  test('Windows line ends and a byte order mark do no harm', () => {
    expect(planFrom(`\uFEFF${sound.replaceAll('\n', '\r\n')}`).name).toBe('n');
  });
});

test('what is legal and probably not meant is a warning with its place', () => {
  const rewriting = '    - {name: once, pace: recorded, rewrite: true}\n';
  const text = adding(`${rewriting}consumers: {groups: 1, members: 2}\nlimits: {deadline: 500ms}`);
  const result = parseScenario(text, { fileName: 's.yaml', environment: {} });
  expect(result.ok ? formatFaults(result.warnings).split('\n') : []).toEqual([
    's.yaml:6:45: the phase once has one pass only: nothing is rewritten',
    's.yaml:7:12: the group group-1 has 2 members for 1 partitions: the others idle',
    's.yaml:8:20: the deadline is shorter than the phases take: the run will be cut off',
  ]);
});

describe('alerts that are made while they are sent', () => {
  const visits = '{name: v, visits: {cadence: 2s, burst: 1s, alerts: 50}, count: 9}';
  const madeAhead = (synthetic: string, one: string): string =>
    phase(one).replace('{file: a.avro}', `{synthetic: {${synthetic}, alertsPerVisit: 50, cadence: 2s}}`);

  test.each([
    ['visits: forever', { durationNs: undefined, bufferBytes: undefined, generators: undefined }],
    [
      'duration: 24h, buffer: 512MB, generators: 2',
      { durationNs: 86_400e9, bufferBytes: 512e6, generators: 2 },
    ],
    ['visits: 3', undefined],
  ])('with %s', (synthetic, ahead) => {
    expect(planFrom(madeAhead(synthetic, visits)).alerts).toMatchObject({ kind: 'synthetic', ahead });
  });

  test.each([
    [
      'visits: forever',
      '{name: p, pace: recorded}',
      /5:23: replay\.phases\.p\.pace cannot be recorded where alerts are made/,
    ],
    [
      'visits: forever',
      '{name: p, rate: max, duration: 1s}',
      /5:23: replay\.phases\.p\.rate cannot be max where/,
    ],
    [
      'duration: 1h',
      '{name: p, visits: {cadence: 3s, burst: 1s, alerts: 50}}',
      /replay\.phases\.p\.visits\.cadence must be that of alerts\.synthetic where/,
    ],
    [
      'duration: 1h',
      '{name: p, visits: {cadence: 2s, burst: 1s, alerts: {mean: 50}}}',
      /replay\.phases\.p\.visits\.alerts must be alertsPerVisit of alerts\.synthetic, 50, where/,
    ],
    ['visits: 3, duration: 1h', visits, /alerts\.synthetic\.duration stands beside visits/],
    [
      'visits: 3, buffer: 1GB',
      visits,
      /alerts\.synthetic\.buffer is for alerts that are made while they are sent/,
    ],
    ['visits: never', visits, /alerts\.synthetic\.visits must be .*forever/],
  ])('reject what does not go with them: %s and %s', (synthetic, one, fault) => {
    const result = parseScenario(madeAhead(synthetic, one), { fileName: 's.yaml', environment: {} });
    expect(result.ok ? '' : formatFaults(result.faults)).toMatch(fault);
  });
});
