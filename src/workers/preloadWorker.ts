import { placesHeader } from '../alerts/alertPlaces.js';
import { valueBytesOf } from '../alerts/sources/framing.js';
import { formatTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { TimeOrder } from '../alerts/timeOrder.js';
import { AlertSimError } from '../errors.js';
import { monotonicNs } from './clock.js';
import type { RunControl } from './control.js';
import { preloadMessages, type ReservoirMessage } from './preloadSource.js';
import type { FromWorker, PreloadTask } from './protocol.js';
import { foreignHeaders, partitionsHeader, sequenceHeader, sourceHeader } from './reservoirFormat.js';
import { ReservoirSender } from './reservoirSender.js';

const reportNs = 2e8;

/**
 * Fills this worker's partitions of a reservoir, and returns when every message is acknowledged.
 *
 * @throws `DELIVERY_FAILED` with counts; `BAD_INPUT_FILE` when the container is damaged
 */
export async function runPreload(task: PreloadTask, control: RunControl): Promise<void> {
  const { port, topic, source, timeoutMs } = task;
  const stopped = (): boolean => control.stopped;
  const sender = await ReservoirSender.open({ connection: task.connection, topic, timeoutMs, stopped });
  const order = new TimeOrder();
  const startNs = monotonicNs();
  let reportedNs = 0;
  const report = (): void => {
    reportedNs = monotonicNs();
    port.postMessage({
      type: 'preloaded',
      alerts: sender.acked,
      bytes: sender.bytes,
      seconds: (reportedNs - startNs) / 1e9,
      disorder: order.disorder,
    } satisfies FromWorker);
  };
  try {
    for await (const message of preloadMessages(task)) {
      const { bytes, schemaId, partition, index, timeOffsetUs, places, recorded } = message;
      if (control.stopped || sender.failed > 0) break;
      // Recorded messages of several partitions lie among each other as they were read.
      if (recorded === undefined) order.add(timeOffsetUs);
      checkSize(message, sender.mostBytes);
      const headers = [
        ...foreignHeaders(recorded?.headers ?? []),
        { [timeOffsetHeader]: formatTimeOffset(timeOffsetUs) },
        { [sequenceHeader]: `${index + 1}/${source.alerts}` },
        ...(task.fingerprint === undefined ? [] : [{ [sourceHeader]: task.fingerprint }]),
        ...(recorded === undefined ? [] : [{ [partitionsHeader]: String(task.partitions) }]),
        // The last one: readers look for it there.
        ...(places === undefined ? [] : [{ [placesHeader]: places }]),
      ];
      const { key, timestampMs } = recorded ?? {};
      const isNull = recorded?.value === null;
      if (!(await sender.put({ bytes, schemaId, headers, key, isNull, timestampMs }, partition))) break;
      if (monotonicNs() - reportedNs > reportNs) {
        sender.poll();
        report();
      }
    }
    await sender.drain();
    report();
    // Of several workers, none knows how many alerts were to be its own.
    const failure = sender.failure(task.share.of === 1 ? source.alerts : sender.sent);
    if (failure !== undefined) throw failure;
  } finally {
    await sender.close();
  }
}

/** The file is wrong where its alert is too large: the sender itself could name the topic alone. */
function checkSize(message: ReservoirMessage, mostBytes: number): void {
  const bytes = valueBytesOf(message);
  const { place, number } = message;
  if (place === undefined || bytes <= mostBytes) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `alert ${number} of ${place} has ${bytes} bytes, more than the ${mostBytes} that this client sends: ` +
      "raise it with -X message.max.bytes=…, and the broker's message.max.bytes too",
  );
}
