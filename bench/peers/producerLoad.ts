/** JSON, the only argument of a producing program in a process of its own. */
export interface ProducerTask {
  readonly bootstrap: string;
  /** It exists. */
  readonly topic: string;
  readonly partitions: number;
  /** A file of messages, see support/payloads.ts. */
  readonly payloads: string;
  /** Of librdkafka. */
  readonly properties: Readonly<Record<string, string | number>>;
}

/** A number of messages, as fast as possible. */
export interface ProducerLoad extends ProducerTask {
  readonly messages: number;
}

/** As many messages as possible in a time, after a warm-up: like a flat-out phase. */
export interface TimedLoad extends ProducerTask {
  /** Messages of the warm-up are answered before the measurement. */
  readonly warmupSeconds: number;
  /** How long is sent; measured until the last acknowledgement. */
  readonly seconds: number;
}

/** The answer on its last line, as JSON. */
export interface ProducerAnswer {
  readonly acked: number;
  /** From the first message until the last acknowledgement. */
  readonly seconds: number;
}
