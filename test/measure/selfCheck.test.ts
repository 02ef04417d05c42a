import { describe, expect, it } from 'vitest';
import { selfCheck, type LaneHealth, type PhaseHealth } from '../../src/measure/selfCheck.js';

const limits = { scheduleLagP99Us: 50_000, eventLoopDelayP99Us: 100_000 };

const lane: LaneHealth = {
  worker: 'replay-1',
  eventLoopDelayP99Us: 12_000,
  queueFullShare: 0,
  eventLoopUtilization: 0.4,
};

const sound: PhaseHealth = {
  phase: 'steady',
  scheduleLagP99Us: 200,
  scheduled: 1000,
  sent: 1000,
  lanes: [lane, { ...lane, worker: 'replay-2' }],
};

const late = { scheduleLagP99Us: 120_600 };
const queueFull = { lanes: [lane, { ...lane, queueFullShare: 0.25 }] };
const blocked = { lanes: [{ ...lane, eventLoopDelayP99Us: 250_000 }] };

describe('selfCheck', () => {
  it.each<[string, Partial<PhaseHealth>, [boolean, RegExp][]]>([
    ['finds nothing where all was in time', {}, []],
    ['finds nothing at the limit itself', { scheduleLagP99Us: 50_000 }, []],
    ['calls lateness without a full queue its own', late, [[true, /120\.6 ms or more.*limit 50\.0 ms/]]],
    [
      'leaves lateness with a full queue to the broker',
      { ...late, ...queueFull },
      [
        [false, /queue was full for 25 % of the time: the broker did not keep up/],
        [false, /120\.6 ms/],
      ],
    ],
    ['says that the queue was full also where nothing was late', queueFull, [[false, /queue was full/]]],
    [
      'does not excuse lateness with a queue that was full for less than a hundredth',
      { ...late, lanes: [{ ...lane, queueFullShare: 0.009 }] },
      [[true, /120\.6 ms/]],
    ],
    [
      'counts what was not sent in time',
      { sent: 990 },
      [[true, /10 of 1000 messages were not sent in time/]],
    ],
    [
      'leaves what was not sent to the broker where the queue was full',
      { sent: 990, ...queueFull },
      [[false, /queue/]],
    ],
    [
      'calls a phase that sent nothing at all its own fault, though there is no lag to look at',
      { scheduleLagP99Us: null, sent: 0 },
      [[true, /1000 of 1000 messages were not sent/]],
    ],
    ['finds nothing where there is no schedule', { scheduleLagP99Us: null }, []],
    [
      'finds nothing of loops that were blocked where there is no schedule',
      { scheduleLagP99Us: null, ...blocked },
      [],
    ],
    [
      'names a loop that was blocked without harm',
      blocked,
      [[false, /event loop of replay-1 was blocked for 250\.0 ms at times \(limit 100\.0 ms\)/]],
    ],
    [
      'names a loop that was blocked and made messages late',
      { ...late, ...blocked },
      [
        [true, /120\.6 ms/],
        [true, /event loop of replay-1/],
      ],
    ],
    [
      'needs no lanes',
      { lanes: [], ...late, sent: 1 },
      [
        [true, /999 of 1000/],
        [true, /120\.6 ms/],
      ],
    ],
  ])('%s', (_, facts, expected) => {
    const findings = selfCheck([{ ...sound, ...facts }], limits);
    expect(findings.map(({ invalidates }) => invalidates)).toEqual(
      expected.map(([invalidates]) => invalidates),
    );
    findings.forEach(({ text }, index) => {
      expect(text).toMatch(/^phase steady: /);
      expect(text).toMatch(expected[index]?.[1] ?? /$^/);
    });
  });

  it('looks at every phase', () => {
    const texts = selfCheck(
      [
        { ...sound, phase: 'one', ...late },
        { ...sound, phase: 'two', ...late },
      ],
      limits,
    );
    expect(texts.map(({ text }) => text.slice(0, 9))).toEqual(['phase one', 'phase two']);
  });
});
