import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CompareResult } from '../../src/compare/result.js';
import { runExperiment } from '../../src/coordinator/experiment.js';
import { createLogger } from '../../src/outputs/log.js';
import type { RunOutput } from '../../src/outputs/runOutput.js';
import { planFrom } from '../scenario/planFrom.js';
import { runCommand, startCommand } from './support/commandLine.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';

let kafka: TestKafka;
let folder: string;

beforeAll(async () => {
  kafka = await startTestKafka({ usualJvm: true });
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
});

afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The test machine may be busy: what makes a run invalid is not what these tests are about. */
const scenario = (name: string, rest: string): string => `
name: ${name}
kafka: {bootstrap: '${kafka.bootstrap}', client: {linger.ms: 0, sticky.partitioning.linger.ms: 0}}
alerts: {payload: {bytes: 200, count: 2000}}
reservoir: {topic: reservoir-${name}, partitions: 2}
stream: {topic: stream-${name}, partitions: 64}
replay: {warmup: 1s, phases: [{name: steady, rate: 200/s, duration: 2s}]}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
${rest}
`;

async function scenarioFile(name: string, rest: string): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, scenario(name, rest));
  return path;
}

async function resultIn(out: string): Promise<{ path: string; result: CompareResult }> {
  const name = (await readdir(out)).find((entry) => entry.includes('-compare-')) ?? '';
  const path = join(out, name);
  return { path, result: JSON.parse(await readFile(join(path, 'compare.json'), 'utf8')) as CompareResult };
}

describe('compare', () => {
  test('finds linger.ms 50 worse than 0 in ack p50, with an interval that holds the true shift of 50 ms', async () => {
    // Of 64 partitions each gets a message in a third of a second: hardly any batch gets a second message, so that
    // nearly each message waits for the whole linger.ms.
    const file = await scenarioFile('linger', 'matrix: {kafka.client.linger.ms: [0, 50]}');
    const out = join(folder, 'linger');
    const ended = await runCommand([
      ...['compare', file, '--repeats', '6', '--metrics', 'ack.p50', '--out', out],
    ]);
    expect(ended.stderr).not.toContain('rubin-alert-sim:');
    expect(ended.code).toBe(0);
    const { path, result } = await resultIn(out);
    const [metric] = result.comparison.variants[0]?.metrics ?? [];
    expect(metric?.verdict).toBe('worse');
    // The client's timers are good to a millisecond, while the interval may be narrower than that.
    const timer = 1_000;
    expect(metric?.shift.low).toBeLessThanOrEqual(50_000 + timer);
    expect(metric?.shift.high).toBeGreaterThanOrEqual(50_000 - timer);
    expect(metric?.shift.low).toBeGreaterThan(25_000);
    expect(metric?.shift.high).toBeLessThan(75_000);
    expect(result.runs).toHaveLength(13);
    expect(
      result.differences.find(({ path: where }) => where === 'scenario.kafka.client.linger.ms'),
    ).toMatchObject({
      ofVariant: true,
    });
    const page = await readFile(join(path, 'compare.html'), 'utf8');
    expect(page).toContain('linger-ms-50 against linger-ms-0');
    expect(page.replace(/\s+/g, ' ')).toMatch(
      /<dt>worse<\/dt> <dd><span class="worse">ack p50<\/span><\/dd>/,
    );
    expect(page).not.toContain('None: the runs are alike');

    const again = await runCommand(['compare', path, '--metrics', 'ack.p50', '--out', join(folder, 'again')]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('worse: ack p50');

    const runs = (variant: string): string[] =>
      result.runs.filter((run) => run.variant === variant && !run.control).map((run) => run.folder);
    const dir = join(folder, 'baselines');
    const saved = await runCommand(['baseline', 'save', 'quick', ...runs('linger-ms-0'), '--dir', dir]);
    expect(saved.stdout).toContain('saved the baseline quick: 6 runs');
    const refused = await runCommand(['baseline', 'check', 'quick', ...runs('linger-ms-50'), '--dir', dir]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('scenario.kafka.client.linger.ms: 0 (baseline quick), 50 (now)');
    const rest = ['--dir', dir, '--metrics', 'ack.p50'];
    const worse = await runCommand([
      ...['baseline', 'check', 'quick', ...runs('linger-ms-50'), ...rest, '--allow-differences'],
    ]);
    expect(worse.code).toBe(4);
    expect(worse.stderr).toMatch(/worse than the baseline quick: ack p50 is worse/);
    const same = await runCommand(['baseline', 'check', 'quick', ...runs('linger-ms-0'), ...rest]);
    expect(same.code).toBe(0);
  }, 400_000);

  test('finds a broker that stops in bursts, by the latencies, and not by the throughput', async () => {
    const out = join(folder, 'bursts');
    const plan = planFrom(scenario('bursts', 'variants: [{name: healthy}, {name: stopping}]'));
    const bursts = (): RunOutput => {
      let timer: NodeJS.Timeout | undefined;
      return {
        onStart: () => {
          timer = setInterval(() => {
            kafka.freeze();
            setTimeout(kafka.thaw, 250);
          }, 400);
        },
        onEnd: () => {
          clearInterval(timer);
          kafka.thaw();
          return Promise.resolve(undefined);
        },
      };
    };
    const { result, error } = await runExperiment({
      plan,
      runsFolder: out,
      repeats: 8,
      order: 'balanced',
      seed: 1,
      stopEarly: false,
      alpha: 0.05,
      margin: 0.05,
      only: ['ack.p50', 'ack.p99', 'response.p99', 'achievedRate'],
      phase: undefined,
      timeoutMs: 30_000,
      signal: new AbortController().signal,
      log: createLogger(process.stderr, 'warning'),
      progress: () => ({ update: () => undefined, stop: () => undefined }),
      outputs: ({ variant }) => (variant === 'stopping' ? [bursts()] : []),
      brokers: undefined,
      onEvent: () => undefined,
    });
    expect(error).toBeUndefined();
    const verdicts = Object.fromEntries(
      result?.comparison.variants[0]?.metrics.map(({ metric, verdict }) => [metric.key, verdict]) ?? [],
    );
    expect(verdicts['ack.p50']).toBe('worse');
    expect(verdicts.achievedRate).not.toBe('worse');
  }, 400_000);

  test('leaves the finished repeats usable after Ctrl-C, and ends with 130', async () => {
    const file = await scenarioFile('interrupted', 'variants: [{name: a}, {name: b}]');
    const out = join(folder, 'interrupted');
    const command = startCommand(['compare', file, '--repeats', '4', '--out', out]);
    await command.prints(/run 5 of 9/);
    command.child.kill('SIGINT');
    const ended = await command.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('interrupted: 4 of 9 runs had finished');
    const { path, result } = await resultIn(out);
    expect(result.experiment?.interrupted).toBe(true);
    expect(result.runs.filter(({ counted }) => counted)).toHaveLength(4);
    expect(result.comparison.variants[0]?.repeats).toBe(2);
    const again = await runCommand(['compare', path, '--out', join(folder, 'after')]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('b against a, 2 repeats');
  }, 400_000);

  test.each([
    ['a broker setting', '{name: odd, broker: {num.io.threads: 0}}', 'num.io.threads'],
    [
      'a setting of the stream',
      '{name: odd, set: {stream.config.min.insync.replicas: 0}}',
      'min.insync.replicas',
    ],
    ['replicas', '{name: odd, set: {stream.replication: 2}}', 'replication'],
  ])(
    'asks for %s that Kafka rejects before the first run',
    async (_what, variant, named) => {
      const file = await scenarioFile('rejected', `variants: [{name: sound}, ${variant}]`);
      const out = join(folder, `rejected ${named}`);
      const ended = await runCommand(['compare', file, '--repeats', '2', '--out', out]);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toContain('the variant odd cannot be run: ');
      expect(ended.stderr).toContain(named);
      expect(ended.stdout).not.toContain('run 1 of');
    },
    60_000,
  );

  test('says what is wrong before anything is sent', async () => {
    const single = await scenarioFile('single', 'variants: [{name: a}]');
    const one = await runCommand(['compare', single]);
    expect(one).toMatchObject({ code: 2 });
    expect(one.stderr).toContain('single has one variant, and a comparison needs two');
    const metric = await runCommand(['compare', single, '--metrics', 'ack.p98']);
    expect(metric).toMatchObject({ code: 2 });
    expect(metric.stderr).toContain('"ack.p98" is not a metric; did you mean');
    const none = await runCommand(['compare', folder]);
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain('is not a run folder');
  });
});
