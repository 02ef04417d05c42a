import { placesHeader } from '../alerts/alertPlaces.js';
import { formatTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import { kafkaErrorOf } from '../kafka/libraryError.js';
import { monotonicNs } from './clock.js';
import type { RunControl } from './control.js';
import { preloadMessages } from './preloadSource.js';
import type { FromWorker, PreloadTask } from './protocol.js';
import { sequenceHeader, sourceHeader } from './reservoirFormat.js';
import { ReservoirSender } from './reservoirSender.js';

const reportNs = 2e8;

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
  const sender = await ReservoirSender.open(
    task.connection,
    topic,
    (errorCode) => {
      state.progressNs = monotonicNs();
      if (errorCode === 0) state.acked += 1;
      else {
        state.failed += 1;
        if (state.firstError === 0) state.firstError = errorCode;
      }
    },
    timeoutMs,
  );
  /** Waits until something holds, as long as there is progress. */
  const waitFor = async (holds: () => boolean): Promise<void> => {
    state.progressNs = monotonicNs();
    for (sender.poll(); !holds(); sender.poll()) {
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
    for await (const { bytes, schemaId, partition, index, timeOffsetUs, places } of preloadMessages(task)) {
      if (control.stopped || state.failed > 0) break;
      const headers = [
        { [timeOffsetHeader]: formatTimeOffset(timeOffsetUs) },
        { [sequenceHeader]: `${index + 1}/${source.alerts}` },
        { [sourceHeader]: task.fingerprint },
        // The last one: readers look for it there.
        ...(places === undefined ? [] : [{ [placesHeader]: places }]),
      ];
      const message = { bytes, schemaId, headers };
      let valueBytes = sender.frame(message);
      if (valueBytes === undefined) await waitFor(() => (valueBytes = sender.frame(message)) !== undefined);
      const taken = (): boolean => sender.send(partition);
      if (!taken()) await waitFor(taken);
      state.sent += 1;
      state.bytes += valueBytes ?? 0;
      if (monotonicNs() - reportedNs > reportNs) {
        sender.poll();
        report();
      }
    }
    await waitFor(() => sender.inFlight === 0);
    if (state.failed > 0) throw failure(task, state);
    report();
  } finally {
    await sender.close();
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
