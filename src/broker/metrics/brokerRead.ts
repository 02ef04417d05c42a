import type { BrokerMetricName } from '../../results/values.js';

/** Totals since the broker's start: what happened between two reads is their difference. */
export type BrokerTotal =
  | 'cpuNs'
  | 'gcMs'
  | 'messagesIn'
  | 'bytesIn'
  | 'bytesOut'
  | 'produceRequests'
  | 'produceMs'
  | 'fetchRequests'
  | 'fetchMs'
  /** Shares of idle time of all handler pools of the process, added up, times nanoseconds. */
  | 'poolsIdleNs'
  /** The same of the broker's own pool, where it is reported: newer Kafkas do, 4.1 does not. */
  | 'ownPoolIdleNs';

/** A broker's metrics at one instant. */
export interface BrokerRead {
  /** Since 1970. */
  readonly atMs: number;
  /** Undefined where it was not reported. */
  readonly brokerId: string | undefined;
  /** Whether the KRaft controller runs in the same process. */
  readonly withController: boolean;
  /** Since the broker's start. */
  readonly totals: Readonly<Partial<Record<BrokerTotal, number>>>;
  /** Of that instant. */
  readonly gauges: Readonly<Partial<Record<BrokerMetricName, number>>>;
}

const produceTimes = 'kafka.network:type=RequestMetrics,name=TotalTimeMs,request=Produce';
const fetchTimes = 'kafka.network:type=RequestMetrics,name=TotalTimeMs,request=FetchConsumer';
const flushTimes = 'kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs';
const topics = 'kafka.server:type=BrokerTopicMetrics';
const handlers = 'kafka.server:type=KafkaRequestHandlerPool';
const operatingSystem = 'java.lang:type=OperatingSystem';
const collectors = 'java.lang:type=GarbageCollector';
const memory = 'java.lang:type=Memory';
const appInfo = 'kafka.server:type=app-info';
const controller = 'kafka.controller:type=KafkaController,name=LastCommittedRecordOffset';
const requests = 'kafka.network:type=RequestChannel';
const network = 'kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent';
const underReplicated = 'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions';

/**
 * The MBeans that are asked. Each one costs broker and asker some 0.5 ms of CPU per read, because Kafka's
 * tool fetches all of its attributes: only what is in a metric is asked.
 */
export const askedObjects: readonly string[] = [
  operatingSystem,
  memory,
  `${collectors},name=*`,
  `${appInfo},id=*`,
  `${topics},name=MessagesInPerSec`,
  `${topics},name=BytesInPerSec`,
  `${topics},name=BytesOutPerSec`,
  produceTimes,
  fetchTimes,
  flushTimes,
  `${requests},name=RequestQueueSize`,
  `${requests},name=ResponseQueueSize`,
  network,
  `${handlers},name=RequestHandlerAvgIdlePercent`,
  `${handlers},name=BrokerRequestHandlerAvgIdlePercent`,
  controller,
  underReplicated,
];

/** The attributes that are printed, of any of these MBeans. */
export const askedAttributes = [
  ...['ProcessCpuTime', 'HeapMemoryUsage', 'CollectionTime', 'StartTimeMs'],
  ...['Count', 'Mean', '99thPercentile', 'Value'],
] as const;

const counters: readonly (readonly [BrokerTotal, string])[] = [
  ['cpuNs', `${operatingSystem}:ProcessCpuTime`],
  ['messagesIn', `${topics},name=MessagesInPerSec:Count`],
  ['bytesIn', `${topics},name=BytesInPerSec:Count`],
  ['bytesOut', `${topics},name=BytesOutPerSec:Count`],
  ['produceRequests', `${produceTimes}:Count`],
  ['fetchRequests', `${fetchTimes}:Count`],
  ['poolsIdleNs', `${handlers},name=RequestHandlerAvgIdlePercent:Count`],
  ['ownPoolIdleNs', `${handlers},name=BrokerRequestHandlerAvgIdlePercent:Count`],
];

const gauges: readonly (readonly [BrokerMetricName, string])[] = [
  ['heapUsedBytes', `${memory}:HeapMemoryUsage`],
  ['requestQueueSize', `${requests},name=RequestQueueSize:Value`],
  ['responseQueueSize', `${requests},name=ResponseQueueSize:Value`],
  ['networkIdle', `${network}:Value`],
  ['underReplicatedPartitions', `${underReplicated}:Value`],
];

const percentiles: readonly (readonly [BrokerMetricName, string])[] = [
  ['produceTotalP99Ms', produceTimes],
  ['fetchTotalP99Ms', fetchTimes],
  ['logFlushP99Ms', flushTimes],
];

/**
 * Makes a read of what was printed; what the broker did not report is left out.
 *
 * @param atMs - since 1970
 * @param values - `domain:type=...,name=...:Attribute` and its value; values that are not numbers are left
 * out
 */
export function brokerRead(
  atMs: number,
  values: ReadonlyMap<string, number>,
  rssBytes: number | undefined,
): BrokerRead {
  const totals: Partial<Record<BrokerTotal, number>> = picked(counters, values);
  // Kafka's mean is that of all requests since the start, so times the count it is their total time.
  const produceMs = totalTime(produceTimes, values);
  const fetchMs = totalTime(fetchTimes, values);
  let gcMs: number | undefined;
  for (const [column, value] of values) {
    if (/^java\.lang:.*\btype=GarbageCollector\b.*:CollectionTime$/.test(column)) gcMs = (gcMs ?? 0) + value;
  }
  const told: Partial<Record<BrokerMetricName, number>> = picked(gauges, values);
  for (const [metric, times] of percentiles) {
    const p99 = values.get(`${times}:99thPercentile`);
    // A histogram without a value reports 0, which would look fast.
    if (p99 !== undefined && (values.get(`${times}:Count`) ?? 0) > 0) told[metric] = p99;
  }
  if (rssBytes !== undefined) told.rssBytes = rssBytes;
  return {
    atMs,
    brokerId: idOf(values.keys()),
    withController: values.has(`${controller}:Value`),
    totals: {
      ...totals,
      ...(produceMs === undefined ? {} : { produceMs }),
      ...(fetchMs === undefined ? {} : { fetchMs }),
      ...(gcMs === undefined ? {} : { gcMs }),
    },
    gauges: told,
  };
}

function picked<Name extends string>(
  wanted: readonly (readonly [Name, string])[],
  values: ReadonlyMap<string, number>,
): Partial<Record<Name, number>> {
  const found: Partial<Record<Name, number>> = {};
  for (const [name, column] of wanted) {
    const value = values.get(column);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function totalTime(times: string, values: ReadonlyMap<string, number>): number | undefined {
  const count = values.get(`${times}:Count`);
  const mean = values.get(`${times}:Mean`);
  return count === undefined || mean === undefined ? undefined : count * mean;
}

function idOf(columns: Iterable<string>): string | undefined {
  for (const column of columns) {
    const id = /^kafka\.server:type=app-info,id=([^,:]+):/.exec(column)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}
