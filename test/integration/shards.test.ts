import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCommand, type CommandResult, type RunningCommand } from './support/commandLine.js';
import { hangsOnce } from './support/hang.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { topicContents, withAdmin } from './support/topicContents.js';
import type { RunSummary } from '../../src/results/runFolder.js';

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  kafka = await startTestKafka({ kafkaDefaults: true });
  folder = await mkdtemp(join(tmpdir(), 'shards-'));
}, 120_000);
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

const alerts = 401;
const testMs = 240_000;

/** 401 alerts, 5 reservoir partitions, 7 stream partitions, 3 members: nothing of it divides by the shards. */
async function scenario(name: string, phases: string, coordination: string): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(
    file,
    `name: ${name}
kafka: {bootstrap: '${kafka.bootstrap}'}
alerts: {synthetic: {visits: 1, alertsPerVisit: ${alerts}, meanBytes: 2000, cutouts: false}}
reservoir: {topic: ${name}-reservoir, partitions: 5}
stream: {topic: ${name}-stream, partitions: 7}
replay: {phases: [${phases}]}
consumers: {groups: 1, members: 3}
expect: {lost: 0, failed: 0, achievedRate: any}
limits: {drain: 60s, selfCheck: {scheduleLagP99: 3s, eventLoopDelayP99: 10s}}
coordination: {${coordination}}
`,
  );
  return file;
}

/** Starts shards as a Kubernetes Indexed Job does: each process knows its index and their number. */
function startShards(file: string, indexes: readonly number[], of: number, runId: string): RunningCommand[] {
  return indexes.map((index) =>
    startCommand(['--verbose', 'run', file, '--out', join(folder, runId)], {
      JOB_COMPLETION_INDEX: String(index),
      RUBIN_ALERT_SIM_SHARDS: String(of),
      RUBIN_ALERT_SIM_RUN_ID: runId,
    }),
  );
}

function endOf(shards: readonly (RunningCommand | undefined)[]): Promise<CommandResult[]> {
  return Promise.all(shards.flatMap((shard) => (shard === undefined ? [] : [shard.ended])));
}

async function summaryOf(result: CommandResult | undefined): Promise<RunSummary> {
  const { stdout = '', stderr = '' } = result ?? {};
  const path = /[Ee]verything is in (\S+)/.exec(stdout + stderr)?.[1];
  if (path === undefined) throw new Error(`no run folder is named in: ${stdout}${stderr}`);
  return JSON.parse(await readFile(join(path, 'summary.json'), 'utf8')) as RunSummary;
}

/** The summary of a run that lost a part of itself: failed, but what was measured until then is whole. */
async function partialSummaryOf(result: CommandResult | undefined): Promise<RunSummary> {
  const summary = await summaryOf(result);
  const { verdict, counts, latency } = summary;
  expect(verdict).toBe('failed');
  expect(counts.acked).toBeGreaterThan(0);
  expect(counts.sent).toBe(counts.acked + counts.failed);
  expect(latency.ack.count).toBe(counts.acked);
  // What the lost part's consumers read is not known: nothing is reported about it.
  expect(counts.lost).toBeNull();
  return summary;
}

describe('one scenario on four machines', () => {
  it(
    'sends each alert exactly once, and has one result that sums',
    async () => {
      const file = await scenario(
        'whole',
        '{name: once, pace: recorded, speed: 2}',
        'join: 90s, silence: 30s',
      );
      const shards = startShards(file, [2, 0, 3, 1], 4, 'whole-run');
      const results = await Promise.all(shards.map(({ ended }) => ended));
      expect(results.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual(
        results.map(() => [0, '']),
      );
      const [other, first] = results;
      expect(other?.stdout).toMatch(/^shard 2 of 4 has done its part; the result is in \S+ on \S+$/m);
      const summary = await summaryOf(first);
      expect(summary).toMatchObject({
        verdict: 'passed',
        counts: {
          scheduled: alerts,
          sent: alerts,
          unsent: 0,
          acked: alerts,
          failed: 0,
          consumed: alerts,
          lost: 0,
          duplicated: 0,
        },
        latency: { ack: { count: alerts }, response: { count: alerts }, endToEnd: { count: alerts } },
      });
      // Another program finds every alert of the reservoir once in the stream.
      const valuesOf = async (topic: string): Promise<string[]> => {
        const messages = await topicContents({ bootstrap: kafka.bootstrap }, topic);
        return messages.map(({ value }) => value?.toString('base64') ?? '').sort();
      };
      const values = await valuesOf('whole-reservoir');
      expect(new Set(values).size).toBe(alerts);
      expect(await valuesOf('whole-stream')).toEqual(values);
      // The clocks are one clock here, so an honest bound holds the truth; and no digit is below it.
      const { shards: machines } = summary;
      expect(machines?.shards.map(({ shard, notes }) => ({ shard, notes }))).toEqual(
        [0, 1, 2, 3].map((shard) => ({ shard, notes: [] })),
      );
      expect(machines?.clockBoundUs).toBeGreaterThan(0);
      const { max } = summary.latency.endToEnd;
      if (max !== null) expect(max).toBeGreaterThan((machines?.clockBoundUs ?? 0) / 2);
      const left = await withAdmin({ bootstrap: kafka.bootstrap }, (admin) =>
        admin.partitionsOf('rubin-alert-sim-control-whole-run'),
      );
      expect(left).toBeUndefined();
    },
    testMs,
  );
});

describe('when a shard is in trouble', () => {
  it(
    'names one that never comes, within the time that it has, in a result of nothing',
    async () => {
      const file = await scenario('absent', '{name: steady, rate: 100/s, duration: 5s}', 'join: 12s');
      const results = await Promise.all(startShards(file, [0, 1], 3, 'absent-run').map(({ ended }) => ended));
      expect(results.map(({ code }) => code)).toEqual([3, 3]);
      for (const { stderr } of results) expect(stderr).toMatch(/shard 2 of 3 never came: nothing was heard/);
      const summary = await summaryOf(results[0]);
      expect(summary).toMatchObject({ verdict: 'failed', counts: { sent: 0, lost: null } });
      expect(summary.reasons.join()).toMatch(/shard 2 of 3 never came/);
    },
    testMs,
  );

  it(
    'names one that is killed, ends the others in order, and keeps what was measured',
    async () => {
      const file = await scenario(
        'killed',
        '{name: steady, rate: 100/s, duration: 60s}',
        'join: 90s, silence: 6s',
      );
      const [first, killed, other] = startShards(file, [0, 1, 2], 3, 'killed-run');
      await first?.prints(/\d+s steady, \d\d/);
      killed?.child.kill('SIGKILL');
      const results = await endOf([first, other]);
      expect(results.map(({ code }) => code)).toEqual([3, 3]);
      for (const result of results) {
        expect(result.stderr).toMatch(/shard 1 \(\S+, process \d+\) was unresponsive for \d+\.\d s: it died/);
      }
      const { reasons, shards, counts, findings } = await partialSummaryOf(results[0]);
      expect(reasons.filter((reason) => reason.includes('unresponsive'))).toHaveLength(1);
      // All of its workers were lost with it: that is one finding.
      expect(findings.filter(({ kind }) => kind === 'workerFailed')).toMatchObject([
        { shard: 1, code: 'SERVICE_UNAVAILABLE' },
      ]);
      expect(shards?.shards[1]?.notes.join()).toMatch(/was unresponsive/);
      // 6,000 were due: a third of them for the killed shard, which reported only a part.
      const { scheduled, sent, unsent, unknown, acked } = counts;
      expect(scheduled).toBe(6000);
      expect(sent + unsent + unknown).toBe(scheduled);
      expect(unknown).toBeGreaterThan(0);
      expect(unknown).toBeLessThanOrEqual(2000);
      // Another program counts what was delivered.
      const delivered = (await topicContents({ bootstrap: kafka.bootstrap }, 'killed-stream')).length;
      expect(delivered).toBeGreaterThanOrEqual(acked);
      expect(delivered).toBeLessThanOrEqual(acked + unknown);
      console.log(`killed shard: ${JSON.stringify(counts)}, delivered ${delivered}`);
      expect(results[0]?.stdout).toMatch(
        new RegExp(
          `scheduled 6,000 = sent [\\d,]+ \\+ unsent [\\d,]+ \\+ UNKNOWN ${unknown.toLocaleString('en')} `,
        ),
      );
      expect(reasons.join()).toContain(
        `what became of ${unknown} of the 6000 messages that were due is unknown`,
      );
      const [, page = ''] = /report is (file:\S+)/.exec(results[0]?.stdout ?? '') ?? [];
      expect(await readFile(new URL(page), 'utf8')).toContain(`✗ ${unknown.toLocaleString('en')} unknown`);
    },
    testMs,
  );

  it(
    'removes the control topic of a first shard that was killed, and says so',
    async () => {
      const file = await scenario(
        'leaderless',
        '{name: steady, rate: 100/s, duration: 60s}',
        'join: 90s, silence: 6s',
      );
      const [first, ...others] = startShards(file, [0, 1, 2], 3, 'leaderless-run');
      await first?.prints(/\d+s steady, \d\d/);
      first?.child.kill('SIGKILL');
      const results = await endOf(others);
      expect(results.map(({ code }) => code)).toEqual([3, 3]);
      for (const { stderr } of results) {
        expect(stderr).toMatch(/the first shard was unresponsive for \d+\.\d s: it died/);
        expect(stderr).toContain('the control topic rubin-alert-sim-control-leaderless-run was removed');
      }
      const left = await withAdmin({ bootstrap: kafka.bootstrap }, (admin) =>
        admin.partitionsOf('rubin-alert-sim-control-leaderless-run'),
      );
      expect(left).toBeUndefined();
    },
    testMs,
  );

  it(
    'names a producer that hangs in a machine that lives, and keeps what was measured',
    async () => {
      const file = await scenario(
        'hung',
        '{name: steady, rate: 100/s, duration: 60s}',
        'join: 90s, silence: 60s',
      );
      // Shard 1 has one thread, its producer: the reservoir is filled and the stream is read by shard 0.
      const sets = ['--set', 'reservoir.partitions=2', '--set', 'consumers.members=1'];
      const now = join(folder, 'hang-now');
      const [first, hung] = [0, 1].map((index) =>
        startCommand(
          [
            'run',
            file,
            '--out',
            join(folder, 'hung-run'),
            '--timeout-sec',
            '5',
            '--shard',
            `${index}/2`,
          ].concat(['--run-id', 'hung-run', '--verbose', ...sets]),
          index === 1 ? hangsOnce(now) : {},
        ),
      );
      await first?.prints(/\d+s steady, \d\d/);
      await writeFile(now, '');
      const results = await endOf([first, hung]);
      const hangs = /the worker shard 1 replay 2 has been unresponsive for 1\d s in a phase/;
      // Also the process whose thread hangs.
      expect(results.map(({ code }) => code)).toEqual([1, 1]);
      for (const { stderr } of results) expect(stderr).toMatch(hangs);
      const { reasons, shards } = await partialSummaryOf(results[0]);
      expect(reasons.join()).toMatch(hangs);
      expect(shards?.shards.map(({ notes }) => notes.join())).toEqual(['', expect.stringMatching(hangs)]);
    },
    testMs,
  );

  it(
    'names one that was stopped for five seconds, and its late alerts count as late',
    async () => {
      const file = await scenario(
        'paused',
        '{name: steady, rate: 100/s, duration: 12s}',
        'join: 90s, silence: 60s',
      );
      const [first, paused, other] = startShards(file, [0, 1, 2], 3, 'paused-run');
      await first?.prints(/\d+s steady, \d\d/);
      paused?.child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 5000));
      paused?.child.kill('SIGCONT');
      const results = await endOf([first, paused, other]);
      // The load generator did not keep its schedule: the run is inconclusive, and all shards say so.
      expect(results.map(({ code }) => code)).toEqual([5, 5, 5]);
      const { verdict, counts, latency, shards } = await summaryOf(results[0]);
      expect(verdict).toBe('invalid');
      expect(counts).toMatchObject({ scheduled: 1200, lost: 0, failed: 0 });
      expect(counts.sent + counts.unsent).toBe(1200);
      expect(latency.scheduleLag.max).toBeGreaterThan(4e6);
      expect(shards?.shards[1]?.notes.join()).toMatch(
        /was unresponsive for [45678]\.\d s and came back: it was paused/,
      );
    },
    testMs,
  );
});
