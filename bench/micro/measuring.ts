import { LatencySet } from '../../src/measure/latencySet.js';
import { ProducerLedger, ReceiverLedger } from '../../src/measure/ledger.js';
import type { ScheduledPacing } from '../../src/schedule/pacing.js';
import { scheduleOf } from '../../src/schedule/schedule.js';
import { monotonicNs } from '../../src/workers/clock.js';
import { DuePoints } from '../../src/workers/duePoints.js';
import { InFlight } from '../../src/workers/inFlight.js';
import type { Step } from './step.js';

const operations = 4096;
const partitions = 4;

/** The steps of measuring each message: numbers, histograms, ledger, clock. */
export function measuringSteps(): Step[] {
  const inFlight = new InFlight(partitions, 500_000);
  const latencies = new LatencySet();
  // Like latencies: most of them close together, some far above.
  const valuesUs = Float64Array.from(
    { length: operations },
    (_, index) => 300 + ((index * 7919) % 4096) ** 1.4,
  );
  const sent = new ProducerLedger(0);
  const received = new ReceiverLedger();
  const full = new LatencySet();
  const points = new DuePoints(partitions);
  let noted = 0;
  let sequence = 0;
  let sum = 0;
  return [
    step('in flight, numbered and answered', 'message', () => {
      for (let index = 0; index < operations; index += 1) {
        const partition = index % partitions;
        sum += inFlight.phase(partition, inFlight.answer(partition, inFlight.take(partition, 1)));
      }
    }),
    step('histogram, record', 'value', () => {
      for (let index = 0; index < operations; index += 1) latencies.record(1, 'ack', valuesUs[index] ?? 0);
    }),
    {
      ...step('histogram, interval taken', 'histogram and second', () => {
        sum += full.takeInterval().length;
        return undefined;
      }),
      operations: 1,
      before: () => {
        for (const value of valuesUs) full.record(1, 'ack', value);
      },
    },
    step('ledger, sent', 'message', () => {
      for (let index = 0; index < operations; index += 1) sent.countSent(index % partitions, 0);
    }),
    step('ledger, acknowledged', 'message', () => {
      for (let index = 0; index < operations; index += 1) sent.countAcked(index % partitions);
    }),
    step('ledger, received in order', 'message', () => {
      for (let index = 0; index < operations; index += 1)
        received.receive(0, index % partitions, sequence + Math.floor(index / partitions), 0);
      sequence += operations / partitions;
    }),
    // A message each 10 µs: 10,000 of them for one point of each partition.
    step('due points, sent and acknowledged', 'message', () => {
      for (let index = 0; index < operations; index += 1) {
        const number = Math.floor(noted / partitions);
        points.sent(index % partitions, number, noted * 10_000);
        points.acked(index % partitions, number, number);
        noted += 1;
      }
      sum += points.take(noted * 10_000).length;
    }),
    step('clock, read', 'reading', () => {
      for (let index = 0; index < operations; index += 1) sum += monotonicNs();
      if (sum < 0) throw new Error('the clock went backwards');
    }),
  ];
}

/** When a message is due, by pacing rule. */
export function scheduleSteps(): Step[] {
  const durationNs = 60e9;
  const rules: readonly ScheduledPacing[] = [
    { kind: 'constant', ratePerSecond: 1000, durationNs },
    { kind: 'ramp', fromPerSecond: 100, toPerSecond: 2000, durationNs },
    { kind: 'stairs', fromPerSecond: 100, toPerSecond: 2000, steps: 10, durationNs },
    {
      kind: 'visits',
      cadenceNs: 37e9,
      burstNs: 3e9,
      detectors: 189,
      size: { kind: 'fixed', alerts: 10_000 },
      visits: 10,
      seed: 1,
    },
  ];
  return rules.map((pacing) => {
    const schedule = scheduleOf(pacing);
    let sum = 0;
    return step(`due time, ${pacing.kind}`, 'message', () => {
      for (let index = 0; index < operations; index += 1) sum += schedule.dueNs(index);
      if (Number.isNaN(sum)) throw new Error(`${pacing.kind} made no time`);
    });
  });
}

function step(name: string, per: string, work: () => void): Step {
  return {
    name,
    per,
    operations,
    run: () => {
      work();
      return undefined;
    },
  };
}
