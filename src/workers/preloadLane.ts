import { placesHeader } from '../alerts/alertPlaces.js';
import { formatTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import { kafkaErrorOf } from '../kafka/libraryError.js';
import { openProducer } from '../kafka/producer.js';
import { monotonicNs } from './clock.js';
import type { RunControl } from './control.js';
import { preloadMessages } from './preloadSource.js';
import type { FromWorker, PreloadTask } from './protocol.js';
import { sequenceHeader, sourceHeader } from './reservoirFormat.js';

const reportNs = 2e8;

/** Large batches, each alert exactly once and in order. */
const producerProperties = {
  'linger.ms': 5,
  'batch.size': 2_000_000,
  'queue.buffering.max.kbytes': 65_536,
  'enable.idempotence': true,
};

/**
 * Fills this worker's partitions of a reservoir, and returns when every message is acknowledged.
 *
 * @param task - what to fill, and from where
 * @param control - tells when to stop
 * @throws `DELIVERY_FAILED` with counts; `BAD_INPUT_FILE` when the container is damaged
 */
export async function runPreload(task: PreloadTask, control: RunControl): Promise<void> {
  const { port, topic, source, timeoutMs } = task;
  const state = { sent: 0, acked: 0, failed: 0, firstError: 0, bytes: 0, progressNs: monotonicNs() };
  const producer = await openProducer(
    task.connection,
    producerProperties,
    (errorCode) => {
      state.progressNs = monotonicNs();
      if (errorCode === 0) state.acked += 1;
      else {
        state.failed += 1;
        if (state.firstError === 0) state.firstError = errorCode;
      }
    },
    timeoutMs,
    topic,
  );
  /** Waits until something holds, as long as there is progress. */
  const waitFor = async (holds: () => boolean): Promise<void> => {
    state.progressNs = monotonicNs();
    for (producer.poll(); !holds(); producer.poll()) {
      if (monotonicNs() - state.progressNs > timeoutMs * 1e6) throw failure(task, state);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  let reportedNs = 0;
  const report = (): void => {
    reportedNs = monotonicNs();
    port.postMessage({ type: 'preloaded', alerts: state.acked, bytes: state.bytes } satisfies FromWorker);
  };
  try {
    for await (const { value, partition, index, timeOffsetUs, places } of preloadMessages(task)) {
      if (control.stopped || state.failed > 0) break;
      const headers = [
        { [timeOffsetHeader]: formatTimeOffset(timeOffsetUs) },
        { [sequenceHeader]: `${index + 1}/${source.alerts}` },
        { [sourceHeader]: task.fingerprint },
        // The last one: readers look for it there.
        ...(places === undefined ? [] : [{ [placesHeader]: places }]),
      ];
      const taken = (): boolean => producer.tryProduce(topic, partition, value, null, 0, headers);
      if (!taken()) await waitFor(taken);
      state.sent += 1;
      state.bytes += value.length;
      if (monotonicNs() - reportedNs > reportNs) {
        producer.poll();
        report();
      }
    }
    await waitFor(() => producer.inFlight === 0);
    if (state.failed > 0) throw failure(task, state);
    report();
  } finally {
    await producer.close();
  }
}

function failure(
  task: PreloadTask,
  { sent, acked, failed, firstError }: { sent: number; acked: number; failed: number; firstError: number },
): AlertSimError {
  const reason =
    firstError === 0
      ? `the broker acknowledged nothing for ${task.timeoutMs / 1000} s`
      : `the first failed with: ${kafkaErrorOf(firstError).message}`;
  return new AlertSimError(
    'DELIVERY_FAILED',
    `${task.name}: of ${sent} alerts sent to ${task.topic}, ${acked} were acknowledged and ${failed} failed; ${reason}`,
  );
}
