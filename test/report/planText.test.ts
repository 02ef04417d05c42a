import { describe, expect, it } from 'vitest';
import { leftOutLines, planText } from '../../src/report/planText.js';
import { planEstimate } from '../../src/scenario/planEstimate.js';
import type { Plan } from '../../src/scenario/plan.js';
import { figuresOf } from '../../src/schedule/phaseFigures.js';
import { nothingLeftOut } from '../scenario/leftOut.js';
import { designExample, planFrom } from '../scenario/planFrom.js';
import { rowOf } from './rowOf.js';

const recorded = { alerts: 10_000, spanUs: 74_000_000 };

function textOf(plan: Plan): string {
  const phases = plan.replay.phases.map(({ pacing }) => figuresOf(pacing, recorded));
  return planText(plan, planEstimate(plan, { alertCount: recorded.alerts, meanBytes: 80_000, phases }));
}

describe('planText', () => {
  const text = textOf(planFrom(designExample));

  it.each([
    ['recorded times', 'as-recorded', ['10,000', '800 MB', '1m 14s', '135/s on average, 0.086 Gb/s']],
    ['a constant rate', 'steady', ['15,000', '1.2 GB', '30.0s', '500/s, 0.320 Gb/s']],
    ['a ramp', 'ramp', ['306,000', '24.5 GB', '2m 00s', '5,000/s, 3.200 Gb/s']],
    ['stairs', 'stairs', ['540,000', '43.2 GB', '4m 00s', '4,000/s, 2.560 Gb/s']],
    ['visits', 'visits', ['30,000', '2.4 GB', '1m 51s', '3,714/s, 2.377 Gb/s']],
    ['no rate', 'flat-out', ['unbounded', '', '30.0s', '']],
  ])('has a row for a phase with %s', (_, phase, cells) => {
    expect(rowOf(text, phase)).toEqual([phase, ...cells]);
  });

  it.each([
    ['the scenario', /^scenario {3}rate-stairs$/m],
    ['the cluster', /^cluster {4}localhost:9092$/m],
    [
      'the reservoir',
      /^reservoir {2}alerts-reservoir: 10,000 alerts, 800 MB, 4 partition\(s\), 2 worker\(s\)$/m,
    ],
    ['the stream', /^stream {5}alerts-stream: 8 partition\(s\), replication 1; it is made anew$/m],
    ['the producers', /^producers {2}2 worker\(s\) with \d+ producer\(s\) each$/m],
    ['the consumers and their members', /^consumers {2}\S+ \(2\)$/m],
    [
      'that a phase without a rate makes the sums lower bounds',
      /^in all {5}at least 901,000 messages, at least 72\.1 GB, /m,
    ],
    ['how long all of it takes', /^takes {6}about \d+m \d\ds with preloading and all else$/m],
    ['the peak', /, peak 3\.200 Gb\/s$/m],
    ['what is needed', /^needs {6}[\d.]+ [MG]B of memory, at least 7\d\.\d GB of disk$/m],
  ])('says %s', (_, line) => {
    expect(text).toMatch(line);
  });

  it('says that nobody reads, and names the variant', () => {
    const plan = planFrom(designExample);
    const lonely = textOf({ ...plan, variant: 'lz4', consumers: { ...plan.consumers, groups: [] } });
    expect(lonely).toContain('scenario   rate-stairs, variant lz4\n');
    expect(lonely).toContain('consumers  none\n');
  });

  it('says that nothing limits a plan that only goes flat out', () => {
    const plan = planFrom(designExample);
    const phases = plan.replay.phases.filter(({ name }) => name === 'flat-out');
    expect(textOf({ ...plan, replay: { ...plan.replay, phases } })).toMatch(/peak without limit$/m);
  });
});

describe('what was left out', () => {
  it('is nothing to speak of where there is nothing', () => {
    expect(leftOutLines(nothingLeftOut)).toEqual([]);
  });

  it('is counted, and the first of it listed', () => {
    const invalid = {
      invalidAlerts: 1200,
      invalidStretches: 1,
      firstInvalid: ['a.avro: at byte 7 …', 'b.avro: …'],
    };
    expect(leftOutLines({ ...nothingLeftOut, ...invalid })).toEqual([
      'left out 1,200 invalid alerts and 1 damaged stretch:',
      '  a.avro: at byte 7 …',
      '  b.avro: …',
    ]);
    const beside = { passedOver: 7, firstPassedOver: ['README.md: it is text, not alerts'] };
    expect(leftOutLines({ ...nothingLeftOut, ...beside })).toEqual([
      'passed over 7 files that are not alerts:',
      '  README.md: it is text, not alerts',
      '  and 6 more',
    ]);
  });
});
