/** What every producing program of its own is told: JSON, its only argument. */
export interface ProducerTask {
  /** The broker. */
  readonly bootstrap: string;
  /** The topic; it exists. */
  readonly topic: string;
  /** Its partitions. */
  readonly partitions: number;
  /** A file of messages, see support/payloads.ts. */
  readonly payloads: string;
  /** librdkafka's properties. */
  readonly properties: Readonly<Record<string, string | number>>;
}

/** A number of messages, as fast as they go. */
export interface ProducerLoad extends ProducerTask {
  /** How many messages. */
  readonly messages: number;
}

/** As many messages as go in a time, after as many as go in another: as a flat-out phase after a warm-up. */
export interface TimedLoad extends ProducerTask {
  /** What is sent for so long, and answered, before the measurement, seconds. */
  readonly warmupSeconds: number;
  /** How long is sent, seconds; until the last acknowledgement is measured. */
  readonly seconds: number;
}

/** What it answers on its last line, as JSON. */
export interface ProducerAnswer {
  /** Messages that were acknowledged. */
  readonly acked: number;
  /** From the first message until the last acknowledgement. */
  readonly seconds: number;
}
