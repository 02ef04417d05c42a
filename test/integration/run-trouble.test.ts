import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hangsOnce } from './support/hang.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { startCommand } from './support/commandLine.js';
import {
  runScenarioFile,
  startScenario,
  type FinishedScenario,
  type RunningScenario,
} from './support/scenarios.js';
import { topicContents, withAdmin, writeTopic } from './support/topicContents.js';

vi.setConfig({ testTimeout: 120_000 });

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  // Kafka's own session timeout: a broker that is frozen for three seconds is not given up by its controller.
  kafka = await startTestKafka({
    serverProperties: { 'broker.session.timeout.ms': '9000', 'broker.heartbeat.interval.ms': '2000' },
  });
  folder = await mkdtemp(join(tmpdir(), 'run-trouble-'));
});
afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A steady stream of small payloads at 1,000 msg/s, which two consumers read. */
const steady = (
  seconds: number,
  client = 'acks: all, enable.idempotence: true',
  more = 'consumers: { groups: 1, members: 2 }\nexpect: { lost: 0, failed: 0, achievedRate: any }',
): string => `
kafka: { bootstrap: '${kafka.bootstrap}', client: { ${client} } }
alerts: { payload: { bytes: 1000, count: 1000 } }
reservoir: { topic: trouble-reservoir, partitions: 2, workers: 1 }
stream: { topic: trouble-stream, partitions: 4 }
replay:
  workers: 2
  phases:
    - { name: steady, rate: 1000/s, duration: ${seconds}s }
${more}
limits: { drain: 30s, selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }
`;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** After a crash the controller waits for the old process's session to end; from here on nothing is frozen. */
const quickSession = {};

/** Waits until the load has begun. */
async function underWay(run: RunningScenario): Promise<void> {
  await run.prints(/s steady, /);
  await sleep(1000);
}

function expectNothingLost({ summary }: FinishedScenario, scheduled: number): void {
  expect(summary.counts).toMatchObject({ scheduled, sent: scheduled, acked: scheduled, failed: 0, lost: 0 });
  expect(summary.groups).toMatchObject([{ received: scheduled, lost: 0 }]);
}

describe("the client's own limits", () => {
  it('counts messages that were not delivered in time as failed', async () => {
    const more = 'consumers: { groups: 1, members: 1 }';
    const run = await startScenario(
      folder,
      'impatient',
      steady(6, 'acks: all, delivery.timeout.ms: 800', more),
    );
    await underWay(run);
    kafka.freeze();
    await sleep(3000);
    kafka.thaw();
    const { code, summary, stderr } = await run.finished;
    expect(code).toBe(4);
    expect(stderr).toMatch(/\d+ messages failed/);
    // Those that were due in the first two of three seconds have timed out.
    expect(summary.counts.failed).toBeGreaterThan(1000);
    expect(summary.counts.acked + summary.counts.failed).toBe(6000);
    expect(summary.counts.lost).toBe(0);
  });

  it('says that the broker pushed back when the queue was full', async () => {
    const client = 'queue.buffering.max.messages: 200, acks: all';
    const run = await startScenario(
      folder,
      'pushed-back',
      steady(4, client, 'expect: { failed: 0, achievedRate: any }'),
    );
    await underWay(run);
    kafka.freeze();
    await sleep(1200);
    kafka.thaw();
    const { code, summary } = await run.finished;
    expect(code).toBe(0);
    expect(summary.selfCheck.map(({ text }) => text).join()).toMatch(
      /phase steady: the client's queue was full for \d+ % of the time: the broker did not keep up/,
    );
    expect(summary.counts).toMatchObject({ scheduled: 4000, acked: 4000 });
  });
});

describe('a broker that crashes and comes back', () => {
  it('loses nothing that it acknowledged to an idempotent producer with acks=all', async () => {
    // A topic of its own: a broker that crashes forgets, for a minute, that a topic was emptied.
    const scenario = steady(12).replace('trouble-stream', 'crashed-stream');
    const run = await startScenario(folder, 'crashed', scenario);
    await underWay(run);
    kafka.kill();
    await kafka.restart(quickSession);
    const finished = await run.finished;
    expect(finished).toMatchObject({ code: 0 });
    expectNothingLost(finished, 12_000);
    expect(finished.summary.latency.response.p999).toBeGreaterThan(1_500_000);
    const marks = await withAdmin({ bootstrap: kafka.bootstrap }, (admin) =>
      admin.watermarks('crashed-stream'),
    );
    expect(marks.reduce((sum, { low, high }) => sum + high - low, 0)).toBe(12_000);
  });

  it('ends the run with 3 and a valid partial result when it stays away', async () => {
    const run = await startScenario(folder, 'gone', steady(30), ['--timeout-sec', '4']);
    await underWay(run);
    kafka.kill();
    const finished = await run.finished;
    await kafka.restart(quickSession);
    expect(finished.code).toBe(3);
    expect(finished.stderr).toMatch(/the broker acknowledged nothing for 4 s, \d+ messages have no answer/);
    const { verdict, counts } = finished.summary;
    expect(verdict).toBe('failed');
    expect(counts.acked).toBeGreaterThan(500);
    expect(counts.failed).toBeGreaterThan(0);
    expect(counts.acked + counts.failed).toBe(counts.sent);
    expect(counts.sent + counts.unsent).toBe(counts.scheduled);
  });
});

describe('a stream that is deleted under the run', () => {
  it('ends it with a valid partial result', async () => {
    const yaml = steady(6).replace('drain: 30s', 'drain: 3s');
    const run = await startScenario(folder, 'crashing', yaml, ['--timeout-sec', '5']);
    await underWay(run);
    // The stream vanishes under the producers: librdkafka rejects further messages for it.
    await withAdmin({ bootstrap: kafka.bootstrap }, (admin) => admin.remove('trouble-stream'));
    const { code, summary } = await run.finished;
    expect([1, 3, 4]).toContain(code);
    expect(summary.verdict).toBe('failed');
    expect(summary.counts.acked + summary.counts.failed).toBe(summary.counts.sent);
  });
});

describe('a worker that dies in the middle of a phase', () => {
  const night = (): string => `
kafka: { bootstrap: '${kafka.bootstrap}' }
alerts: { synthetic: { visits: 40, alertsPerVisit: 50, cadence: 100ms, meanBytes: 20kB, cutouts: false } }
reservoir: { topic: broken-reservoir, partitions: 2, reuse: true }
stream: { topic: broken-stream, partitions: 2 }
replay:
  workers: 2
  prefetch: 1MB
  phases:
    - { name: night, pace: recorded }
consumers: { groups: 1, members: 1 }
expect: { lost: 0, achievedRate: any }
limits: { drain: 30s, selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }
`;

  it('is named, and what it and the others have sent until then is a valid result', async () => {
    expect((await runScenarioFile(folder, 'whole-night', night())).code).toBe(0);
    const connection = { bootstrap: kafka.bootstrap };
    const messages = await topicContents(connection, 'broken-reservoir');
    const ofTheSecond = messages.filter(({ partition }) => partition === 1);
    const broken = ofTheSecond[Math.floor(ofTheSecond.length * 0.8)];
    if (broken === undefined) throw new Error('the second partition is empty');
    await withAdmin(connection, (admin) => admin.remove('broken-reservoir'));
    const spoilt = messages.map((message) => (message === broken ? { ...message, headers: [] } : message));
    await writeTopic(connection, 'broken-reservoir', 2, spoilt);

    const { code, stderr, summary, stdout } = await runScenarioFile(folder, 'broken-night', night());
    expect(code).toBe(2);
    const sentence = `replay 2: the topic broken-reservoir has no time offsets (header alertsim-time-offset; offset ${broken.offset} of partition 1`;
    expect(stderr).toContain(sentence);
    expect(stdout).toContain(sentence);
    expect(summary.verdict).toBe('failed');
    expect(summary.reasons[0]).toContain(sentence);
    const { counts, groups } = summary;
    expect(counts.sent).toBeGreaterThan(500);
    expect(counts.sent).toBeLessThan(2000);
    expect(counts).toMatchObject({ acked: counts.sent, failed: 0, lost: 0, consumed: counts.sent });
    expect(groups).toMatchObject([{ received: counts.acked, lost: 0 }]);
  });
});

describe('a worker that hangs in the middle of a phase', () => {
  it('is named, and the run still ends with the exit code that it means', async () => {
    const yaml = steady(60, 'acks: all', 'expect: { failed: 0, achievedRate: any }').replace(
      'workers: 2',
      'workers: 1',
    );
    const now = join(folder, 'hang-now');
    const run = await startScenario(folder, 'hanging', yaml, ['--timeout-sec', '5'], hangsOnce(now));
    await underWay(run);
    await writeFile(now, '');
    const { code, signal, stderr, summary } = await run.finished;
    expect(stderr).toMatch(/replay 1 has been unresponsive for \d+ s in a phase/);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(summary.verdict).toBe('failed');
    expect(summary.reasons.join()).toContain('replay 1 has been unresponsive');
    expect(summary.counts.acked).toBeGreaterThan(1000);
  });
});

describe('a group that cannot keep up', () => {
  it('has not read everything in the time of the drain: that is 4, and told as late, not as missing', async () => {
    const more =
      'consumers: { groups: [{ name: slow, members: 1, slow: { maxRate: 100/s } }] }\nexpect: { lost: 0 }';
    const yaml = steady(4, 'acks: all', more).replace('drain: 30s', 'drain: 2s');
    const { code, stderr, stdout, summary } = await runScenarioFile(folder, 'slow', yaml);
    expect(code).toBe(4);
    expect(summary.counts).toMatchObject({ acked: 4000, failed: 0 });
    const [group] = summary.groups;
    expect(group?.lost).toBeGreaterThan(2000);
    expect(group?.lost).toBe(4000 - (group?.received ?? 0));
    expect(group?.behind).toBe(group?.lost);
    expect(stdout).toMatch(/ late: it was [\d,]+ messages behind; 0 missing\)/);
    expect(stderr).toContain(
      `late: the group was ${group?.lost ?? NaN} messages behind when the drain of 2 s was over`,
    );
  });
});

/** A file system of its own, which the test may fill; undefined where that is not allowed. */
function smallDisk(path: string): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return () => {
    execFileSync('umount', ['-l', path], { stdio: 'ignore' });
  };
}

describe('a full disk under the run folder', () => {
  it('does not end the run: its verdict is printed, its lines are whole, and the way out is said', async (context) => {
    const disk = join(folder, 'small');
    await mkdir(disk);
    const unmount = smallDisk(disk);
    if (unmount === undefined) {
      context.skip('mounting a small file system needs root');
      return;
    }
    try {
      const file = join(folder, 'full.yaml');
      await writeFile(file, `name: full\n${steady(6)}`);
      const run = startCommand(['--verbose', 'run', file, '--out', disk]);
      await run.prints(/s steady, /);
      await sleep(2000);
      await writeFile(join(disk, 'filler'), Buffer.alloc(16 << 20)).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ code: 'ENOSPC' });
      });
      const { code, stdout, stderr } = await run.ended;
      expect(stdout).toContain('PASSED: every expectation held');
      expect(stdout).toMatch(
        /scheduled 6,000 = sent 6,000 \+ unsent 0; sent = acknowledged 6,000 \+ failed 0/,
      );
      expect(stderr).toMatch(
        /the run folder .*full is not complete: the disk is full\. Free some disk, or choose another folder with --out/,
      );
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(code).toBe(1);
      const [id = ''] = (await readdir(disk)).filter((name) => name.endsWith('full'));
      const intervals = await readFile(join(disk, id, 'intervals.ndjson'), 'utf8');
      const latencies = await readFile(join(disk, id, 'latency.hlog'), 'utf8');
      expect(intervals.endsWith('\n')).toBe(true);
      expect(latencies.endsWith('\n')).toBe(true);
      const seconds = intervals.trimEnd().split('\n');
      expect(seconds.map((line) => (JSON.parse(line) as { phase: unknown }).phase)).toContain('steady');
      expect(seconds.length).toBeLessThan(6);
    } finally {
      unmount();
    }
  });
});
