/**
 * What a broker tells of itself each second, where it can be asked; the unit is in the name. Rates, means and shares
 * are of the time between two reads, unless something else is said.
 */
export const brokerFigureNames = [
  /** The time between the two reads: as long as the interval on average, and what means over a phase weigh by. */
  'spanSeconds',
  /** CPU time that the broker's process used a second: 1 is one core. */
  'cpuCores',
  /** Resident memory of the process. */
  'rssBytes',
  /** Heap in use. */
  'heapUsedBytes',
  /** Share of the time in which the JVM collected garbage, 0 to 1. */
  'gcShare',
  'messagesInPerSecond',
  /** Bytes of record batches, as they are sent: compressed, with keys and headers. */
  'bytesInPerSecond',
  /** The same, to consumers. */
  'bytesOutPerSecond',
  'produceRequestsPerSecond',
  /** Fetch requests of consumers. */
  'fetchRequestsPerSecond',
  /** A produce request from its arrival to its answer. */
  'produceTotalMeanMs',
  /** All percentiles are of Kafka's own sample since its start, in which the last five minutes weigh most. */
  'produceTotalP99Ms',
  /** A consumer's fetch request from its arrival to its answer; it waits for data on purpose. */
  'fetchTotalMeanMs',
  'fetchTotalP99Ms',
  'requestQueueSize',
  'responseQueueSize',
  /** Share of the time in which the network threads had nothing to do, 0 to 1, over the last 30 to 60 s. */
  'networkIdle',
  /** Share of the time in which the request handlers had nothing to do, 0 to 1. */
  'handlerIdle',
  'logFlushP99Ms',
  'underReplicatedPartitions',
] as const;

/** The name of a broker's figure. */
export type BrokerFigureName = (typeof brokerFigureNames)[number];

/** The figures of each broker, by its id; a broker does not always tell all of them. */
export type BrokerFigures = Readonly<Record<string, Readonly<Partial<Record<BrokerFigureName, number>>>>>;
