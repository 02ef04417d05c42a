import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../../src/broker/processIdentity.js';
import { applySettings, type WantedSettings } from '../../src/broker/settings/applySettings.js';
import { restoreJournal } from '../../src/broker/settings/restoreSettings.js';
import { chooseBroker, journalFile, prepareBroker } from '../../src/broker/variantBroker.js';
import { openClusterSettings, type ClusterSettings } from '../../src/kafka/clusterSettings.js';
import type { Logger } from '../../src/outputs/log.js';
import { variantPlan } from '../../src/scenario/parseScenario.js';
import type { Plan } from '../../src/scenario/plan.js';
import { installationFolder } from '../../src/version.js';
import { planFrom } from '../scenario/planFrom.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { withAdmin } from './support/topicContents.js';

const timeoutMs = 30_000;
/** A loaded machine starts a JVM in half a minute, an idle one in three seconds. */
const patient = { timeout: 180_000 };

let kafka: TestKafka;
let cluster: ClusterSettings;
let stateFolder: string;
let before: unknown;

beforeAll(async () => {
  kafka = await startTestKafka({ serverProperties: { 'log.roll.ms': '86400000' } });
  cluster = await openClusterSettings({ bootstrap: kafka.bootstrap }, timeoutMs);
  for (const name of ['named', 'unnamed']) {
    const topic = { name, partitions: 1, replication: 1, config: { 'retention.ms': '1000000' } };
    await withAdmin({ bootstrap: kafka.bootstrap }, (admin) => admin.create(topic));
  }
});
afterAll(async () => {
  await cluster.close();
  await kafka.stop();
});
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'settings-'));
  before = await everything();
});
afterEach(() => rm(stateFolder, { recursive: true }));

/** All settings of the broker and both topics. */
async function everything(): Promise<unknown> {
  const owners = [
    { kind: 'broker', name: '1' },
    { kind: 'topic', name: 'named' },
    { kind: 'topic', name: 'unnamed' },
  ] as const;
  return Promise.all(
    owners.map(async (owner) =>
      [...(await cluster.describe(owner))].sort((a, b) => a.name.localeCompare(b.name)),
    ),
  );
}

/** What is set on a topic itself. */
async function ownSettings(topic: string): Promise<unknown> {
  const all = await cluster.describe({ kind: 'topic', name: topic });
  return all.filter(({ source }) => source === 'DYNAMIC_TOPIC_CONFIG');
}

async function valueOf(setting: string): Promise<string | null | undefined> {
  return (await cluster.describe({ kind: 'broker', name: '1' })).find(({ name }) => name === setting)?.value;
}

const wanted: WantedSettings = {
  brokers: { 'num.io.threads': '9', 'log.roll.ms': '7200000' },
  topics: { named: { 'retention.ms': '2000000', 'compression.type': 'lz4' } },
};
const options = (more: { signal?: AbortSignal; log?: Logger } = {}) => ({
  connection: { bootstrap: kafka.bootstrap },
  journalFile: journalFile(stateFolder),
  timeoutMs,
  ...more,
});

describe("a cluster's settings", () => {
  it('are read back while they are changed, and are all as before afterwards', patient, async () => {
    const unnamedBefore = await ownSettings('unnamed');
    expect(unnamedBefore).toMatchObject([{ name: 'retention.ms', value: '1000000' }]);
    const applied = await applySettings(wanted, options());
    expect(applied.held).toEqual({ 'broker 1': wanted.brokers, 'topic named': wanted.topics.named });
    expect(await valueOf('num.io.threads')).toBe('9');
    expect(existsSync(journalFile(stateFolder))).toBe(true);
    // A topic that is not named keeps its own settings; what it has from the broker follows the broker's.
    expect(await ownSettings('unnamed')).toEqual(unnamedBefore);

    const report = await applied.restore();
    expect(report.notRestored).toEqual([]);
    expect(report.restored).toHaveLength(4);
    expect(await applied.restore()).toBe(report);
    expect(await everything()).toEqual(before);
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it('are put back when the cluster refuses one of them', patient, async () => {
    // More than twice as many threads as there are cannot be had at once.
    const refused = { ...wanted, brokers: { 'log.roll.ms': '7200000', 'num.io.threads': '1000' } };
    await expect(applySettings(refused, options())).rejects.toMatchObject({
      code: 'BAD_SCENARIO',
      message: expect.stringMatching(
        /^the cluster rejects num\.io\.threads of broker 1 = 1000: .*restart/,
      ) as unknown,
    });
    expect(await everything()).toEqual(before);
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it.each([
    ['read-only', { 'num.partitions': '3' }, /num\.partitions of broker 1 is read-only.*needs a restart/],
    ['unknown', { 'num.io.thread': '3' }, /no num\.io\.thread of broker 1; did you mean "num\.io\.threads"/],
  ])('are not touched where one is %s', patient, async (_what, extra, message) => {
    const brokers = { ...wanted.brokers, ...extra };
    await expect(applySettings({ ...wanted, brokers }, options())).rejects.toMatchObject({
      code: 'BAD_SCENARIO',
      message: expect.stringMatching(message) as unknown,
    });
    expect(await everything()).toEqual(before);
  });

  it('are put back when the work is interrupted after the first change', patient, async () => {
    const interruption = new AbortController();
    const log = {
      ...silent,
      info: () => {
        interruption.abort();
      },
    };
    await expect(applySettings(wanted, options({ signal: interruption.signal, log }))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await everything()).toEqual(before);
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it('are put back by a process that gets SIGINT', patient, async () => {
    const child = comparison();
    await expect.poll(() => valueOf('num.io.threads'), { timeout: 60_000 }).toBe('9');
    child.kill('SIGINT');
    expect(await ended(child)).toBe(130);
    expect(await everything()).toEqual(before);
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it('are put back from the journal after kill -9', patient, async () => {
    const child = comparison();
    await expect.poll(() => valueOf('num.io.threads'), { timeout: 60_000 }).toBe('9');
    await expect(restoreJournal(journalFile(stateFolder), {}, timeoutMs)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    child.kill('SIGKILL');
    await ended(child);
    expect(await everything()).not.toEqual(before);

    const report = await restoreJournal(journalFile(stateFolder), {}, timeoutMs);
    expect(report?.notRestored).toEqual([]);
    expect(await everything()).toEqual(before);
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it('that somebody else changed meanwhile are named and left alone', patient, async () => {
    const owner = { kind: 'broker', name: '1' } as const;
    const applied = await applySettings(wanted, options());
    await cluster.alter(owner, [['num.io.threads', '10']]);
    await expect.poll(() => valueOf('num.io.threads')).toBe('10');
    const { restored, notRestored } = await applied.restore();
    expect(restored).toHaveLength(3);
    expect(notRestored).toEqual([
      'num.io.threads of broker 1 was changed by somebody else meanwhile (it is 10, we set 9): it is left alone; ' +
        'before it was what counts without it (8)',
    ]);
    expect(await valueOf('num.io.threads')).toBe('10');
    await cluster.alter(owner, [['num.io.threads', null]]);
    await expect.poll(everything).toEqual(before);
  });
});

describe('the broker of a variant', () => {
  const plansOf = (variants: string): Plan[] => {
    const plan = planFrom(`name: n
kafka: {bootstrap: "${kafka.bootstrap}"}
alerts: {file: a.avro}
replay: {phases: [{name: steady, rate: 5/s, duration: 1s}]}
variants: ${variants}
`);
    return plan.variants.map(({ name }) => {
      const result = variantPlan(plan, name);
      if (!result.ok) throw new Error('a variant with faults');
      return result.plan;
    });
  };
  const variantOptions = (own: boolean) => ({
    stateFolder,
    localStateFolder: own ? kafka.stateFolder : join(stateFolder, 'nothing'),
    timeoutMs,
  });

  it('is the cluster as it is where no variant asks for anything', patient, async () => {
    const plans = plansOf('[{name: a, set: {kafka.client.linger.ms: 5}}]');
    const choice = await chooseBroker(plans, variantOptions(true));
    expect(choice).toEqual({ kind: 'as it is' });
    const broker = await prepareBroker(lastOf(plans), choice, variantOptions(true));
    expect(broker).toMatchObject({ bootstrap: kafka.bootstrap, pids: [kafka.pid], kafkaVersion: '4.1.2' });
    expect(await broker.restore()).toEqual([]);
  });

  it(
    'is a local broker of its own, started with the settings, and leaves the own one alone',
    patient,
    async () => {
      const plans = plansOf('[{name: a}, {name: b, broker: {num.io.threads: 5}, jvm: [-Xmx300m]}]');
      const choice = await chooseBroker(plans, variantOptions(true));
      expect(choice).toEqual({ kind: 'dedicated' });
      const broker = await prepareBroker(lastOf(plans), choice, variantOptions(true));
      expect(broker.bootstrap).not.toContain(kafka.bootstrap.split(':')[1] ?? '');
      expect(broker.settings).toEqual({ 1: { 'num.io.threads': '5' } });
      expect(broker.pids).toHaveLength(1);
      expect(broker.jmxPorts).toHaveLength(1);
      expect(await everything()).toEqual(before);

      expect(await broker.restore()).toEqual([]);
      expect(await broker.restore()).toEqual([]);
      expect(await identify(broker.pids[0] ?? 0)).toBeUndefined();
      expect(await readdir(stateFolder)).toEqual([]);
      expect(await identify(kafka.pid)).toBeDefined();
    },
  );

  it('is not started with a setting that Kafka does not know', patient, async () => {
    const plan = lastOf(plansOf('[{name: a, broker: {num.io.thread: 5}}]'));
    const prepared = prepareBroker(plan, { kind: 'dedicated' }, variantOptions(true));
    await expect(prepared).rejects.toMatchObject({
      code: 'BAD_SCENARIO',
      message: 'Kafka 4.1.2 knows no broker setting num.io.thread; did you mean "num.io.threads"?',
    });
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it('is a cluster that is not ours with its settings changed, and put back', patient, async () => {
    const plans = plansOf('[{name: a}, {name: b, broker: {num.io.threads: 9}}]');
    const choice = await chooseBroker(plans, variantOptions(false));
    expect(choice).toEqual({ kind: 'altered' });
    const broker = await prepareBroker(lastOf(plans), choice, variantOptions(false));
    expect(broker).toMatchObject({ bootstrap: kafka.bootstrap, settings: { 1: { 'num.io.threads': '9' } } });
    expect(await broker.restore()).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it.each([
    [
      'kafkaVersion',
      '{name: b, kafkaVersion: 3.9.1}',
      /variant b asks for kafkaVersion, .*leave kafkaVersion out/,
    ],
    [
      'read-only settings',
      '{name: b, broker: {num.partitions: 2}}',
      /num\.partitions of broker 1 is read-only/,
    ],
  ])(
    'is refused where a cluster that is not ours would need %s',
    patient,
    async (_what, variant, message) => {
      await expect(chooseBroker(plansOf(`[${variant}]`), variantOptions(false))).rejects.toMatchObject({
        code: 'BAD_SCENARIO',
        message: expect.stringMatching(message) as unknown,
      });
    },
  );
});

const silent: Logger = { error: nothing, warning: nothing, info: nothing, debug: nothing };

function lastOf(plans: readonly Plan[]): Plan {
  const last = plans.at(-1);
  if (last === undefined) throw new Error('no variants');
  return last;
}

function nothing(): void {
  // Nothing listens.
}

/** A process of its own that changes the settings and holds them until it is interrupted, as a comparison does. */
function comparison(): ChildProcess {
  const built = pathToFileURL(
    join(installationFolder, 'dist', 'src', 'broker', 'settings', 'applySettings.js'),
  );
  const script = `
    const { applySettings } = await import(${JSON.stringify(built.href)});
    const interruption = new AbortController();
    process.on('SIGINT', () => interruption.abort());
    const options = { ...${JSON.stringify(options())}, signal: interruption.signal };
    try {
      const applied = await applySettings(${JSON.stringify(wanted)}, options);
      while (!interruption.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      await applied.restore();
    } catch (thrown) {
      if (thrown.code !== 'INTERRUPTED') throw thrown;
    }
    process.exit(130);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((resolve) => child.once('exit', resolve));
}
