import { join } from 'node:path';
import { createAlertMaker } from '../src/alerts/synthetic/alertMaker.js';
import { writeSyntheticContainer } from '../src/alerts/synthetic/writeContainer.js';
import { containerSource } from '../src/coordinator/containerSource.js';
import { preload, type PreloadResult } from '../src/coordinator/preload.js';
import { formatBytes } from '../src/outputs/units.js';
import type { Bench } from './support/bench.js';
import { measureC, measureJava, rdkafkaPerformance } from './support/peers.js';
import type { Contender } from './support/rounds.js';

const alerts = 3000;
const meanBytes = 83_000;

/** Preloading 3,000 alerts of 83 kB with `create-stream`'s own path, beside peers that send as many random bytes. */
export const preloadBench: Bench = {
  name: 'preload',
  unit: 'alerts/s',
  contenders: async ({ connection, bootstrap, folder, freshTopic, admin }, note) => {
    const file = join(folder, 'preload.avro');
    const maker = createAlertMaker({ visits: 1, alertsPerVisit: alerts, meanBytes });
    await writeSyntheticContainer(file, maker, { codec: 'null', existing: 'replace' });
    const source = await containerSource(file);
    const topic = 'bench-preload';
    const ours: Contender = {
      name: 'create-stream (1 thread)',
      measure: async () => {
        await freshTopic(topic, 1);
        const result = await preload({
          connection,
          topic,
          source,
          schemaId: 1,
          timeoutMs: 60_000,
          signal: new AbortController().signal,
          onProgress: () => undefined,
        });
        note(sharesOf(result));
        await admin.remove(topic);
        return result.alerts / result.seconds;
      },
    };
    const load = { bootstrap, topic, bytes: meanBytes, messages: alerts, acks: 'all' as const };
    const peer = (name: string, measure: () => Promise<number>): Contender => ({
      name,
      measure: async () => {
        await freshTopic(topic, 1);
        const rate = await measure();
        await admin.remove(topic);
        return rate;
      },
    });
    const c = await rdkafkaPerformance();
    if (c === undefined)
      note('rdkafka_performance (C) is left out: the Kafka client was not compiled in this clone');
    return [
      ours,
      ...(c === undefined ? [] : [peer('rdkafka_performance (C), no reading', () => measureC(c, load))]),
      peer('ProducerPerformance (Java), no reading', () => measureJava(load)),
    ];
  },
};

function sharesOf({ bytes, seconds, spent }: PreloadResult): string {
  const share = (part: number): string => `${((100 * part) / seconds).toFixed(0)} %`;
  return (
    `create-stream: ${formatBytes(bytes / seconds)}/s; reading ${share(spent.reading)}, framing ${share(spent.framing)}, ` +
    `producing ${share(spent.producing)}, waiting ${share(spent.waiting)}`
  );
}
