import { join } from 'node:path';
import { createAlertMaker } from '../src/alerts/synthetic/alertMaker.js';
import { writeSyntheticContainer } from '../src/alerts/synthetic/writeContainer.js';
import { containerSource } from '../src/coordinator/containerSource.js';
import { openReservoir } from '../src/coordinator/openReservoir.js';
import { preload } from '../src/coordinator/preload.js';
import { replay } from '../src/coordinator/replay.js';
import { formatMicroseconds } from '../src/outputs/units.js';
import type { Bench } from './support/bench.js';

const timeoutMs = 60_000;

/**
 * Playing alerts of 83 kB evenly over some seconds, as `play-stream` does, and how far behind schedule it falls. The
 * figure is the 99th percentile of the lag turned round: 1,000 divided by the milliseconds, so that more is better.
 *
 * @param alerts - how many
 * @param seconds - over how long
 * @returns the benchmark
 */
export function playBench(alerts: number, seconds: number): Bench {
  return {
    name: `play-${alerts}-in-${seconds}s`,
    unit: '1/s (1,000 / lag p99 in ms)',
    contenders: async ({ connection, folder, freshTopic, admin }, note) => {
      const file = join(folder, `play-${alerts}.avro`);
      const maker = createAlertMaker({
        visits: alerts,
        alertsPerVisit: 1,
        detectors: 1,
        meanBytes: 83_000,
        cadenceSeconds: seconds / alerts,
      });
      await writeSyntheticContainer(file, maker, { codec: 'null', existing: 'replace' });
      await freshTopic('bench-play-reservoir', 1);
      await preload({
        connection,
        topic: 'bench-play-reservoir',
        source: await containerSource(file),
        schemaId: 1,
        timeoutMs,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
      return [
        {
          name: `play-stream, ${alerts} alerts in ${seconds} s`,
          measure: async () => {
            await freshTopic('bench-play', 1);
            const reservoir = await openReservoir(admin, connection, 'bench-play-reservoir', timeoutMs);
            const result = await replay(reservoir, {
              connection,
              streamTopic: 'bench-play',
              repeatIntervalSeconds: -1,
              timeoutMs,
              signal: new AbortController().signal,
              onProgress: () => undefined,
              onPass: () => undefined,
            }).finally(() => reservoir.reader.close());
            const { p50, p99, p999, max } = result.scheduleLag;
            const text = [p50, p99, p999, max].map((value) => formatMicroseconds(value ?? 0)).join(' / ');
            note(`${alerts} alerts in ${seconds} s: lag p50 / p99 / p99.9 / max ${text}`);
            return 1e6 / Math.max(1, p99 ?? 0);
          },
        },
      ];
    },
  };
}
