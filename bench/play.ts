import { join } from 'node:path';
import { createAlertMaker } from '../src/alerts/synthetic/alertMaker.js';
import { writeSyntheticContainer } from '../src/alerts/synthetic/writeContainer.js';
import { containerSource } from '../src/coordinator/containerSource.js';
import { openReservoir } from '../src/coordinator/openReservoir.js';
import { preload } from '../src/coordinator/preload.js';
import { replay } from '../src/coordinator/replay.js';
import type { Bench } from './support/bench.js';

const timeoutMs = 60_000;

/**
 * Playing alerts of 83 kB evenly over some seconds, as `play-stream` does, and how far behind schedule it falls.
 *
 * @param alerts - how many
 * @param seconds - over how long
 * @returns the benchmark
 */
export function playBench(alerts: number, seconds: number): Bench {
  return {
    name: `play-${alerts}-in-${seconds}s`,
    unit: 'lag p99, µs',
    better: 'less',
    contenders: async ({ connection, folder, freshTopic, admin }) => {
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
            return {
              figure: p99 ?? NaN,
              details: { 'p50, µs': p50 ?? NaN, 'p99.9, µs': p999 ?? NaN, 'max, µs': max ?? NaN },
            };
          },
        },
      ];
    },
  };
}
