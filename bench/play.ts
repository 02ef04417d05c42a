import { join } from 'node:path';
import { createAlertMaker } from '../src/alerts/synthetic/alertMaker.js';
import { writeSyntheticContainer } from '../src/alerts/synthetic/writeContainer.js';
import { containerSource } from '../src/coordinator/alertFacts.js';
import type { PreloadSource } from '../src/workers/protocol.js';
import { openReservoir } from '../src/coordinator/openReservoir.js';
import { preload } from '../src/coordinator/preloadRun.js';
import { replay } from '../src/coordinator/replay.js';
import type { Bench } from './support/bench.js';
import type { BenchBroker } from './support/broker.js';
import { noProgress } from './support/scenario.js';
import { runOriginal, type Original } from './support/original.js';
import type { Contender } from './support/rounds.js';
import { measureStreamLag } from './support/streamLag.js';

const timeoutMs = 60_000;

/**
 * Playing alerts of 115 kB evenly over some seconds, as `play-stream` does, and how far behind schedule it
 * falls.
 */
export function playBench(alerts: number, seconds: number): Bench {
  return {
    name: `play-${alerts}-in-${seconds}s`,
    unit: 'lag p99, µs',
    better: 'less',
    contenders: async (broker, note, _size, { original }) => {
      const { connection, folder, freshTopic, admin } = broker;
      const file = join(folder, `play-${alerts}.avro`);
      const maker = createAlertMaker({
        visits: alerts,
        alertsPerVisit: 1,
        detectors: 1,
        meanBytes: 115_000,
        cadenceSeconds: seconds / alerts,
      });
      await writeSyntheticContainer(file, maker, { codec: 'null', existing: 'replace' });
      await freshTopic('bench-play-reservoir', 1);
      await preload({
        connection,
        topic: 'bench-play-reservoir',
        source: await sourceOf(file),
        schemaId: 1,
        timeoutMs,
        signal: new AbortController().signal,
        progress: noProgress,
      });
      return [
        {
          name: `play-stream, ${alerts} alerts in ${seconds} s`,
          measure: async () => {
            await freshTopic('bench-play', 1);
            const reservoir = await openReservoir(
              admin,
              { topic: 'bench-play-reservoir', connection, range: {} },
              timeoutMs,
            );
            const result = await replay(reservoir, {
              connection,
              streamTopic: 'bench-play',
              partitions: 1,
              producerTimestamp: false,
              repeatIntervalSeconds: -1,
              speed: 1,
              keepsPartitions: false,
              timeoutMs,
              signal: new AbortController().signal,
              onProgress: () => undefined,
              onPass: () => undefined,
              onDisorder: () => undefined,
            });
            const { p50, p99, p999, max } = result.scheduleLag;
            return {
              figure: p99 ?? NaN,
              details: { 'p50, µs': p50 ?? NaN, 'p99.9, µs': p999 ?? NaN, 'max, µs': max ?? NaN },
            };
          },
        },
        ...(original === undefined ? [] : [playedByOriginal(broker, original, note)]),
      ];
    },
  };
}

/** The original reports no lag: it is derived from its stream. */
function playedByOriginal(
  broker: BenchBroker,
  original: Original,
  note: (remark: string) => void,
): Contender {
  note(
    "the original's lag is read off the timestamps of its stream, to the millisecond, from the alert that was the least late",
  );
  return {
    name: 'the original simulator (Python), play-stream',
    measure: async () => {
      await broker.freshTopic('bench-play', 1);
      const topics = ['--src-topic', 'bench-play-reservoir', '--dst-topic', 'bench-play'];
      await runOriginal(original, ['play-stream', '--broker', broker.bootstrap, ...topics]);
      const { p50, p99, p999, max } = await measureStreamLag(broker, 'bench-play-reservoir', 'bench-play');
      return {
        figure: p99 ?? NaN,
        details: { 'p50, µs': p50 ?? NaN, 'p99.9, µs': p999 ?? NaN, 'max, µs': max ?? NaN },
      };
    },
  };
}

async function sourceOf(file: string): Promise<PreloadSource> {
  const source = await containerSource(file);
  if (source === undefined) throw new Error(`${file} is not a container of Rubin's alerts`);
  return source;
}
