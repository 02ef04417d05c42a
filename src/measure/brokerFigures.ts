/**
 * Metrics of a broker for each second, where it can be asked; the unit is in the name. Rates, means and
 * shares are of the time between two reads, unless stated otherwise.
 */
export const brokerFigureNames = [
  /** The time between the two reads: as long as the interval on average; the weight of means over a phase. */
  'spanSeconds',
  /** CPU seconds of the broker's process per second: 1 is one core. */
  'cpuCores',
  'rssBytes',
  'heapUsedBytes',
  /** 0 to 1. */
  'gcShare',
  'messagesInPerSecond',
  /** Record batches as they are sent: compressed, with keys and headers. */
  'bytesInPerSecond',
  /** The same, to consumers. */
  'bytesOutPerSecond',
  'produceRequestsPerSecond',
  /** Of consumers. */
  'fetchRequestsPerSecond',
  /** From a produce request's arrival to its answer. */
  'produceTotalMeanMs',
  /** All percentiles are of Kafka's own sample since its start, in which the last five minutes weigh most. */
  'produceTotalP99Ms',
  /** From a consumer's fetch request's arrival to its answer; it waits for data on purpose. */
  'fetchTotalMeanMs',
  'fetchTotalP99Ms',
  'requestQueueSize',
  'responseQueueSize',
  /** 0 to 1, over the last 30 to 60 s. */
  'networkIdle',
  /** 0 to 1. */
  'handlerIdle',
  'logFlushP99Ms',
  'underReplicatedPartitions',
] as const;

export type BrokerFigureName = (typeof brokerFigureNames)[number];

/** By broker id; not all metrics are always there. */
export type BrokerFigures = Readonly<Record<string, Readonly<Partial<Record<BrokerFigureName, number>>>>>;
