import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createAlertMaker } from '../src/alerts/synthetic/alertMaker.js';
import { writeSyntheticContainer } from '../src/alerts/synthetic/writeContainer.js';
import type { BenchBroker } from './support/broker.js';
import { runOriginal, writeForOriginal, type Original } from './support/original.js';
import type { Contender } from './support/rounds.js';

export const meanBytes = 115_000;

const topic = 'bench-preload-original';

/** What is preloaded, and by whom else. */
export interface OriginalPreload {
  /** The container. */
  readonly file: string;
  /** Alerts of as many bytes without history; undefined where the original is not measured. */
  readonly plain: string | undefined;
  /** The original with each container. */
  readonly contenders: readonly Contender[];
}

/**
 * The container that `preload` reads; where the original simulator is measured, one that it can read, too,
 * and its contenders.
 */
export async function withOriginal(
  broker: BenchBroker,
  note: (remark: string) => void,
  original: Original | undefined,
  alerts: number,
): Promise<OriginalPreload> {
  const { folder } = broker;
  const today = await writeAlerts(folder, alerts);
  if (original === undefined) {
    await onDisk(today);
    return { file: today, plain: undefined, contenders: [] };
  }
  const same = join(folder, 'preload-original.avro');
  const plain = join(folder, 'preload-original-plain.avro');
  const single = join(folder, 'preload-original-1.avro');
  await writeForOriginal(original, today, same);
  await writeForOriginal(original, today, plain, meanBytes);
  await writeForOriginal(original, await writeAlerts(folder, 1), single);
  for (const file of [today, same, plain, single]) await onDisk(file);
  note(
    "the original's time is that of its whole command, less that of the same command with one alert (starting Python, " +
      'connecting, closing); ours reads the same containers',
  );
  note(
    'the original decodes and encodes each alert: its rate is set by how many values an alert has, which is why it is ' +
      'measured with alerts without history, too, of as many bytes',
  );
  const contender = (name: string, file: string): Contender => ({
    name: `the original simulator (Python)${name}`,
    measure: async () => {
      const wholeSeconds = await timed(broker, original, file, alerts);
      const singleSeconds = await timed(broker, original, single, 1);
      return {
        figure: (alerts - 1) / (wholeSeconds - singleSeconds),
        details: { 'whole command, s': wholeSeconds, 'with one alert, s': singleSeconds },
      };
    },
  });
  return {
    file: same,
    plain,
    contenders: [contender('', same), contender(', alerts without history', plain)],
  };
}

async function writeAlerts(folder: string, alerts: number): Promise<string> {
  const file = join(folder, `preload-${alerts}.avro`);
  const maker = createAlertMaker({ visits: 1, alertsPerVisit: alerts, meanBytes });
  await writeSyntheticContainer(file, maker, { codec: 'null', existing: 'replace' });
  return file;
}

/** Otherwise the system would still write the file while the first contender is measured. */
async function onDisk(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.datasync().finally(() => handle.close());
}

/** Seconds of its whole command. It ignores what became of a message, so we count what has arrived. */
async function timed(
  { bootstrap, freshTopic, admin }: BenchBroker,
  original: Original,
  container: string,
  expected: number,
): Promise<number> {
  await freshTopic(topic, 1);
  const words = ['create-stream', '--broker', bootstrap, '--dst-topic', topic, container];
  const { seconds } = await runOriginal(original, words);
  const [{ low, high } = { low: 0, high: 0 }] = await admin.watermarks(topic);
  await admin.remove(topic);
  if (high - low !== expected) throw new Error(`the original left ${high - low} of ${expected} alerts`);
  return seconds;
}
