import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClusterSettings } from '../../src/kafka/clusterSettings.js';
import { runCommand, startCommand, type CommandResult } from './support/commandLine.js';
import { testAlerts, writeTestContainer } from './support/containers.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { headerOf, topicContents, withAdmin, writeTopic } from './support/topicContents.js';

const password = 'alice-secret';

let kafka: TestKafka;
let folder: string;
let file: string;
beforeAll(async () => {
  kafka = await startTestKafka({
    tls: true,
    scramUsers: [{ name: 'alice', password, mechanism: 'SCRAM-SHA-512' }],
  });
  folder = await mkdtemp(join(tmpdir(), 'streams-faults-'));
  file = join(folder, 'alerts.avro');
  await writeTestContainer(file, testAlerts(12, 0.01));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const connection = (): { bootstrap: string } => ({ bootstrap: kafka.bootstrap });
const create = (topic: string, ...more: readonly string[]): readonly string[] => [
  ...['create-stream', '-B', kafka.bootstrap, `--dst-topic=${topic}`],
  ...more,
];
const play = (from: string, to: string, ...more: readonly string[]): readonly string[] => [
  ...['play-stream', '-B', kafka.bootstrap, `--src-topic=${from}`, `--dst-topic=${to}`],
  ...more,
];

/** A fault that the user can cause ends with one sentence, without a stack trace. */
function expectSentence(result: CommandResult, code: number, says: RegExp): void {
  expect(result).toMatchObject({ code, signal: null, stdout: '' });
  expect(result.stderr).toMatch(/^rubin-alert-sim: [^\n]+\n$/);
  expect(result.stderr).toMatch(says);
  expect(result.stderr).not.toMatch(/unexpected error|^\s+at /m);
}

const partitionsOf = (topic: string): Promise<number | undefined> =>
  withAdmin(connection(), (admin) => admin.partitionsOf(topic));

describe('a container that is no good', () => {
  it.each<{ what: string; make: (path: string) => Promise<unknown>; says: RegExp }>([
    { what: 'is missing', make: () => Promise.resolve(), says: /cannot read .*bad\.avro: no such file/ },
    { what: 'is empty', make: (path) => writeFile(path, ''), says: /bad\.avro: it is empty/ },
    { what: 'is no Avro', make: (path) => writeFile(path, 'id,mjd\n1,60000\n'), says: /bad\.avro/ },
    {
      what: 'has no alerts',
      make: (path) => writeTestContainer(path, []),
      says: /bad\.avro holds no alerts.*generate/,
    },
    {
      what: 'is cut off',
      make: async (path) => {
        await writeTestContainer(path, testAlerts(50, 0.01));
        await truncate(path, 5000);
      },
      says: /bad\.avro: at byte \d+ /,
    },
    {
      what: 'has a block with a flipped bit',
      make: async (path) => {
        await writeTestContainer(path, testAlerts(200, 0.01), 'snappy', 1000);
        const bytes = await readFile(path);
        const at = Math.floor(bytes.length * 0.7);
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
        await writeFile(path, bytes);
      },
      says: /bad\.avro: at byte \d+ /,
    },
    {
      what: 'has records without a time',
      make: async (path) => {
        await writeTestContainer(path, testAlerts(1, 1));
        const text = await readFile(path, 'latin1');
        await writeFile(path, text.replace('midpointMjdTai', 'midpointMjdUtc'), 'latin1');
      },
      says: /bad\.avro: its records have no time that is known: looked for diaSource\.midpointMjdTai/,
    },
  ])('ends create-stream when it $what, and leaves no reservoir', async ({ what, make, says }) => {
    const path = join(folder, 'bad.avro');
    await rm(path, { force: true });
    await make(path);
    const topic = what.replaceAll(' ', '-');
    expectSentence(await runCommand(create(topic, path)), 2, says);
    expect(await partitionsOf(topic)).toBeUndefined();
  });
});

describe('a broker that cannot be reached', () => {
  it.each([
    ['create-stream', 'alerts.avro'],
    ['play-stream', ''],
    ['print-stream', ''],
  ])('ends %s', async (command, name) => {
    const args = [command, '-B', '127.0.0.1:1', ...(name === '' ? [] : [join(folder, name)])];
    const result = await runCommand(args);
    expectSentence(result, 3, /cannot reach a Kafka broker at 127\.0\.0\.1:1: .*refused.*broker up/);
    expect(result.seconds).toBeLessThan(8);
  });

  it('is a listener of another kind, too', async () => {
    const bootstrap = kafka.tls?.bootstrap ?? '';
    const result = await runCommand(['create-stream', '-B', bootstrap, '--timeout-sec', '5', file]);
    expectSentence(result, 3, new RegExp(`broker at ${bootstrap}`));
    expect(result.seconds).toBeLessThan(10);
  });
});

describe('a broker that refuses us', () => {
  const tlsArgs = (key: string, certificate: string, ca: string): readonly string[] => [
    ...['create-stream', '-B', kafka.tls?.bootstrap ?? '', '--dst-topic=over-tls', '--force'],
    `--tls-client-key-location=${key}`,
    `--tls-client-crt-location=${certificate}`,
    `--tls-server-ca-crt-location=${ca}`,
    file,
  ];
  const scramArgs = (secret: string): readonly string[] => [
    ...['create-stream', '-B', kafka.scram.get('SCRAM-SHA-512') ?? '', '--dst-topic=over-scram', '--force'],
    ...['-X', 'security.protocol=SASL_PLAINTEXT', '-X', 'sasl.mechanisms=SCRAM-SHA-512'],
    ...['-X', 'sasl.username=alice', '-X', `sasl.password=${secret}`],
    file,
  ];
  const files = (): NonNullable<TestKafka['tls']>['certificates'] => {
    if (kafka.tls === undefined) throw new Error('the broker was started without TLS');
    return kafka.tls.certificates;
  };

  it('takes the right certificates and the right password', async () => {
    const { clientKey, clientCertificate, ca } = files();
    for (const args of [tlsArgs(clientKey, clientCertificate, ca), scramArgs(password)]) {
      expect(await runCommand(args)).toMatchObject({
        code: 0,
        stderr: '',
        stdout: 'successfully preloaded stream with 12 alerts\n',
      });
    }
  });

  it('is named for a wrong password, which is not printed', async () => {
    const result = await runCommand(scramArgs('guess-me'));
    expectSentence(result, 3, /refused us: .*[Aa]uthentication.*sasl\.password/);
    expect(result.stderr).not.toContain('guess-me');
  });

  it('is named for certificates that do not fit', async () => {
    const { clientKey, clientCertificate, otherClientKey, otherClientCertificate, ca, otherCa } = files();
    const [wrongCa, wrongClient, wrongKey] = await Promise.all([
      runCommand(tlsArgs(clientKey, clientCertificate, otherCa)),
      runCommand(tlsArgs(otherClientKey, otherClientCertificate, ca)),
      runCommand(tlsArgs(otherClientKey, clientCertificate, ca)),
    ]);
    expectSentence(wrongCa, 3, /refused us: .*certificate verify failed/);
    expectSentence(wrongClient, 3, /broker at localhost:\d+.* (refused us|cannot)|cannot reach/);
    expectSentence(wrongKey, 2, /key/);
  });

  it.each([
    [
      'a missing file',
      (all: readonly string[]) => [all[0] ?? '', '/nowhere/client.pem', all[2] ?? ''],
      /\/nowhere\/client\.pem/,
    ],
    [
      'a file that is no PEM',
      (all: readonly string[]) => [all[0] ?? '', all[1] ?? '', file],
      /ssl\.ca\.location|CA/,
    ],
  ] as const)('is not even asked with %s', async (_what, change, says) => {
    const { clientKey, clientCertificate, ca } = files();
    const [key = '', certificate = '', authority = ''] = change([clientKey, clientCertificate, ca]);
    expectSentence(await runCommand(tlsArgs(key, certificate, authority)), 2, says);
  });
});

describe('an alert above the limit', () => {
  it('of the client is named before anything is sent for it', async () => {
    const path = join(folder, 'huge.avro');
    await writeTestContainer(path, [
      ...testAlerts(2, 1),
      { id: 3n, offsetSeconds: 3, payloadBytes: 200_000 },
    ]);
    const result = await runCommand(create('huge-client', '-X', 'message.max.bytes=100000', path));
    expectSentence(result, 2, /alert 3 of .*huge\.avro has 200\d\d\d bytes.*message\.max\.bytes/);
    expect(await partitionsOf('huge-client')).toBeUndefined();
  });

  it('fails its delivery, with the counts, or does not fit into the queue', async () => {
    const path = join(folder, 'large.avro');
    await writeTestContainer(path, [
      ...testAlerts(2, 1),
      { id: 3n, offsetSeconds: 2, payloadBytes: 200_000 },
    ]);
    await runCommand(create('large', path));
    expectSentence(
      await runCommand(play('large', 'large-client', '-X', 'message.max.bytes=100000')),
      4,
      /: 2 of 3 alerts were delivered to large-client, 1 failed, 0 have no answer: a message of 200\d\d\d bytes .*-X message\.max\.bytes/,
    );
    expectSentence(
      await runCommand(play('large', 'large-queue', '-X', 'queue.buffering.max.kbytes=100')),
      2,
      /: an alert of 200\d\d\d bytes does not fit .*queue\.buffering\.max\.kbytes; 2 of 3 alerts were delivered to large-queue/,
    );
    await setMessageLimit('150000');
    try {
      const [played, created] = await Promise.all([
        runCommand(play('large', 'large-stream')),
        runCommand(create('large-again', path)),
      ]);
      expectSentence(
        played,
        4,
        /2 of 3 alerts were delivered to large-stream, 1 failed, 0 have no answer: 1 larger than .*\(MSG_SIZE_TOO_LARGE\); .*max\.message\.bytes/,
      );
      expectSentence(
        created,
        4,
        /of 3 alerts were delivered to large-again, .*\(MSG_SIZE_TOO_LARGE\); .*max\.message\.bytes/,
      );
      expect(await partitionsOf('large-again')).toBeUndefined();
    } finally {
      await setMessageLimit(null);
    }
  });
});

/** The largest message that the broker takes, where a topic has no limit of its own; null for the default. */
async function setMessageLimit(bytes: string | null): Promise<void> {
  const cluster = await openClusterSettings(connection(), 10_000);
  try {
    const refusal = await cluster.alter({ kind: 'broker', name: '1' }, [['message.max.bytes', bytes]]);
    expect(refusal).toBeUndefined();
  } finally {
    await cluster.close();
  }
}

describe('something that goes away while it is used', () => {
  /** A reservoir of 40 s, an alert each 20 ms. */
  const longReservoir = async (): Promise<string> => {
    const topic = 'long';
    if ((await partitionsOf(topic)) === undefined) {
      const path = join(folder, 'long.avro');
      await writeTestContainer(path, testAlerts(2000, 0.02, 1000));
      expect(await runCommand(create(topic, path))).toMatchObject({ code: 0 });
    }
    return topic;
  };
  const playing = async (
    to: string,
    ...more: readonly string[]
  ): Promise<ReturnType<typeof startCommand>> => {
    const running = startCommand(play(await longReservoir(), to, ...more));
    await untilMessages(to, 10);
    return running;
  };

  it('ends a replay whose stream is deleted', async () => {
    const running = await playing('deleted-stream', '--timeout-sec', '3');
    await withAdmin(connection(), (admin) => admin.remove('deleted-stream'));
    const result = await running.ended;
    expectSentence(
      result,
      4,
      /\d+ of 2000 alerts were delivered to deleted-stream, \d+ failed, \d+ have no answer/,
    );
    expect(result.seconds).toBeLessThan(25);
  });

  it('ends a replay whose reservoir is deleted before all of it was read', async () => {
    // More than is read ahead.
    const value = Buffer.alloc(100_000);
    const messages = Array.from({ length: 1200 }, (_, index) => ({
      value,
      headers: [{ 'alertsim-time-offset': (index * 0.005).toFixed(3) }],
    }));
    await writeTopic(connection(), 'deleted-reservoir', 1, messages);
    const running = startCommand(play('deleted-reservoir', 'orphan', '--timeout-sec', '3'));
    await untilMessages('orphan', 10);
    await withAdmin(connection(), (admin) => admin.remove('deleted-reservoir'));
    const result = await running.ended;
    const delivered = Number(
      /(\d+) of 1200 alerts were delivered to orphan until then/.exec(result.stderr)?.[1],
    );
    // It goes on for so long that it reports its progress.
    const stderr = result.stderr.replaceAll(/^playing: .*\n/gm, '');
    expectSentence({ ...result, stderr }, 3, /deleted-reservoir/);
    expect(await topicContents(connection(), 'orphan')).toHaveLength(delivered);
  });

  it(
    'ends a replay whose broker is killed, with every alert accounted for',
    { timeout: 60_000 },
    async () => {
      const running = await playing('killed', '--timeout-sec', '3');
      kafka.kill();
      const killedMs = performance.now();
      const result = await running.ended;
      expect(performance.now() - killedMs).toBeLessThan(12_000);
      await kafka.restart();
      expectSentence(
        result,
        4,
        /\d+ of 2000 alerts were delivered to killed, \d+ failed, \d+ have no answer/,
      );
      const [acked = 0, , failed = 0, open = 0] = (
        /(\d+) of (\d+) .*, (\d+) failed, (\d+) have/.exec(result.stderr) ?? []
      )
        .slice(1)
        .map(Number);
      expect(acked).toBeGreaterThanOrEqual(10);
      expect(failed + open).toBeGreaterThan(0);
      expect((await topicContents(connection(), 'killed')).length).toBeGreaterThanOrEqual(acked);
    },
  );

  it('goes on when the broker was away for less than the time-out', { timeout: 60_000 }, async () => {
    const running = await playing('paused', '--timeout-sec', '20');
    kafka.freeze();
    // Less than its session of 2 s: a broker that its controller has fenced is missing in the metadata for a
    // while.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    kafka.thaw();
    await untilMessages('paused', 300);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    const played = Number(/^played (\d+) alerts/.exec(stdout)?.[1]);
    const reservoir = await topicContents(connection(), 'long');
    const streamed = await topicContents(connection(), 'paused');
    expect(streamed.map(({ value }) => value)).toEqual(reservoir.slice(0, played).map(({ value }) => value));
  });

  it('ends a replay soon at Ctrl-C, though its broker is silent', { timeout: 60_000 }, async () => {
    const running = await playing('silent', '--timeout-sec', '20');
    kafka.freeze();
    try {
      // Some alerts are on their way now.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const beforeMs = performance.now();
      running.child.kill('SIGINT');
      const { code, stdout, stderr } = await running.ended;
      expect(performance.now() - beforeMs).toBeLessThan(3000);
      const played = Number(/^played (\d+) alerts from the stream$/m.exec(stdout)?.[1]);
      expect(played).toBeGreaterThanOrEqual(10);
      expect(stderr).toMatch(
        new RegExp(`interrupted: played ${played} alerts; the broker has not answered [1-9]\\d* more\n`),
      );
      expect(code).toBe(130);
    } finally {
      kafka.thaw();
    }
  });

  it(
    'goes on with a preload whose broker is started again, each alert once and in order',
    { timeout: 90_000 },
    async () => {
      const path = join(folder, 'resumed.avro');
      const alerts = 2500;
      await writeTestContainer(path, testAlerts(alerts, 0.001, 80_000), 'null', 200_000);
      const running = await withAdmin(connection(), async (admin) => {
        const started = startCommand(create('resumed', '--timeout-sec', '40', path));
        while (((await admin.watermarks('resumed'))[0]?.high ?? 0) === 0)
          await new Promise((resolve) => setTimeout(resolve, 5));
        kafka.kill();
        return started;
      });
      await kafka.restart();
      expect(await running.ended).toMatchObject({
        code: 0,
        stdout: `successfully preloaded stream with ${alerts} alerts\n`,
      });
      const stored = await topicContents(connection(), 'resumed');
      expect(stored.map((message) => headerOf(message, 'alertsim-sequence'))).toEqual(
        Array.from({ length: alerts }, (_, index) => `${index + 1}/${alerts}`),
      );
    },
  );

  it(
    'ends a preload whose broker is killed, and play-stream refuses what is left',
    { timeout: 60_000 },
    async () => {
      const path = join(folder, 'many.avro');
      await writeTestContainer(path, testAlerts(100_000, 0.001, 2000), 'null', 100_000);
      const running = startCommand(create('cut-short', '--timeout-sec', '3', path));
      await untilMessages('cut-short', 1);
      kafka.kill();
      const killedMs = performance.now();
      const result = await running.ended;
      expect(performance.now() - killedMs).toBeLessThan(20_000);
      await kafka.restart();
      expect(result).toMatchObject({ code: 4, stdout: '' });
      expect(result.stderr).toMatch(
        /^rubin-alert-sim: \d+ of 100000 alerts were delivered to cut-short, .*$/m,
      );
      expect(result.stderr).toMatch(
        /^WARNING:rubin-alert-sim\.create:the incomplete reservoir cut-short could not be removed/m,
      );
      expectSentence(
        await runCommand(play('cut-short', 'never')),
        2,
        /the reservoir cut-short (holds \d+ of the 100000 alerts|is empty)/,
      );
    },
  );
});

/** Waits until a topic holds so many messages. */
async function untilMessages(topic: string, count: number): Promise<void> {
  await withAdmin(connection(), async (admin) => {
    for (;;) {
      const [first] = await admin.watermarks(topic);
      if (first !== undefined && first.high >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
}
