import type { FindingOf } from '../results/findings.js';

/** What a machine had done until an instant; CPU times add up over all cores. */
export interface MachineReading {
  readonly atMs: number;
  readonly cores: number;
  /** In which cores were idle. */
  readonly idleSeconds: number;
  /** CPU time of the harness, and of the programs that it started to measure with. */
  readonly harnessSeconds: number;
  /** CPU time of the brokers of this machine; null where their processes are unknown. */
  readonly brokersSeconds: number | null;
  /** CPU time of the programs that the run started as consumers. */
  readonly consumersSeconds: number;
  /** In which some program waited for a core; null where the system does not report it. */
  readonly cpuWaitSeconds: number | null;
  /** Of the last minute. */
  readonly loadAverage: number;
}

/** Other programs that use this share of the cores disturb in any case. */
const disturbingShare = 0.25;

/** This share disturbs where hardly a core is idle. */
const disturbingWhenFull = 0.1;

/** A smaller share of idle cores is hardly one. */
const fullIdleShare = 0.1;

/** A younger broker is not warm: its JVM still interprets and compiles. */
const warmAfterMs = 30_000;

/** Whether other programs kept the machine busy during a phase. */
export function machineLoadOf(
  phase: string,
  from: MachineReading,
  to: MachineReading,
): FindingOf<'machineLoad'>[] {
  const seconds = (to.atMs - from.atMs) / 1000;
  const { cores } = to;
  // Readings are in ticks of 10 ms.
  if (seconds < 0.5) return [];
  const idleCores = Math.min(cores, (to.idleSeconds - from.idleSeconds) / seconds);
  const withoutBrokers = from.brokersSeconds !== null && to.brokersSeconds !== null;
  const brokersSeconds = (to.brokersSeconds ?? 0) - (from.brokersSeconds ?? 0);
  const own = (to.harnessSeconds - from.harnessSeconds + (withoutBrokers ? brokersSeconds : 0)) / seconds;
  const consumerCores = (to.consumersSeconds - from.consumersSeconds) / seconds;
  const otherCores = Math.max(0, cores - idleCores - own - consumerCores);
  const share = otherCores / cores;
  const isFull = idleCores / cores < fullIdleShare;
  // A broker among the others may be as busy as it likes.
  // Consumers are what the run is about, but on a full machine they take cores from broker and sender.
  const isCrowded = isFull && consumerCores / cores >= disturbingShare;
  const isDisturbed =
    isCrowded ||
    (withoutBrokers
      ? share >= disturbingShare || (isFull && share >= disturbingWhenFull)
      : isFull && share >= disturbingShare);
  if (!isDisturbed) return [];
  const waited =
    from.cpuWaitSeconds === null || to.cpuWaitSeconds === null
      ? null
      : Math.min(1, (to.cpuWaitSeconds - from.cpuWaitSeconds) / seconds);
  return [
    {
      kind: 'machineLoad',
      ...{ phase, cores, withoutBrokers },
      otherCores: rounded(otherCores),
      ...(consumerCores > 0 ? { consumerCores: rounded(consumerCores) } : {}),
      idleCores: rounded(idleCores),
      loadAverage: Math.max(from.loadAverage, to.loadAverage),
      cpuWaitShare: waited === null ? null : rounded(waited),
    },
  ];
}

/**
 * The brokers that were not warm.
 *
 * @param brokers - when each of them started, milliseconds since 1970
 * @param measuredMs - the start of the first measured phase, milliseconds since 1970
 */
export function freshBrokersOf(
  brokers: readonly { readonly broker: string; readonly startedAtMs: number }[],
  measuredMs: number,
): FindingOf<'freshBroker'>[] {
  return brokers
    .filter(({ startedAtMs }) => measuredMs > startedAtMs && measuredMs - startedAtMs < warmAfterMs)
    .map(({ broker, startedAtMs }) => ({
      kind: 'freshBroker',
      broker,
      ageSeconds: rounded((measuredMs - startedAtMs) / 1000),
    }));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
