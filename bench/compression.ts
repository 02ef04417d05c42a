import { freshly, measureFlatOut, warmupSeconds } from './flatOut.js';
import { durationAt, messagesAt, secondsAt, type Bench } from './support/bench.js';
import { measureJava } from './support/javaPeer.js';
import { compressedAlerts, payloadDigest, writeAlertPayloads } from './support/payloads.js';
import {
  measureC,
  measureProgram,
  measureRows,
  producerProperties,
  rdkafkaPerformance,
} from './support/peers.js';
import type { Contender } from './support/rounds.js';

/**
 * Synthetic alerts of 115 kB flat out with a codec. Only ours and our own peers send the alerts; C sends one
 * short text again and again, Java random capital letters, so their compression costs and yields something
 * else.
 */
export function compressionBench(codec: 'none' | 'lz4' | 'zstd'): Bench {
  return {
    name: `alerts-${codec}`,
    unit: 'alerts/s',
    bound:
      codec === 'none' ? 'bound by copies, loopback and disk' : `bound by ${codec} on one core a producer`,
    contenders: async (broker, note, size) => {
      const { bootstrap, folder } = broker;
      const topic = 'bench-compression';
      const messages = messagesAt(5000, size);
      const { visits, alertsPerVisit, meanBytes } = compressedAlerts;
      const alerts = `synthetic: {visits: ${visits}, alertsPerVisit: ${alertsPerVisit}, meanBytes: ${meanBytes}}`;
      const payloads = writeAlertPayloads(folder);
      note(
        `ours and node-rdkafka send the same ${alertsPerVisit} alerts (${payloadDigest(payloads)}); C sends a repeated text and ` +
          'Java random capital letters of that size: compare with them only without compression',
      );
      const own = {
        bootstrap,
        topic,
        partitions: 4,
        payloads,
        properties: { ...producerProperties, acks: '1', 'compression.type': codec },
      };
      const load = { bootstrap, topic, bytes: meanBytes, messages, acks: '1', compression: codec } as const;
      const peer = freshly(broker, topic);
      const c = await rdkafkaPerformance();
      if (c === undefined) note('rdkafka_performance (C) is left out: it could not be compiled');
      return [
        ...size.workers.map((workers): Contender => ({
          name: `rubin-alert-sim run (${workers} worker${workers === 1 ? '' : 's'})`,
          measure: () =>
            measureFlatOut(
              broker,
              topic,
              { acks: '1', compression: codec, alerts, workers },
              durationAt(5, size),
            ),
        })),
        peer('our rows without recording (1 thread)', () =>
          measureRows({ ...own, warmupSeconds, seconds: secondsAt(5, size) }),
        ),
        peer('node-rdkafka as it is, delivery reports', () =>
          measureProgram('rdkafkaProducer', { ...own, messages }),
        ),
        ...(c === undefined ? [] : [peer('rdkafka_performance (C), other bytes', () => measureC(c, load))]),
        peer('ProducerPerformance (Java), tuned, other bytes', () => measureJava(load, 'tuned')),
      ];
    },
  };
}
