/** What a producing program of its own is asked to do: JSON, its only argument. */
export interface ProducerLoad {
  /** `stock`: node-rdkafka's own produce and delivery reports; `rows`: our rows, nothing recorded. */
  readonly way: 'stock' | 'rows';
  /** The broker. */
  readonly bootstrap: string;
  /** The topic; it exists. */
  readonly topic: string;
  /** Its partitions. */
  readonly partitions: number;
  /** A file of messages, see support/payloads.ts. */
  readonly payloads: string;
  /** How many messages. */
  readonly messages: number;
  /** librdkafka's properties. */
  readonly properties: Readonly<Record<string, string | number>>;
}

/** What it answers on its last line, as JSON. */
export interface ProducerAnswer {
  /** Messages that were acknowledged. */
  readonly acked: number;
  /** From the first message until the last acknowledgement. */
  readonly seconds: number;
}
