/** What came of writing lines to a database. */
export type WriteOutcome =
  /** All of them are there. */
  | { readonly kind: 'delivered' }
  /** The server will never take some of them, whoever asks again; the others are there. */
  | { readonly kind: 'partly'; readonly rejected: number; readonly fault: string }
  /** None arrived for certain; a while later they may. */
  | { readonly kind: 'unavailable'; readonly fault: string }
  /** None arrived, and none will until somebody mends what is wrong. */
  | { readonly kind: 'refused'; readonly fault: string };

/** Somewhere that takes points in InfluxDB's line protocol, with times in milliseconds. */
export interface PointSink {
  /**
   * Writes lines, and waits until the server has answered for all of them. It never rejects: whatever goes wrong is
   * an outcome, with a sentence that says what happened, where, and the way out.
   */
  readonly write: (lines: readonly string[], timeoutMs: number) => Promise<WriteOutcome>;
  /** Ends the connections. */
  readonly close: () => void;
}
