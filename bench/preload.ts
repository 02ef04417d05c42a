import { containerSource } from '../src/coordinator/alertFacts.js';
import { preload } from '../src/coordinator/preloadRun.js';
import { measureFlatOut } from './flatOut.js';
import { meanBytes, withOriginal } from './preloadOriginal.js';
import { durationAt, messagesAt, type Bench } from './support/bench.js';
import { measureJava } from './support/javaPeer.js';
import { noProgress } from './support/scenario.js';
import { measureC, rdkafkaPerformance } from './support/peers.js';
import type { Contender } from './support/rounds.js';

const alerts = 3000;

/**
 * Preloading 3,000 alerts of 115 kB with `create-stream`'s own path, beside peers that send as many random
 * bytes.
 */
export const preloadBench: Bench = {
  name: 'preload',
  unit: 'alerts/s',
  bound:
    'one thread reads, frames and sends to one partition; acks=all, so it bears the same waiting as run with acks=all',
  contenders: async (broker, note, size, { original }) => {
    const { connection, bootstrap, freshTopic, admin } = broker;
    const count = messagesAt(alerts, size);
    const { file, plain, contenders: originals } = await withOriginal(broker, note, original, count);
    const topic = 'bench-preload';
    const ours = (name: string, container: string): Contender => ({
      name,
      measure: async () => {
        const source = await containerSource(container);
        if (source === undefined) throw new Error(`${container} is not a container of Rubin's alerts`);
        await freshTopic(topic, 1);
        const { alerts, bytes, seconds } = await preload({
          connection,
          topic,
          source,
          schemaId: 1,
          timeoutMs: 60_000,
          signal: new AbortController().signal,
          progress: noProgress,
        });
        await admin.remove(topic);
        return { figure: alerts / seconds, details: { 'MB/s': bytes / seconds / 1e6 } };
      },
    });
    const load = { bootstrap, topic, bytes: meanBytes, messages: count, acks: 'all' as const };
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
    if (c === undefined) note('rdkafka_performance (C) is left out: it could not be compiled');
    const flatOut: Contender = {
      name: 'rubin-alert-sim run flat out, alerts of that size (1 worker)',
      measure: () =>
        measureFlatOut(
          broker,
          topic,
          {
            acks: 'all',
            compression: 'none',
            alerts: `synthetic: {visits: 1, alertsPerVisit: 700, meanBytes: ${meanBytes}}`,
            workers: 1,
          },
          durationAt(3, size),
        ),
    };
    return [
      ours('create-stream (1 thread)', file),
      ...originals,
      ...(plain === undefined ? [] : [ours('create-stream (1 thread), alerts without history', plain)]),
      flatOut,
      ...(c === undefined ? [] : [peer('rdkafka_performance (C), no reading', () => measureC(c, load))]),
      peer('ProducerPerformance (Java), tuned, no reading', () => measureJava(load, 'tuned')),
    ];
  },
};
