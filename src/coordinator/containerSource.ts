import { ownCommand } from '../ownCommand.js';
import { createAlertScanner } from '../alerts/alertScanner.js';
import { openContainer } from '../alerts/container.js';
import { microsecondsOfMjd } from '../alerts/timeOffset.js';
import { TimeOrder } from '../alerts/timeOrder.js';
import { AlertSimError } from '../errors.js';
import type { AlertSource, SourceAlert } from './preload.js';

/**
 * The alerts of a container file, in the order of the file, each sliced out of its block as the writer encoded it.
 *
 * @param path - the container
 * @returns the source; its total was counted by the heads of all blocks, so a cut-off file is refused here already
 * @throws `BAD_INPUT_FILE` when the file is missing, damaged, empty of alerts, or its records have no time
 */
export async function containerSource(path: string): Promise<AlertSource> {
  const container = await openContainer(path);
  try {
    const scanner = createAlertScanner(container.schema, path);
    const { records } = await container.countRecords();
    if (records === 0) {
      throw new AlertSimError(
        'BAD_INPUT_FILE',
        `${path} holds no alerts: make some with \`${ownCommand('generate', path, '--force')}\``,
      );
    }
    // First alerts that are at fault are found before a topic is overwritten for them.
    for await (const block of container.blocks()) if (scanner.alertsOf(block).length > 0) break;
    const order = new TimeOrder();
    return { total: records, name: path, order, batches: () => alertBatches(path, order) };
  } finally {
    await container.close();
  }
}

async function* alertBatches(
  path: string,
  order: TimeOrder,
): AsyncGenerator<readonly SourceAlert[], void, undefined> {
  const container = await openContainer(path);
  try {
    const scanner = createAlertScanner(container.schema, path);
    for await (const block of container.blocks(undefined, { reuse: true })) {
      yield scanner.alertsOf(block).map(({ avro, mjd }) => {
        const timeUs = microsecondsOfMjd(mjd);
        order.add(timeUs);
        return { avro, timeOffsetUs: timeUs - order.firstUs };
      });
    }
  } finally {
    await container.close();
  }
}
