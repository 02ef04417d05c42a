import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import { startScenario, type FinishedScenario, type RunningScenario } from './support/scenarios.js';
import { withAdmin } from './support/topicContents.js';

vi.setConfig({ testTimeout: 120_000 });

let kafka: TestKafka;
let folder: string;
beforeAll(async () => {
  // Kafka's own session timeout: a broker that is frozen for two seconds is not given up by its controller.
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
  more = 'consumers: { groups: 1, members: 2 }\nexpect: { lost: 0, failed: 0 }',
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

/** Waits until the load is under way. */
async function underWay(run: RunningScenario): Promise<void> {
  await run.prints(/s steady, /);
  await sleep(1000);
}

/** How many values of a latency lie above a limit, by the run folder's log alone. */
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

function expectNothingLost({ summary }: FinishedScenario, scheduled: number): void {
  expect(summary.counts).toMatchObject({ scheduled, sent: scheduled, acked: scheduled, failed: 0, lost: 0 });
  expect(summary.groups).toMatchObject([{ received: scheduled, lost: 0 }]);
}

describe('a broker that answers nothing for two seconds', () => {
  it('is seen in the response time of every message that was due meanwhile, and nothing is lost', async () => {
    const run = await startScenario(folder, 'frozen', steady(8));
    await underWay(run);
    kafka.freeze();
    await sleep(2000);
    kafka.thaw();
    const finished = await run.finished;
    expect(finished).toMatchObject({ code: 0 });
    expectNothingLost(finished, 8000);
    const { response, ack } = finished.summary.latency;
    expect(response.p999).toBeGreaterThan(1_500_000);
    expect(ack.count).toBe(8000);
    // 2,000 messages were due while nothing was answered; those of its last 100 ms waited no longer than usual may take.
    const late = await countAbove(finished, 'response', 100_000);
    expect(late).toBeGreaterThan(1700);
    expect(late).toBeLessThan(3000);
  });
});

describe('a broker that crashes and comes back', () => {
  it('loses nothing that it acknowledged to an idempotent producer with acks=all', async () => {
    const run = await startScenario(folder, 'crashed', steady(14));
    await underWay(run);
    kafka.kill();
    await kafka.restart();
    const finished = await run.finished;
    expect(finished).toMatchObject({ code: 0 });
    expectNothingLost(finished, 14_000);
    expect(finished.summary.latency.response.p999).toBeGreaterThan(1_500_000);
    const marks = await withAdmin({ bootstrap: kafka.bootstrap }, (admin) =>
      admin.watermarks('trouble-stream'),
    );
    expect(marks.reduce((sum, { low, high }) => sum + high - low, 0)).toBe(14_000);
  });

  it('ends the run with 3 and a valid partial result when it stays away', async () => {
    const run = await startScenario(folder, 'gone', steady(30), ['--timeout-sec', '4']);
    await underWay(run);
    kafka.kill();
    const finished = await run.finished;
    await kafka.restart();
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
    const run = await startScenario(folder, 'pushed-back', steady(4, client, 'expect: { failed: 0 }'));
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

describe('a stream that is deleted under the run', () => {
  it('ends it with a valid partial result', async () => {
    const run = await startScenario(folder, 'crashing', steady(20));
    await underWay(run);
    // The stream vanishes under the producers: librdkafka refuses further messages for it.
    await withAdmin({ bootstrap: kafka.bootstrap }, (admin) => admin.remove('trouble-stream'));
    const { code, summary } = await run.finished;
    expect([1, 3, 4]).toContain(code);
    expect(summary.verdict).toBe('failed');
    expect(summary.counts.acked + summary.counts.failed).toBe(summary.counts.sent);
  });
});
