/** What a broker tells of itself each second, where it can be asked; the unit is in the name. */
export const brokerFigureNames = [
  /** CPU time that the broker's process used a second: 1 is one core. */
  'cpuCores',
  /** Resident memory of the process. */
  'rssBytes',
  /** Heap in use. */
  'heapUsedBytes',
  /** Share of the time in which the JVM collected garbage, 0 to 1. */
  'gcShare',
  'messagesInPerSecond',
  'bytesInPerSecond',
  'bytesOutPerSecond',
  'produceRequestsPerSecond',
  'fetchRequestsPerSecond',
  /** A produce request from its arrival to its answer. */
  'produceTotalMeanMs',
  'produceTotalP99Ms',
  /** A consumer's fetch request from its arrival to its answer; it waits for data on purpose. */
  'fetchTotalMeanMs',
  'fetchTotalP99Ms',
  'requestQueueSize',
  'responseQueueSize',
  /** Share of the time in which the network threads had nothing to do, 0 to 1. */
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
