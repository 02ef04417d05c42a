/** Result of writing lines to a database. */
export type WriteOutcome =
  | { readonly kind: 'delivered' }
  /** The server will never take some of them, however often they are sent; the others are there. */
  | { readonly kind: 'partly'; readonly rejected: number; readonly fault: string }
  /** None arrived for certain; a while later they may. */
  | { readonly kind: 'unavailable'; readonly fault: string }
  /** None arrived, and none will until the problem is fixed. */
  | { readonly kind: 'refused'; readonly fault: string };

/** Takes points in InfluxDB's line protocol, with times in milliseconds. */
export interface PointSink {
  /**
   * Writes lines, and waits until the server has answered for all of them. It never rejects: whatever fails
   * is an outcome, with a sentence that says what happened, where, and how to fix it.
   */
  readonly write: (lines: readonly string[], timeoutMs: number) => Promise<WriteOutcome>;
  /** Closes the connections. */
  readonly close: () => void;
}
