/** How the brokers' own figures of a run were got. */
export interface BrokerFigureSource {
  /** By what means. */
  readonly how: string;
  /** Where the brokers were asked, `host:port`. */
  readonly addresses: readonly string[];
  /** How often they were asked, seconds. */
  readonly intervalSeconds: number;
}
