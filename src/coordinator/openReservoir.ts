import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { TopicAdmin } from '../kafka/topics.js';
import { ReservoirReader, wholeReservoir } from '../workers/reservoirReader.js';
import { notedTotal } from '../workers/reservoirFormat.js';
import { reservoirSpanUs } from './reservoirSpan.js';

/** A reservoir that was found whole. */
export interface OpenReservoir {
  /** Its topic. */
  readonly topic: string;
  /** How many alerts it holds. */
  readonly total: number;
  /** Microseconds from its first to its last alert; 0 where that is not known. */
  readonly spanUs: number;
  /** Reads it; it stands at the first alert, which is in memory. */
  readonly reader: ReservoirReader;
}

/** So long is waited for the last alerts of a reservoir, milliseconds. */
const spanMs = 3000;

/**
 * Opens a reservoir and makes sure that it is whole: do this before the stream is touched.
 *
 * @param admin - the cluster, to look the reservoir up
 * @param connection - how to reach the cluster
 * @param topic - the reservoir
 * @param timeoutMs - how long anything may go on without progress, in milliseconds
 * @returns the reservoir; close its reader
 * @throws `BAD_INPUT_FILE` when it does not exist, is empty, half-made, or no reservoir; `BROKER_UNREACHABLE` when
 * it gives nothing for too long
 */
export async function openReservoir(
  admin: TopicAdmin,
  connection: ConnectionOptions,
  topic: string,
  timeoutMs: number,
): Promise<OpenReservoir> {
  const watermarks = await admin.watermarks(topic);
  const total = watermarks.reduce((sum, { low, high }) => sum + high - low, 0);
  if (total === 0) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `the reservoir ${topic} ${watermarks.length === 0 ? 'does not exist' : 'is empty'}: ` +
        'fill it with rubin-alert-sim create-stream, or name another with --src-topic',
    );
  }
  const reader = await ReservoirReader.open(connection, topic, wholeReservoir(watermarks), timeoutMs);
  try {
    const first = await reader.peek();
    refuseHalfMade(notedTotal(first?.message.headers ?? []), total, topic);
    // It is for a notice only: what ends with a marker of a transaction, or answers late, goes without.
    const spanUs = await reservoirSpanUs(connection, topic, watermarks, Math.min(timeoutMs, spanMs)).catch(
      () => 0,
    );
    return { topic, total, spanUs, reader };
  } catch (thrown) {
    await reader.close();
    throw thrown;
  }
}

function refuseHalfMade(noted: number | undefined, total: number, topic: string): void {
  if (noted === undefined || noted === total) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `the reservoir ${topic} holds ${total} of the ${noted} alerts that it was to hold: its preloading did not end well; ` +
      'make it again with: rubin-alert-sim create-stream --force',
  );
}
