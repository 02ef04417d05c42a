import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokerRead, type BrokerRead } from '../../../src/broker/metrics/brokerRead.js';
import { metricsBetween } from '../../../src/broker/metrics/metricsBetween.js';

const produce = 'kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce';
const fetch = 'kafka.network:type=RequestMetrics,name=TotalTimeMs,request=FetchConsumer';
const idle = 'kafka.server:type=KafkaRequestHandlerPool,name';
const controller = 'kafka.controller:type=KafkaController,name=LastCommittedRecordOffset:Value';

function read(atMs: number, values: Readonly<Record<string, number>>, rssBytes?: number): BrokerRead {
  return brokerRead(atMs, new Map(Object.entries(values)), rssBytes);
}

/** Metrics of a quiet broker with a controller. */
const told = {
  'java.lang:type=OperatingSystem:ProcessCpuTime': 6_000_000_000,
  'java.lang:name=G1 Young Generation,type=GarbageCollector:CollectionTime': 68,
  'java.lang:name=G1 Old Generation,type=GarbageCollector:CollectionTime': 5,
  'java.lang:type=Memory:HeapMemoryUsage': 211_789_840,
  'kafka.server:type=app-info,id=3:StartTimeMs': 1_795_558_186_736,
  'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec:Count': 1000,
  'kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec:Count': 82e6,
  'kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec:Count': 50e6,
  [`${produce}:Count`]: 100,
  [`${produce}:Mean`]: 4,
  [`${produce}:99thPercentile`]: 20,
  [`${fetch}:Count`]: 0,
  [`${fetch}:Mean`]: 0,
  [`${fetch}:99thPercentile`]: 0,
  [`${idle}=RequestHandlerAvgIdlePercent:Count`]: 120e9,
  'kafka.network:type=RequestChannel,name=RequestQueueSize:Value': 2,
  'kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent:Value': 0.97,
  'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions:Value': 0,
  [controller]: 433,
};

describe('the metrics between two reads', () => {
  it('are differences by the time that truly passed, and the later read where it is no total', () => {
    const later = {
      ...told,
      'java.lang:type=OperatingSystem:ProcessCpuTime': 6_750_000_000,
      'java.lang:name=G1 Young Generation,type=GarbageCollector:CollectionTime': 98,
      'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec:Count': 1300,
      'kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec:Count': 97e6,
      [`${produce}:Count`]: 150,
      // 100 requests of 4 ms before, and 50 of 10 ms since.
      [`${produce}:Mean`]: 6,
      [`${idle}=RequestHandlerAvgIdlePercent:Count`]: 122.55e9,
    };
    const metrics = metricsBetween(read(10_000, told), read(11_500, later, 500e6));
    const expected: Record<string, number> = {
      spanSeconds: 1.5,
      cpuCores: 0.5,
      gcShare: 0.02,
      rssBytes: 500e6,
      heapUsedBytes: 211_789_840,
      messagesInPerSecond: 200,
      bytesInPerSecond: 10e6,
      bytesOutPerSecond: 0,
      produceRequestsPerSecond: 50 / 1.5,
      produceTotalMeanMs: 10,
      produceTotalP99Ms: 20,
      fetchRequestsPerSecond: 0,
      requestQueueSize: 2,
      networkIdle: 0.97,
      // Both pools were idle for 1.7 of 2; the controller's for all of its 1.
      handlerIdle: 0.7,
      underReplicatedPartitions: 0,
    };
    // Fetches: none came, so that there is neither a mean nor a percentile.
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) {
      expect(metrics[name as keyof typeof metrics], name).toBeCloseTo(value, 9);
    }
  });

  it('know the broker by its id', () => {
    expect(read(1, told).brokerId).toBe('3');
    expect(read(1, {}).brokerId).toBeUndefined();
  });

  it('leave out what fell, since another broker answers now', () => {
    const metrics = metricsBetween(
      read(0, told),
      read(1000, { ...told, 'java.lang:type=OperatingSystem:ProcessCpuTime': 1 }),
    );
    expect(metrics.cpuCores).toBeUndefined();
    expect(metrics.messagesInPerSecond).toBe(0);
  });

  it('are only the state of the instant without time between', () => {
    expect(metricsBetween(read(5, told), read(5, told))).toEqual(read(5, told).gauges);
  });

  const pools = `${idle}=RequestHandlerAvgIdlePercent:Count`;
  const ownPool = `${idle}=BrokerRequestHandlerAvgIdlePercent:Count`;
  it.each<[string, Readonly<Record<string, number>>, number | undefined]>([
    ['a broker of its own: as it is', { [pools]: 0.8e9 }, 0.8],
    ['with a controller: without the controller’s 1', { [pools]: 1.8e9, [controller]: 1 }, 0.8],
    ['with a controller, busy all the time', { [pools]: 0.98e9, [controller]: 1 }, 0],
    ['one that tells of its own pool', { [pools]: 0.9e9, [ownPool]: 0.6e9, [controller]: 1 }, 0.6],
    ['a wait that began before the first read', { [pools]: 1.02e9 }, 1],
    ['one that tells nothing', {}, undefined],
  ])('give the idle share of the handlers of %s', (_, later, share) => {
    const before = Object.fromEntries(Object.keys(later).map((column) => [column, 0]));
    const { handlerIdle } = metricsBetween(read(0, before), read(1000, later));
    if (share === undefined) expect(handlerIdle).toBeUndefined();
    else expect(handlerIdle).toBeCloseTo(share, 9);
  });

  it('add up: what two spans tell together is what the whole tells', () => {
    const total = fc.integer({ min: 0, max: 1e9 });
    const steps = fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 9999 }));
    fc.assert(
      fc.property(total, total, steps, (first, second, [stepMs, nextMs]) => {
        const messages = 'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec:Count';
        const a = read(0, { [messages]: 0 });
        const b = read(stepMs, { [messages]: first });
        const c = read(stepMs + nextMs, { [messages]: first + second });
        const count = (from: BrokerRead, to: BrokerRead): number => {
          const { messagesInPerSecond = NaN, spanSeconds = NaN } = metricsBetween(from, to);
          return messagesInPerSecond * spanSeconds;
        };
        expect(count(a, b) + count(b, c)).toBeCloseTo(count(a, c), 3);
      }),
    );
  });
});
