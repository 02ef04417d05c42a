import rdkafka from 'node-rdkafka';

/** The version of librdkafka. */
export const clientVersion = rdkafka.librdkafkaVersion;
