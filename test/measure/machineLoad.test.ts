import { describe, expect, it } from 'vitest';
import { freshBrokersOf, machineLoadOf, type MachineReading } from '../../src/measure/machineLoad.js';

const start: MachineReading = {
  atMs: 1000,
  cores: 2,
  idleSeconds: 500,
  harnessSeconds: 3,
  brokersSeconds: 40,
  consumersSeconds: 0,
  cpuWaitSeconds: 7,
  loadAverage: 1.2,
};

/** Ten seconds later: idle, harness and brokers in cores. */
const after = (idle: number, harness: number, brokers: number | null, seconds = 10): MachineReading => ({
  ...start,
  atMs: 1000 + seconds * 1000,
  idleSeconds: 500 + idle * seconds,
  harnessSeconds: 3 + harness * seconds,
  brokersSeconds: brokers === null ? null : 40 + brokers * seconds,
  cpuWaitSeconds: 7 + 0.9 * seconds,
  loadAverage: 11,
});

describe('machineLoadOf', () => {
  it.each<[string, MachineReading, number | undefined]>([
    ['harness and broker fill the machine', after(0, 0.8, 1.2), undefined],
    ['others use a tenth of a machine that has cores to spare', after(1, 0.3, 0.5), undefined],
    ['others use a quarter of it', after(1, 0.2, 0.3), 0.5],
    ['others use a tenth of a full machine', after(0.1, 0.75, 0.9), 0.25],
    ['others use all but a little', after(0, 0.2, 0.3), 1.5],
    ['a broker that is unknown may be what is busy', after(0.5, 0.5, null), undefined],
    ['a full machine with an unknown broker', after(0, 0.3, null), 1.7],
    ['a phase is too short to tell', after(0, 0.2, 0.3, 0.3), undefined],
  ])('%s', (_, to, otherCores) => {
    const found = machineLoadOf('steady', start, to);
    if (otherCores === undefined) expect(found).toEqual([]);
    else
      expect(found).toMatchObject([
        { kind: 'machineLoad', phase: 'steady', otherCores, cores: 2, loadAverage: 11, cpuWaitShare: 0.9 },
      ]);
  });
});

describe('freshBrokersOf', () => {
  it('names brokers that started less than 30 s before the first measured phase', () => {
    const brokers = [
      { broker: 'localhost:9092', startedAtMs: 91_000 },
      { broker: 'localhost:9093', startedAtMs: 60_000 },
      // Restarted during the run.
      { broker: 'localhost:9094', startedAtMs: 101_000 },
    ];
    expect(freshBrokersOf(brokers, 100_000)).toEqual([
      { kind: 'freshBroker', broker: 'localhost:9092', ageSeconds: 9 },
    ]);
  });
});
