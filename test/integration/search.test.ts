import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startCommand } from './support/commandLine.js';
import { setProducerQuota } from './support/kafkaTools.js';
import { startTestKafka, type TestKafka } from './support/localKafka.js';
import type { IntervalRecord, RunSummary } from '../../src/results/runFolder.js';

const quotaBytes = 2_000_000;
const payloadBytes = 10_000;
/** Our stamp and Kafka's framing, about, bytes a message. */
const overheadBytes = 90;
const capacity = quotaBytes / (payloadBytes + overheadBytes);

let kafka: TestKafka;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'));
  // Kafka counts a quota over eleven seconds by default: a probe would have to be as long.
  kafka = await startTestKafka({ usualJvm: true, serverProperties: { 'quota.window.num': '3' } });
  await setProducerQuota(kafka.bootstrap, quotaBytes);
});

afterAll(async () => {
  await kafka.stop();
  await rm(folder, { recursive: true, force: true });
});

async function scenario(name: string, search: string, expectations = '{}'): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  await writeFile(
    path,
    `name: ${name}
kafka: {bootstrap: '${kafka.bootstrap}', client: {client.id: ${name}}}
alerts: {payload: {bytes: ${payloadBytes}, count: 300}}
reservoir: {topic: r-search, reuse: true}
stream: {topic: s-${name}, partitions: 2}
replay: {phases: [{name: limit, search: ${search}}]}
consumers: {groups: 1, members: 1}
expect: ${expectations}
limits: {selfCheck: {scheduleLagP99: 500ms}}
`,
  );
  return path;
}

async function resultOf(name: string): Promise<{ summary: RunSummary; intervals: IntervalRecord[] }> {
  const run = (await readdir(folder)).find((entry) => entry.endsWith(`-${name}`)) ?? '';
  const text = (file: string): Promise<string> => readFile(join(folder, run, file), 'utf8');
  const intervals = (await text('intervals.ndjson')).trim().split('\n');
  return {
    summary: JSON.parse(await text('summary.json')) as RunSummary,
    intervals: intervals.map((line) => JSON.parse(line) as IntervalRecord),
  };
}

describe('a search', () => {
  // These two run at the same time: a quota is each client's own, and neither needs much of the machine.
  it.concurrent(
    'finds the capacity of a throttled client to within 5 %, and accounts for every probe',
    async () => {
      const search =
        "{from: 150/s, to: 300/s, hold: 4s, settle: 4s, precision: 3%, confirm: 2, conditions: {response.p50: '< 250ms', lost: 0, lag: '< 5s'}}";
      const path = await scenario('throttled', search, "{limit.rate: '>= 100/s', limit.failed: 0}");
      const ended = await runCommand(['run', path, '--out', folder]);
      expect(ended).toMatchObject({ code: 0 });
      expect(ended.stdout).toMatch(
        /limit: \d+ alerts\/s is the highest rate that holds response\.p50 < 250ms/,
      );
      expect(ended.stdout).toMatch(/held {4}limit\.rate >= 100\/s {2}\(\d+\/s\)/);
      const { summary, intervals } = await resultOf('throttled');
      const [found] = summary.searches;
      const { result, probes = [] } = found ?? {};
      expect(result).toMatchObject({ kind: 'found', confidence: { held: 2, of: 2 } });
      expect(Math.abs((result?.ratePerSecond ?? 0) / capacity - 1)).toBeLessThanOrEqual(0.05);
      for (const { counts, outcome, why } of probes) {
        expect(counts.scheduled).toBe(counts.sent + counts.unsent);
        expect(counts.sent).toBe(counts.acked + counts.failed);
        expect(why.length === 0).toBe(outcome === 'held');
      }
      // Each judged stretch holds what is due in it, to the message.
      const [first] = probes;
      expect(first?.counts.scheduled).toBe(4 * 150);
      // What had not been read would be in the next probe: the ledger of the whole run lost nothing.
      expect(summary.groups[0]).toMatchObject({ lost: 0, outOfOrder: 0 });
      expect(new Set(intervals.map(({ phase }) => phase))).toEqual(new Set(['limit', null]));
      const targets = new Set(
        intervals.flatMap(({ phase, targetPerSecond }) => (phase === null ? [] : targetPerSecond)),
      );
      // Nine digits are shown: the rest of a difference of large numbers are rounding errors.
      const probed = probes.map(({ ratePerSecond }) => Number(ratePerSecond.toPrecision(9)));
      expect([...targets].sort()).toEqual([...new Set(probed)].sort());
    },
    300_000,
  );

  it.concurrent(
    'finds the capacity of a reader that pauses 2 ms, though its lag stays below the limit',
    async () => {
      const search =
        "{from: 300/s, to: 600/s, hold: 4s, settle: 1s, precision: 3%, confirm: 2, conditions: {lag: '< 10s', lost: 0}}";
      const path = await scenario('reader', search);
      const text = (await readFile(path, 'utf8'))
        .replace(`bytes: ${payloadBytes}`, 'bytes: 100')
        .replace('r-search', 'r-small')
        .replace('{groups: 1, members: 1}', '{groups: [{name: slow, slow: {pause: 2ms}}]}');
      await writeFile(path, text);
      expect(await runCommand(['run', path, '--out', folder])).toMatchObject({ code: 0 });
      const { summary } = await resultOf('reader');
      const { result, probes = [], figuresOf } = summary.searches[0] ?? {};
      // It takes 500/s at the most; a busy machine lets it wake up late.
      expect(result?.ratePerSecond).toBeGreaterThan(450);
      expect(result?.ratePerSecond).toBeLessThanOrEqual(510);
      expect(figuresOf).toHaveLength(2);
      // The lag alone would have let all of them pass.
      const failed = probes.filter(({ outcome }) => outcome === 'failed');
      expect(failed.length).toBeGreaterThan(0);
      for (const { conditions, why } of failed) {
        expect(conditions.every(({ passed }) => passed)).toBe(true);
        expect(why.join()).toMatch(/slow-\d+ fell back all the time: it read \d+\/s of \d+\/s/);
      }
      const report = await readFile(join(folder, summary.run.id, 'report.html'), 'utf8');
      expect(report.indexOf(result?.text.slice(0, 40) ?? '-')).toBeGreaterThan(0);
      expect(report.indexOf('alerts/s is the highest rate')).toBeLessThan(report.indexOf('Achieved rate'));
    },
    300_000,
  );

  it('says "at least" within a range that holds, and "below" with exit code 4 where nothing does', async () => {
    const range = (conditions: string): string =>
      `{from: 10/s, to: 20/s, hold: 1s, settle: 0s, confirm: 1, conditions: {${conditions}}}`;
    const holds = await runCommand([
      'run',
      await scenario('range', range("ack.p50: '< 20s'")),
      '--out',
      folder,
    ]);
    expect(holds).toMatchObject({ code: 0 });
    expect(holds.stdout).toContain('at least 20.0 alerts/s, the end of the range, hold ack.p50 < 20s');
    const fails = await runCommand([
      'run',
      await scenario('none', range("ack.p50: '< 1us'")),
      '--out',
      folder,
    ]);
    expect(fails).toMatchObject({ code: 4 });
    expect(fails.stderr).toContain(
      'not even 10.0 alerts/s, the lowest rate of the range, holds ack.p50 < 1us',
    );
  }, 120_000);

  it('that is interrupted tells what it knew', async () => {
    const path = await scenario(
      'interrupted',
      "{from: 10/s, to: 1000/s, hold: 1s, settle: 0s, conditions: {ack.p50: '< 20s'}}",
    );
    const running = startCommand(['run', path, '--out', folder]);
    await running.prints(/of 20\/s/);
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    const { summary } = await resultOf('interrupted');
    expect(summary.verdict).toBe('interrupted');
    expect(summary.searches[0]?.result).toMatchObject({ kind: 'unfinished', ratePerSecond: 10 });
  }, 60_000);

  it('is refused on several machines', async () => {
    const path = await scenario('sharded', '{from: 10/s, to: 20/s}');
    const ended = await runCommand(['run', path, '--out', folder, '--shard', '0/2']);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain('run it without --shard');
  });
});
