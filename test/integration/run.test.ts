import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { pythonWithKafka } from './support/python.js';
import { runScenarioFile, startScenario, type FinishedScenario } from './support/scenarios.js';
import { withAdmin } from './support/topicContents.js';
import type { Counts } from '../../src/results/values.js';

vi.setConfig({ testTimeout: 120_000 });

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  kafka = await startTestKafka({ usualJvm: true, kafkaDefaults: true });
  folder = await mkdtemp(join(tmpdir(), 'run-'));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A noisy machine makes messages late: these runs are not about the harness's punctuality. */
const patient = `limits: { selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }`;
const smallAlerts =
  'synthetic: { visits: 4, alertsPerVisit: 100, cadence: 500ms, meanBytes: 8kB, cutouts: false }';

const scenario = (phases: string, more = '', alerts = smallAlerts, client = ''): string => `
kafka: { bootstrap: '${kafka.bootstrap}', client: {${client}} }
alerts: { ${alerts} }
reservoir: { topic: test-reservoir, partitions: 4, workers: 2 }
stream: { topic: test-stream, partitions: 8 }
replay:
  workers: 2
  phases:
${phases
  .trim()
  .split('\n')
  .map((line) => `    ${line.trim()}`)
  .join('\n')}
${more}
`;

function expectSums({ scheduled, sent, unsent, acked, failed }: Counts): void {
  expect(sent + unsent).toBe(scheduled);
  expect(acked + failed).toBe(sent);
}

function sumOver(intervals: FinishedScenario['intervals'], of: 'sent' | 'acked' | 'received'): number {
  return intervals.reduce((sum, { counts }) => sum + counts[of], 0);
}

describe('a scenario with every kind of phase', () => {
  let run: FinishedScenario;
  beforeAll(async () => {
    run = await runScenarioFile(
      folder,
      'every',
      scenario(
        `- { name: recorded, pace: recorded, speed: 1 }
         - { name: steady, rate: 500/s, duration: 3s }
         - { name: ramp, rate: { from: 100/s, to: 900/s }, duration: 3s }
         - { name: stairs, rate: { from: 200/s, to: 800/s, steps: 3 }, duration: 3s }
         - { name: visits, visits: { cadence: 2s, burst: 1s, detectors: 10, alerts: 300 }, count: 2 }
         - { name: flat-out, rate: max, duration: 1s }`,
        `  warmup: 1s\nconsumers: { groups: 2, members: 2 }\nexpect: { lost: 0, failed: 0 }\n${patient}`,
      ),
    );
  });

  it('passes', () => {
    expect(run).toMatchObject({ code: 0, summary: { verdict: 'passed', reasons: [] } });
    expect(run.stdout).toContain('PASSED');
  });

  it('has counts that sum, in each phase and over all', () => {
    const measured = run.summary.phases.filter(({ measured: isMeasured }) => isMeasured);
    expect(measured.map(({ name, counts }) => [name, counts.scheduled])).toEqual([
      ['recorded', 400],
      ['steady', 1500],
      ['ramp', 1500],
      ['stairs', 1500],
      ['visits', 600],
      ['flat-out', measured.at(-1)?.counts.sent],
    ]);
    for (const { counts } of run.summary.phases) expectSums(counts);
    expectSums(run.summary.counts);
    expect(run.summary.counts.sent).toBe(measured.reduce((sum, { counts }) => sum + counts.sent, 0));
    const all = run.summary.phases.reduce((sum, { counts }) => sum + counts.acked, 0);
    expect(sumOver(run.intervals, 'acked')).toBe(all);
    // Two groups read all of it, the warm-up too.
    expect(sumOver(run.intervals, 'received')).toBe(2 * all);
    for (const group of run.summary.groups) {
      const { acked } = run.summary.counts;
      expect(group).toMatchObject({ received: acked, lost: 0, duplicated: 0, outOfOrder: 0 });
      expect(group.unmeasured).toMatchObject({ received: all - acked, lost: 0 });
    }
  });

  it('measures every message: each latency has as many values as there were messages', () => {
    for (const { name, counts, latency } of run.summary.phases) {
      expect(latency.ack.count, name).toBe(counts.acked);
      expect(latency.response.count, name).toBe(counts.acked);
      // Flat out nothing is due at a time of its own; two groups read each message.
      expect(latency.scheduleLag.count, name).toBe(name === 'flat-out' ? 0 : counts.sent);
      expect(latency.endToEnd.count, name).toBe(2 * counts.acked);
    }
  });

  it('keeps each target rate within 1 %', () => {
    const rated = run.summary.phases.filter(({ name }) =>
      ['steady', 'ramp', 'stairs', 'visits'].includes(name),
    );
    for (const { name, rate } of rated) {
      const share = rate.achievedPerSecond / (rate.targetPerSecond ?? NaN);
      expect(share, name).toBeGreaterThan(0.99);
      expect(share, name).toBeLessThan(1.01);
    }
    expect(rated).toHaveLength(4);
  });

  it('leaves exactly the acknowledged messages for another client', async (context) => {
    const python = await pythonWithKafka();
    if (python === undefined) return context.skip();
    const script = join(import.meta.dirname, 'support', 'read_stamps.py');
    const { stdout } = await promisify(execFile)(python, [script, kafka.bootstrap, 'test-stream']);
    const acked = run.summary.phases.map(({ counts }) => counts.acked);
    const all = acked.reduce((sum, count) => sum + count, 0);
    expect(JSON.parse(stdout)).toEqual({ read: all, different: all, unstamped: 0, phases: acked });
  });

  it('writes down on what it ran, with settings read back', async () => {
    const manifest = JSON.parse(await readFile(join(run.folder, 'manifest.json'), 'utf8')) as unknown;
    expect(manifest).toMatchObject({
      id: run.summary.run.id,
      batchedAcknowledgements: true,
      cluster: { reservoir: { 'retention.ms': '-1', 'retention.bytes': '-1' }, unread: [] },
    });
  });

  it('uses the reservoir again, and fills another one for other alerts', async () => {
    const again = await runScenarioFile(
      folder,
      'again',
      scenario(`- { name: steady, rate: 100/s, duration: 1s }`, patient),
      ['--set', 'alerts.synthetic.seed=2', '--set', 'reservoir.reuse=true'],
    );
    expect(again).toMatchObject({ code: 0 });
    expect(again.stderr).not.toContain('is whole already');
    const third = await runScenarioFile(
      folder,
      'third',
      scenario(`- { name: steady, rate: 100/s, duration: 1s }`, patient),
      ['--set', 'alerts.synthetic.seed=2', '--set', 'reservoir.reuse=true'],
    );
    expect(third).toMatchObject({ code: 0 });
    expect(third.stderr).toContain('the reservoir test-reservoir is whole already');
    const marks = await withAdmin({ bootstrap: kafka.bootstrap }, (admin) =>
      admin.watermarks('test-reservoir'),
    );
    expect(marks.reduce((sum, { high, low }) => sum + high - low, 0)).toBe(400);
  });
});

describe('what a run says of itself', () => {
  it('fails with 4 when an expectation does not hold, and says which', async () => {
    const run = await runScenarioFile(
      folder,
      'expects',
      scenario(`- { name: steady, rate: 100/s, duration: 1s }`, `expect: { ack.p50: '< 1us' }\n${patient}`),
    );
    expect(run).toMatchObject({ code: 4, summary: { verdict: 'failed' } });
    expect(run.stderr).toMatch(/expected ack\.p50 < 1us, found \d+/);
  });

  it('fails when an expectation saw no sample', async () => {
    const run = await runScenarioFile(
      folder,
      'no-sample',
      scenario(
        `- { name: all, rate: max, duration: 1s }`,
        `expect: { scheduleLag.p99: '< 1s' }\n${patient}`,
        smallAlerts,
        // The reservoir is filled with all acknowledgements, whatever the stream is sent with.
        'acks: 1',
      ),
    );
    expect(run).toMatchObject({ code: 4, summary: { expectations: [{ actual: null, passed: false }] } });
  });

  it('sends recorded bursts on time, also at several times their speed: they are in memory before they are due', async () => {
    const run = await runScenarioFile(
      folder,
      'recorded-bursts',
      scenario(
        `- { name: bursts, pace: recorded, speed: 8 }`,
        patient,
        'synthetic: { visits: 20, alertsPerVisit: 100, detectors: 1, cadence: 2s, meanBytes: 8kB, cutouts: false }',
      ),
    );
    const [bursts] = run.summary.phases;
    expect(run).toMatchObject({ code: 0, summary: { counts: { scheduled: 2000, acked: 2000 } } });
    // Each producer sends its 50 alerts of a burst with one call. Read while they were sent, one by one, the median was 4 to 6 ms.
    expect(bursts?.latency.scheduleLag.p50).toBeLessThan(3000);
  });

  it('is invalid, with 5, when the harness was late by itself', async () => {
    const run = await startScenario(
      folder,
      'invalid',
      scenario(`- { name: steady, rate: 1000/s, duration: 5s }`, `expect: { failed: 0 }`),
    );
    await run.prints(/steady/);
    run.child.kill('SIGSTOP');
    await sleep(1000);
    run.child.kill('SIGCONT');
    const { code, summary, stderr } = await run.finished;
    expect(code, stderr).toBe(5);
    expect(summary.verdict).toBe('invalid');
    expect(stderr).toMatch(/phase steady: [\d,]+ of 5,?000 messages were handed over more than 50\.0 ms/);
  });

  it('ends with 130 and a valid partial result after Ctrl-C', async () => {
    const run = await startScenario(
      folder,
      'interrupted',
      scenario(
        `- { name: steady, rate: 200/s, duration: 60s }`,
        `consumers: { groups: 1, members: 1 }\n${patient}`,
      ),
    );
    await run.prints(/steady/);
    setTimeout(() => run.child.kill('SIGINT'), 1500);
    const { code, stderr, summary, intervals } = await run.finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted: what was measured until then is in/);
    expect(summary.verdict).toBe('interrupted');
    expectSums(summary.counts);
    expect(summary.counts.scheduled).toBe(60 * 200);
    expect(summary.counts.acked).toBeGreaterThan(100);
    expect(summary.counts.lost).toBe(0);
    expect(sumOver(intervals, 'acked')).toBe(summary.counts.acked);
  });

  it('waits for no further message where each alert is flushed, whatever linger.ms says', async () => {
    const { code, summary } = await runScenarioFile(
      folder,
      'flushed',
      scenario(
        `- { name: flushed, rate: 50/s, duration: 3s }
         - { name: flat-out, rate: max, duration: 1s }`,
        `  flushEach: true\nconsumers: { groups: 1 }\nexpect: { lost: 0, failed: 0 }\n${patient}`,
        smallAlerts,
        'linger.ms: 500',
      ),
    );
    const [flushed, flatOut] = summary.phases.filter(({ measured }) => measured);
    expect({ code, acked: flushed?.counts.acked }).toEqual({ code: 0, acked: 150 });
    // With linger.ms each would wait for half a second: 150 in three seconds would be out of reach, and so would these.
    expect(flushed?.latency.ack.p50).toBeLessThan(250_000);
    expect(flatOut?.counts.acked).toBeGreaterThan(10);
  });

  it('reads slowly where it is asked to, and waits for the slow group', async () => {
    const run = await runScenarioFile(
      folder,
      'slow',
      scenario(
        `- { name: steady, rate: 400/s, duration: 4s }`,
        `consumers: { groups: [{ name: fast, members: 1 }, { name: slow, members: 1, slow: { maxRate: 200/s } },
          { name: late, members: 1, startAfter: 1s }] }\nexpect: { lost: 0 }\n${patient}`,
      ),
    );
    expect(run).toMatchObject({ code: 0 });
    const slowLag = run.intervals.map(({ lag }) =>
      Math.max(0, ...Object.entries(lag).map(([group, behind]) => (group.includes('-slow-') ? behind : 0))),
    );
    expect(Math.max(...slowLag)).toBeGreaterThan(200);
    // 1,600 messages at 200/s.
    const end = Date.parse(run.summary.run.endedAt) - Date.parse(run.summary.phases[0]?.startedAt ?? '');
    expect(end).toBeGreaterThan(7500);
  });
});
