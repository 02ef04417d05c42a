import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishedRuns } from '../../src/coordinator/compareFinished.js';
import { writeReport } from '../../src/report/run/runPage.js';
import { findingText } from '../../src/report/words.js';
import { isMeasurement, reasonsOf } from '../../src/results/findings.js';
import { readRunFolder } from '../../src/results/readRunFolder.js';
import type { RunSummary } from '../../src/results/runFolder.js';
import { makeFolder, summary as wholeSummary, wholeFolder } from './runFolders.js';

/** Run folders that commit 6a926f3 wrote, which kept reasons as sentences and expectations as texts. */
const older = (name: string): string => join(import.meta.dirname, 'older', name);

async function folderOf(name: string, change: (summary: RunSummary) => object = () => ({})): Promise<string> {
  const read = async (file: string): Promise<string | undefined> =>
    readFile(join(older(name), file), 'utf8').catch(() => undefined);
  const summary = JSON.parse((await read('summary.json')) ?? '') as RunSummary;
  return makeFolder({
    manifest: await read('manifest.json'),
    summary: { ...summary, ...change(summary) },
    intervals: await read('intervals.ndjson'),
    hlog: await read('latency.hlog'),
  });
}

describe('a run folder of an older version', () => {
  it('is read whole, with its reasons as they were written', async () => {
    const { summary, faults, intervals } = await readRunFolder(older('messages-failed'));
    expect(faults).toEqual([]);
    expect(intervals.length).toBeGreaterThan(1);
    const reasons = reasonsOf(summary?.findings ?? []);
    expect(reasons.map(({ kind }) => kind)).toEqual(['olderReason', 'olderReason', 'expectationFailed']);
    expect(reasons.map((one) => findingText(one))).toEqual(summary?.reasons);
    expect(summary?.findings.map(({ kind }) => kind)).toContain('messagesFailed');
  });

  it.each([
    ['messages failed, and the others were acknowledged', { acked: 100, failed: 100 }, true],
    ['nothing was acknowledged', { acked: 0, failed: 200 }, false],
    ['it is unknown what became of some', { acked: 100, failed: 80, unknown: 20 }, false],
  ])('counts as a measurement or not where %s', async (_, counts, measured) => {
    const folder = await folderOf('messages-failed', (summary) => ({
      counts: { ...summary.counts, ...counts },
      reasons: [summary.reasons[0], summary.reasons.at(-1)],
    }));
    const { summary } = await readRunFolder(folder);
    expect(isMeasurement('failed', summary?.findings ?? [])).toBe(measured);
  });

  it('whose worker died is none', async () => {
    const { summary } = await readRunFolder(older('worker-died'));
    const findings = summary?.findings ?? [];
    expect(reasonsOf(findings).map((one) => one.kind === 'olderReason' && one.text)).toEqual(
      summary?.reasons,
    );
    expect(isMeasurement('failed', findings)).toBe(false);
    const [run] = await finishedRuns([older('worker-died')], undefined).catch(() => []);
    expect(run?.counted ?? false).toBe(false);
  });

  it('has its expectations as data, whatever it wrote of them', async () => {
    const expectations = [
      { expect: 'steady.ack.p99 < 50ms', actual: 81_000, passed: false },
      { expect: 'group-1.endToEnd.p99 < 1s', unit: 'microseconds', actual: 2e6, passed: false },
      { expect: 'lost == 0', unit: 'count', actual: 0, passed: true },
      {
        expect: 'unheardOf < 3kg',
        metric: 'unheardOf',
        operator: '<',
        unit: 'kilograms',
        actual: null,
        passed: true,
      },
    ];
    const folder = await folderOf('messages-failed', ({ reasons }) => ({
      expectations,
      reasons: [...reasons, 'expected this', 'expected that'],
    }));
    const { summary } = await readRunFolder(folder);
    expect(summary?.expectations).toMatchObject([
      {
        metric: 'ack.p99',
        scope: { kind: 'phase', name: 'steady' },
        operator: '<',
        limit: 50_000,
        unit: 'microseconds',
      },
      { metric: 'endToEnd.p99', scope: { kind: 'group', name: 'group-1' }, limit: 1e6 },
      { metric: 'lost', scope: { kind: 'run' }, operator: '==', limit: 0 },
      { expect: 'unheardOf < 3kg', unit: 'count' },
    ]);
    const kinds = reasonsOf(summary?.findings ?? []).map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['expectationFailed', 'expectationFailed']);
    // Expectations that failed are in their own table.
    const page = await readFile(await writeReport(folder), 'utf8');
    expect(page).toContain('200 messages failed: 200 larger than the topic accepts');
    expect(page).not.toContain('expected this');
    expect(page).toContain('Consumer group group-1: the 99th percentile of the end-to-end time is below 1 s');
  });

  it('of version 0.1.0 is completed: rates, groups, and use of the process', async () => {
    const { targetPerSecond, achievedPerSecond, bytesPerSecond } = wholeSummary.rate;
    const rate = { targetPerSecond, achievedPerSecond, bytesPerSecond };
    const [phase] = wholeSummary.phases;
    const old = {
      schemaVersion: 1,
      run: wholeSummary.run,
      verdict: 'passed',
      reasons: [],
      counts: { ...wholeSummary.counts, unknown: undefined },
      rate,
      latency: wholeSummary.latency,
      phases: [{ ...phase, rate, harness: undefined, broker: undefined }],
      groups: wholeSummary.groups.map((group) => ({
        ...group,
        name: undefined,
        latency: undefined,
        phases: undefined,
      })),
      expectations: [{ expect: 'lost == 0', actual: 0, passed: true }],
      selfCheck: [],
    };
    const { summary, faults } = await readRunFolder(makeFolder({ ...wholeFolder, summary: old }));
    expect(faults).toEqual([]);
    expect(summary).toMatchObject({
      counts: { unknown: 0 },
      rate: { achievedPerSecond, ofTarget: expect.closeTo(0.99, 9) as number },
      phases: [{ harness: null, broker: null, rate: { targetPerSecond } }],
      groups: [{ name: 'group-1', latency: null, phases: [] }],
      expectations: [{ metric: 'lost', unit: 'count' }],
      ...{ searches: [], findings: [], outputs: [] },
    });
  });

  it('has the conditions of its probes as data, and those of a later version as they were written', async () => {
    const probe = {
      ratePerSecond: 100,
      purpose: 'bracket',
      repeat: false,
      startedAt: wholeSummary.run.startedAt,
      heldSeconds: 10,
      outcome: 'failed',
      why: ['lag < 2s did not hold: 4.00 s'],
      counts: { scheduled: 1000, sent: 1000, unsent: 0, acked: 1000, failed: 0, lost: null },
      achievedPerSecond: 100,
      lagMessages: 400,
      latency: wholeSummary.latency,
      conditions: [{ expect: 'lag < 2s', actual: 4e6, passed: false }],
    };
    const result = {
      ...{ kind: 'below', ratePerSecond: null, timesRubin: null, bytesPerSecond: null },
      bracket: { heldPerSecond: null, failedPerSecond: 100 },
      confidence: { held: 0, of: 3, holdsAtLeast: null },
      ...{ harnessPerSecond: null, contradictions: [], text: 'not even 100/s holds' },
    };
    const search = {
      ...{ phase: 'limit', conditions: ['lag < 2s'], holdSeconds: 10, settleSeconds: 3, precision: 0.02 },
      result,
      probes: [probe, { ...probe, findings: [{ kind: 'solarFlare' }] }],
    };
    const { summary, faults } = await readRunFolder(
      makeFolder({ ...wholeFolder, summary: { ...wholeSummary, searches: [search] } }),
    );
    expect(faults).toEqual([]);
    expect(summary?.searches[0]).toMatchObject({
      figuresOf: [],
      probes: [
        {
          ...{ findings: [], backlogs: [] },
          conditions: [{ metric: 'lag', scope: { kind: 'run' }, limit: 2e6, unit: 'microseconds' }],
        },
        { findings: [] },
      ],
    });
  });

  it('is not damaged by a finding of a kind that a later version has added', async () => {
    const findings = [
      { kind: 'solarFlare', phase: 'steady' },
      { kind: 'freshBroker', broker: '1', ageSeconds: 9 },
    ];
    const { summary, faults } = await readRunFolder(
      makeFolder({ ...wholeFolder, summary: { ...wholeSummary, findings } }),
    );
    expect(faults).toEqual([]);
    expect(summary?.findings.map(({ kind }) => kind)).toEqual(['freshBroker']);
  });
});
