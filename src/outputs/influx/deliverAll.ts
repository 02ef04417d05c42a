import { setTimeout as pause } from 'node:timers/promises';
import type { Delivered, DeliveryRules } from './liveDelivery.js';
import type { PointSink, WriteOutcome } from './pointSink.js';

/** When to give up. */
export interface Patience {
  /** How long the server may take to accept the next batch. */
  readonly batchMs: number;
  /** Stops at once; what was delivered stays. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers lines from the first to the last, waiting for each batch; false where it ended early.
 *
 * @param result - counts are added to it; it also gets the fault that ended it, if one did
 */
export async function deliverAll(
  sink: PointSink,
  chunks: AsyncIterable<readonly string[]>,
  rules: DeliveryRules,
  patience: Patience,
  result: Delivered,
): Promise<boolean> {
  let batch: string[] = [];
  const send = async (): Promise<boolean> => {
    const lines = batch;
    batch = [];
    if (lines.length === 0) return true;
    const outcome = await writePatiently(sink, lines, rules, patience);
    if (outcome === undefined) return false;
    if (outcome.kind !== 'delivered') result.fault ??= outcome.fault;
    if (outcome.kind === 'unavailable' || outcome.kind === 'refused') return false;
    const rejected = outcome.kind === 'partly' ? outcome.rejected : 0;
    result.delivered += lines.length - rejected;
    result.rejected += rejected;
    return true;
  };
  for await (const lines of chunks) {
    if (batch.length > 0 && batch.length + lines.length > rules.batchLines && !(await send())) return false;
    batch.push(...lines);
  }
  return send();
}

/**
 * Tries again until the server accepts the lines, rejects them, or patience ends; undefined when it was
 * aborted.
 */
async function writePatiently(
  sink: PointSink,
  lines: readonly string[],
  { timeoutMs, firstPauseMs }: DeliveryRules,
  { batchMs, signal }: Patience,
): Promise<WriteOutcome | undefined> {
  const untilMs = performance.now() + batchMs;
  for (;;) {
    if (signal?.aborted === true) return undefined;
    const leftMs = untilMs - performance.now();
    const outcome = await sink.write(lines, Math.min(timeoutMs, leftMs));
    if (outcome.kind !== 'unavailable' || performance.now() + firstPauseMs >= untilMs) return outcome;
    await pause(firstPauseMs, undefined, { signal }).catch(() => undefined);
  }
}
