import { describe, expect, it } from 'vitest';
import { ServeTally, type TallyEvent } from '../../src/coordinator/serveTally.js';
import { kafkaErrors } from '../../src/kafka/kafkaErrors.js';

type Report = Parameters<ServeTally['take']>[0];

function report(
  counts: Partial<Report['counts']>,
  inFlight = 0,
  responsesUs: readonly number[] = [],
): Report {
  return {
    counts: { sent: 0, acked: 0, failed: 0, bytes: 0, failures: [], ...counts },
    inFlight,
    latencies: [
      {
        phase: 0,
        latency: 'response',
        counts: responsesUs.flatMap((us) => [us, 1]),
        negative: 0,
        clipped: 0,
      },
    ],
  };
}

function tallyOf(alerts: number): { tally: ServeTally; events: TallyEvent[]; clock: { ns: number } } {
  const events: TallyEvent[] = [];
  const clock = { ns: 0 };
  return {
    tally: new ServeTally(
      alerts,
      (event) => events.push(event),
      () => clock.ns,
    ),
    events,
    clock,
  };
}

describe('ServeTally', () => {
  it('reports a visit when all of its alerts are answered, and leaves what follows to the next one', () => {
    const { tally, events } = tallyOf(10);
    tally.begin(70);
    tally.take(report({ acked: 8 }));
    expect(events).toEqual([]);
    tally.take(report({ acked: 15, bytes: 100 }));
    expect(events).toMatchObject([{ kind: 'visits', first: 70, visits: 2, acked: 20, bytes: 100 }]);
    tally.end();
    expect(events.at(-1)).toMatchObject({ first: 72, visits: 1, acked: 3 });
    expect(tally.all).toMatchObject({ visits: 3, acked: 23 });
  });

  it('counts what was late, left out, and not answered in time; these settle a visit, too', () => {
    const { tally, events } = tallyOf(10);
    tally.begin(0);
    const failures = [
      [kafkaErrors.messageTimedOut, 3],
      [10, 1],
    ] as const;
    tally.take(report({ acked: 2, failed: 4, missed: 4, failures }, 0, [1_500_000, 900_000]));
    expect(events).toMatchObject([{ visits: 1, acked: 2, late: 1, missed: 4, unanswered: 3, failed: 1 }]);
  });

  it('says once that the broker is away, and that it is back', () => {
    const { tally, events, clock } = tallyOf(10);
    tally.begin(0);
    for (const [second, acked, inFlight] of [
      [1, 0, 0],
      [2, 0, 5],
      [11.5, 0, 5],
      [12.5, 0, 5],
      [20, 1, 4],
      [21, 1, 3],
    ] as const) {
      clock.ns = second * 1e9;
      tally.take(report({ acked }, inFlight));
    }
    expect(events).toEqual([
      { kind: 'waits', seconds: 10.5 },
      { kind: 'goesOn', seconds: 19 },
    ]);
  });
});
