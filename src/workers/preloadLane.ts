import { placesHeader } from '../alerts/alertPlaces.js';
import { formatTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
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
  const stopped = (): boolean => control.stopped;
  const sender = await ReservoirSender.open({ connection: task.connection, topic, timeoutMs, stopped });
  let reportedNs = 0;
  const report = (): void => {
    reportedNs = monotonicNs();
    port.postMessage({ type: 'preloaded', alerts: sender.acked, bytes: sender.bytes } satisfies FromWorker);
  };
  try {
    for await (const { bytes, schemaId, partition, index, timeOffsetUs, places } of preloadMessages(task)) {
      if (control.stopped || sender.failed > 0) break;
      const headers = [
        { [timeOffsetHeader]: formatTimeOffset(timeOffsetUs) },
        { [sequenceHeader]: `${index + 1}/${source.alerts}` },
        { [sourceHeader]: task.fingerprint },
        // The last one: readers look for it there.
        ...(places === undefined ? [] : [{ [placesHeader]: places }]),
      ];
      if (!(await sender.put({ bytes, schemaId, headers }, partition))) break;
      if (monotonicNs() - reportedNs > reportNs) {
        sender.poll();
        report();
      }
    }
    await sender.drain();
    const failure = sender.failure(sender.sent);
    if (failure !== undefined) throw failure;
    report();
  } finally {
    await sender.close();
  }
}
