import { availableParallelism } from 'node:os';
import { AlertSimError } from '../errors.js';
import { memory } from '../machine.js';
import { aheadOf, type AheadAlertsPlan, type Plan } from '../scenario/plan.js';
import type { AheadPlan, LoadPhase, SchemaIds } from '../workers/protocol.js';
import { scheduleOf } from '../schedule/schedule.js';
import { isForAhead } from '../workers/aheadOrder.js';
import { framedSchemas } from './registeredIds.js';
import type { AlertFacts } from './sourceFacts.js';

/** Room for what differs from the mean, and for the frames. */
const spareShare = 1.2;

/** The part of the free memory that is not asked for, but taken for a visit. */
const memoryShare = 0.25;

const leastBufferBytes = 16e6;

/** A run that begins with an empty buffer is late from the start. */
const fillMs = 30_000;

/** Alerts in the mean size of a visit, and how they are made. */
export interface AheadNeeds {
  readonly alertsPerVisit: number;
  readonly meanBytes: number;
  /** All of them, on all machines. */
  readonly producers: number;
  readonly machines: number;
}

/**
 * Threads and memory of each producer.
 *
 * @returns the memory that a whole visit would take, too: what does not fit is made while it is sent, and may be late
 */
export function aheadResources(
  { bufferBytes, generators }: Pick<AheadAlertsPlan, 'bufferBytes' | 'generators'>,
  { alertsPerVisit, meanBytes, producers, machines }: AheadNeeds,
): { readonly threads: number; readonly bufferBytes: number; readonly visitBytes: number } {
  const here = producers / machines;
  const visitBytes = Math.ceil(alertsPerVisit * meanBytes * spareShare);
  const most = Math.max(leastBufferBytes, memory().availableBytes * memoryShare) * machines;
  const whole = bufferBytes ?? Math.max(leastBufferBytes, Math.min(visitBytes, most));
  const threads = generators ?? Math.max(1, Math.floor(availableParallelism() / 2));
  return {
    threads: Math.max(1, Math.floor(threads / here)),
    bufferBytes: Math.floor(whole / producers),
    visitBytes,
  };
}

/**
 * Checks that there are as many alerts as phases send.
 *
 * @throws `BAD_SCENARIO` where they send more than `alerts.synthetic.duration` is enough for
 */
export function checkDuration({ alerts, replay }: Pick<Plan, 'alerts' | 'replay'>): void {
  const durationNs = aheadOf(alerts)?.durationNs;
  if (alerts.kind !== 'synthetic' || durationNs === undefined) return;
  const { alertsPerVisit, cadenceNs } = alerts;
  const visits = Math.ceil(durationNs / cadenceNs);
  const sent = alertsOf(replay.phases);
  if (sent <= visits * alertsPerVisit) return;
  throw new AlertSimError(
    'BAD_SCENARIO',
    `the phases send ${sent} alerts, but alerts.synthetic.duration is enough for ${visits} visits of ${alertsPerVisit}: ` +
      'make it longer, or write visits: forever instead',
  );
}

/** How a scenario's alerts are made while they are sent; undefined where they come from a reservoir. */
export async function aheadPlanOf(
  plan: Plan,
  facts: AlertFacts,
  phases: readonly LoadPhase[],
  { producers, machines }: Pick<AheadNeeds, 'producers' | 'machines'>,
): Promise<AheadPlan | undefined> {
  const { alerts } = plan;
  if (alerts.kind !== 'synthetic' || alerts.ahead === undefined || facts.source.kind !== 'synthetic')
    return undefined;
  const { alertsPerVisit, ahead } = alerts;
  const { meanBytes } = facts;
  // A phase of visits begins with a new one.
  const visits = Math.ceil(alertsOf(phases) / alertsPerVisit) + phases.length;
  const { threads, bufferBytes } = aheadResources(ahead, { alertsPerVisit, meanBytes, producers, machines });
  const schemaId = plan.reservoir.schemaId ?? (await schemaIdOf(facts));
  return {
    alerts: { kind: 'synthetic', options: { ...facts.source.options, visits }, schemaId },
    ...{ firstIndex: 0, threads, bufferBytes, fillMs, mostLateNs: Infinity },
  };
}

/** The schema id of alerts that all have one schema: that of a registry, else their own. */
export async function schemaIdOf({
  source,
  schemaIds = [],
}: Pick<AlertFacts, 'source'> & { readonly schemaIds?: SchemaIds | undefined }): Promise<number> {
  const [schema] = await framedSchemas(source);
  if (schema === undefined) throw new AlertSimError('INTERNAL', 'these alerts have no schema');
  return new Map(schemaIds).get(schema.text) ?? schema.ownId;
}

/** What phases send, as far as they have schedules. */
function alertsOf(phases: readonly LoadPhase[]): number {
  return phases.reduce((sum, { pacing }) => (isForAhead(pacing) ? sum + scheduleOf(pacing).count : sum), 0);
}
