/** Where the brokers' own metrics of a run came from. */
export interface BrokerFigureSource {
  readonly how: string;
  /** `host:port`. */
  readonly addresses: readonly string[];
  readonly intervalSeconds: number;
}
