import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FindingOf } from '../../src/results/findings.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { setProducerQuota } from './support/kafkaTools.js';
import {
  runScenarioFile,
  startScenario,
  type FinishedScenario,
  type RunningScenario,
} from './support/scenarios.js';
import type { RunSummary } from '../../src/results/runFolder.js';

vi.setConfig({ testTimeout: 120_000 });

/** Kafka counts a quota over eleven seconds by default: in two seconds a run would hardly feel it. */
const shortQuotaWindow = { 'quota.window.num': '3' };

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  // Kafka's own session timeout: a broker that is frozen for three seconds is not given up by its controller.
  kafka = await startTestKafka({
    usualJvm: true,
    serverProperties: {
      ...{ 'broker.session.timeout.ms': '9000', 'broker.heartbeat.interval.ms': '2000' },
      ...shortQuotaWindow,
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'verdicts-'));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const limits = 'limits: { drain: 30s, selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }';

/** Payloads at a rate, which nobody reads. */
const load = (name: string, rate: number, seconds: number, more = '', config = ''): string => `
kafka: { bootstrap: '${kafka.bootstrap}', client: { client.id: ${name}, acks: all${config} } }
alerts: { payload: { bytes: 1000, count: 1000 } }
reservoir: { topic: verdicts-reservoir, partitions: 2, workers: 1, reuse: true }
stream: { topic: verdicts-${name}, partitions: 4 }
replay:
  workers: 2
  phases:
    - { name: steady, rate: ${rate}/s, duration: ${seconds}s }
${more}
`;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function underWay(run: RunningScenario): Promise<void> {
  await run.prints(/s steady, /);
  await sleep(1000);
}

const found = <Kind extends 'outage' | 'messagesFailed' | 'deliveryFailed' | 'expectationFailed'>(
  { findings }: RunSummary,
  kind: Kind,
): FindingOf<Kind>[] => findings.filter((one): one is FindingOf<Kind> => one.kind === kind);

/** Number of values of a latency above a limit, from the run folder's log alone. */
async function countAbove(run: FinishedScenario, latency: string, microseconds: number): Promise<number> {
  const log = await readFile(join(run.folder, 'latency.hlog'), 'utf8');
  let above = 0;
  for (const line of log.split('\n').filter((text) => text.startsWith(`Tag=${latency},`))) {
    const histogram = decodeFromCompressedBase64(line.split(',')[4] ?? '', 64, false);
    const values = (histogram as unknown as Pick<JsHistogram, 'recordedValuesIterator'>)
      .recordedValuesIterator;
    values.reset();
    while (values.hasNext()) {
      const { valueIteratedTo, countAtValueIteratedTo } = values.next();
      if (valueIteratedTo > microseconds) above += countAtValueIteratedTo;
    }
  }
  return above;
}

describe('a broker that answers nothing for two seconds', () => {
  it('is seen in the response time of every message that was due meanwhile, and nothing is lost', async () => {
    const read = 'consumers: { groups: 1, members: 2 }';
    const expectations = 'expect: { lost: 0, failed: 0, achievedRate: any }';
    const more = [read, expectations, limits].join('\n');
    const yaml = load('unanswered', 1000, 8, more, ', enable.idempotence: true');
    const run = await startScenario(folder, 'unanswered', yaml);
    await underWay(run);
    kafka.freeze();
    await sleep(2000);
    kafka.thaw();
    const finished = await run.finished;
    expect(finished).toMatchObject({ code: 0 });
    const { counts, groups, latency } = finished.summary;
    expect(counts).toMatchObject({ scheduled: 8000, sent: 8000, acked: 8000, failed: 0, lost: 0 });
    expect(groups).toMatchObject([{ received: 8000, lost: 0 }]);
    const { response, ack } = latency;
    expect(response.p999).toBeGreaterThan(1_500_000);
    expect(ack.count).toBe(8000);
    // 2,000 messages were due while nothing was answered: each waited for the rest of these two seconds, and
    // no other message waited a second. Smaller values say more about the machine that runs this than about
    // the broker.
    expect(await countAbove(finished, 'response', 100_000)).toBeGreaterThan(1700);
    const aSecondLate = await countAbove(finished, 'response', 1_000_000);
    expect(aSecondLate).toBeGreaterThan(900);
    expect(aSecondLate).toBeLessThan(2100);
  });
});

describe('what is not as on other days', () => {
  it('is named: a broker that has just started, and other programs that keep the machine busy', async () => {
    await kafka.restart();
    const run = await startScenario(folder, 'disturbed', load('disturbed', 3, 12, limits));
    await run.prints(/s steady, /);
    const loops = Array.from({ length: 2 * cpus().length }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    try {
      const { summary, stdout } = await run.finished;
      const kinds = summary.findings.map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['freshBroker', 'machineLoad']));
      expect(stdout).toMatch(
        /note: the broker localhost:\d+ had started \d+\.\ds before the first measured phase/,
      );
      expect(stdout).toMatch(/note: phase steady: other programs used \d+\.\d of this machine's \d+ cores/);
      // Nothing of this makes 36 alerts invalid.
      expect(summary.verdict).toBe('passed');
    } finally {
      for (const loop of loops) loop.kill('SIGKILL');
    }
  });
});

describe('an outage', () => {
  it('of a frozen broker is found with its start, its length and its recovery', async () => {
    const run = await startScenario(
      folder,
      'frozen',
      load('frozen', 1000, 8, `expect: { achievedRate: any }\n${limits}`),
    );
    await underWay(run);
    kafka.freeze();
    const frozenMs = Date.now();
    await sleep(3000);
    kafka.thaw();
    const thawedMs = Date.now();
    const { summary, stdout, code } = await run.finished;
    const [outage, ...others] = found(summary, 'outage');
    expect(others).toEqual([]);
    expect(outage).toMatchObject({ phase: 'steady', partitions: { silent: 4, of: 4 } });
    // Messages come 4 ms apart, and a broker on a busy machine may answer late once it goes on.
    expect(Math.abs(Date.parse(outage?.startedAt ?? '') - frozenMs)).toBeLessThan(300);
    expect(outage?.lengthMs).toBeGreaterThan(thawedMs - frozenMs - 300);
    expect(outage?.lengthMs).toBeLessThan(thawedMs - frozenMs + 1500);
    expect(outage?.recoveredAfterMs).toBeLessThan(20_000);
    expect(stdout).toMatch(
      /note: phase steady: an outage of \d\.\ds from [\d:.]+ UTC: no acknowledgement though/,
    );
    // An outage is a finding, and no failure by itself.
    expect({ code, verdict: summary.verdict }).toEqual({ code: 0, verdict: 'passed' });
  });

  it('of a broker that was killed and came back is found, and the harness is not blamed for it', async () => {
    const run = await startScenario(folder, 'killed', load('killed', 500, 12));
    await underWay(run);
    const killedMs = Date.now();
    kafka.kill();
    // From here on nothing is frozen: the controller need not wait for long until the old process's session ends.
    await kafka.restart(shortQuotaWindow);
    const { summary } = await run.finished;
    expect(summary.verdict).not.toBe('invalid');
    const outages = found(summary, 'outage');
    const [longest] = outages.sort((one, other) => other.lengthMs - one.lengthMs);
    expect(longest?.lengthMs).toBeGreaterThan(1500);
    expect(Math.abs(Date.parse(longest?.startedAt ?? '') - killedMs)).toBeLessThan(500);
  });
});

describe('a quota that cuts a run to a fifth', () => {
  it('fails the expectation that is there by default, with 4; one of the scenario takes its place', async () => {
    await setProducerQuota(kafka.bootstrap, 200_000);
    try {
      const cut = await runScenarioFile(folder, 'cut', load('cut', 1000, 2));
      expect(cut.summary.verdict).toBe('failed');
      expect(cut.code).toBe(4);
      expect(cut.summary.expectations).toMatchObject([
        {
          ...{ expect: 'steady.achievedRate >= 99%', passed: false, default: true },
          ...{ metric: 'achievedRate', scope: { kind: 'phase', name: 'steady' } },
          ...{ operator: '>=', limit: 0.99, unit: 'fraction' },
        },
      ]);
      expect(found(cut.summary, 'expectationFailed')).toEqual([
        { kind: 'expectationFailed', expectation: cut.summary.expectations[0] },
      ]);
      expect(cut.summary.reasons).toHaveLength(1);
      expect(cut.summary.expectations[0]?.actual).toBeLessThan(0.6);
      expect(cut.stdout).toMatch(/FAILED {2}steady\.achievedRate >= 99% {2}\(\d\d\.\d\d %, by default\)/);
      const free = await runScenarioFile(
        folder,
        'free',
        load('free', 1000, 2, 'expect: { achievedRate: any }'),
      );
      expect(free).toMatchObject({ code: 0, summary: { verdict: 'passed', expectations: [] } });
    } finally {
      await setProducerQuota(kafka.bootstrap, 1e9);
    }
  });
});

describe('a load generator that stood still', () => {
  /** As a laptop that sleeps, or a virtual machine that is not given a core. */
  const stand = async (run: RunningScenario, ms: number): Promise<void> => {
    run.child.kill('SIGSTOP');
    await sleep(ms);
    run.child.kill('SIGCONT');
  };
  const lateness = ({ findings }: RunSummary) => findings.find(({ kind }) => kind === 'lateHarness');

  it.each([
    ['makes a measurement of the broker inconclusive', 'broker', 5, 'invalid', 'harness'],
    ['is a note where consumers are tested and everything held', 'consumers', 0, 'passed', 'irrelevant'],
  ])('%s', async (_, purpose, code, verdict, because) => {
    const yaml = load(`late-${purpose}`, 40, 5, `purpose: ${purpose}\nexpect: { failed: 0 }`);
    const run = await startScenario(folder, `late-${purpose}`, yaml);
    await underWay(run);
    await stand(run, 1000);
    const ended = await run.finished;
    expect(ended).toMatchObject({ code, summary: { verdict } });
    expect(lateness(ended.summary)).toMatchObject({
      phase: 'steady',
      because,
      invalidates: verdict === 'invalid',
    });
    expect(ended.summary.counts).toMatchObject({ scheduled: 200, acked: 200 });
  });
});

describe('messages that fail', () => {
  it.each<[string, string, number, RegExp]>([
    [
      'too-large',
      'max.message.bytes: 800',
      10,
      /larger than the topic accepts \(MSG_SIZE_TOO_LARGE\); raise/,
    ],
    [
      'too-old',
      'message.timestamp.after.max.ms: 1, message.timestamp.before.max.ms: 1',
      32,
      /INVALID_TIMESTAMP/,
    ],
    ['keyless', 'cleanup.policy: compact', 87, /takes no message without a key \(INVALID_RECORD\)/],
  ])('are counted by their error and explained: %s', async (name, config, code, words) => {
    const yaml = load(name, 200, 2).replace('partitions: 4 }', `partitions: 4, config: { ${config} } }`);
    const ended = await runScenarioFile(folder, name, yaml);
    const failed = found(ended.summary, 'messagesFailed');
    // The broker rejects a whole batch for one message, and has another error for its others.
    expect(failed).toContainEqual(
      expect.objectContaining({ phase: 'steady', error: expect.objectContaining({ code }) as unknown }),
    );
    expect(failed.reduce((sum, { count }) => sum + count, 0)).toBe(ended.summary.counts.failed);
    expect(ended.summary.counts.failed).toBeGreaterThan(100);
    const [all] = found(ended.summary, 'deliveryFailed');
    expect(all?.count).toBe(ended.summary.counts.failed);
    expect(all?.errors.reduce((sum, { count }) => sum + count, 0)).toBe(all?.count);
    expect(ended.code).toBe(4);
    expect(ended.stderr).toMatch(words);
    expect(ended.stdout).toMatch(words);
  });
});
