/**
 * A time in which one partition got no acknowledgement although messages for it were in flight; microseconds.
 */
export interface AckGap {
  readonly partition: number;
  /** The last acknowledgement before it, or when the first message that waited was handed over. */
  readonly startUs: number;
  /** The next acknowledgement, or when it was no longer waited for. */
  readonly endUs: number;
  /** When messages were acknowledged as fast as before; null where that was not seen. */
  readonly recoveredUs: number | null;
}

/** A shorter silence is not a gap. */
const shortestGapUs = 1_000_000;

/** With a faster response a partition counts as recovered, whatever it was before. */
const fastUs = 100_000;

/** Nothing is known of a time in which no one looked for answers for this long. */
const blindUs = 250_000;

/** A partition's speed is the slowest response of the last one to two such stretches. */
const memoryUs = 1_000_000;

/**
 * Finds out when the broker acknowledged nothing, by partition: a partition of a leader that died is silent
 * while others go on. Messages of a partition are acknowledged in order, so the first one after a silence has
 * waited longest, and shows since when one was in flight: nothing has to be noted when a message is sent.
 */
export class AckGaps {
  readonly #lastUs: Float64Array;
  /** When the oldest message that failed after the last acknowledgement was handed over. */
  readonly #failedUs: Float64Array;
  readonly #slowestUs: Float64Array;
  readonly #slowestBeforeUs: Float64Array;
  readonly #memorySinceUs: Float64Array;
  /** Ended gaps, by partition, until the partition has recovered. */
  readonly #recovering = new Map<number, { readonly gap: AckGap; readonly limitUs: number }>();
  #found: AckGap[] = [];
  #lookedUs = -Infinity;

  constructor(partitions: number) {
    this.#lastUs = new Float64Array(partitions).fill(-Infinity);
    this.#failedUs = new Float64Array(partitions).fill(Infinity);
    this.#slowestUs = new Float64Array(partitions);
    this.#slowestBeforeUs = new Float64Array(partitions);
    this.#memorySinceUs = new Float64Array(partitions);
  }

  /**
   * Call it before each time that answers are taken: a time in which no one looked is not a silence of the
   * broker's.
   */
  look(nowUs: number): void {
    if (nowUs - this.#lookedUs > blindUs) {
      this.#lastUs.fill(nowUs);
      this.#failedUs.fill(Infinity);
    }
    this.#lookedUs = nowUs;
  }

  /**
   * @param ackUs - from handed over to acknowledged
   * @param responseUs - from due to acknowledged
   */
  acked(partition: number, ackUs: number, responseUs: number): void {
    const nowUs = this.#lookedUs;
    if (nowUs - (this.#lastUs[partition] ?? 0) > shortestGapUs) this.#afterSilence(partition, ackUs);
    this.#lastUs[partition] = nowUs;
    if (this.#recovering.size > 0 && this.#recovers(partition, responseUs)) return;
    if (nowUs - (this.#memorySinceUs[partition] ?? 0) > memoryUs) {
      this.#memorySinceUs[partition] = nowUs;
      this.#slowestBeforeUs[partition] = this.#slowestUs[partition] ?? 0;
      this.#slowestUs[partition] = 0;
    }
    if (responseUs > (this.#slowestUs[partition] ?? 0)) this.#slowestUs[partition] = responseUs;
  }

  /**
   * A message failed: it has waited, but no answer of the broker's is known.
   *
   * @param ackUs - from handed over to failed
   */
  failed(partition: number, ackUs: number): void {
    const sinceUs = Math.max(this.#lastUs[partition] ?? 0, this.#lookedUs - ackUs);
    if (sinceUs < (this.#failedUs[partition] ?? Infinity)) this.#failedUs[partition] = sinceUs;
  }

  /**
   * Call when every message is answered, or no longer waited for.
   *
   * @param unanswered - partitions with messages that have no answer
   * @param silentSinceUs - start of a silence of all partitions, where it is no longer waited for
   */
  end(unanswered: ReadonlySet<number> = new Set(), silentSinceUs = -Infinity): void {
    const nowUs = this.#lookedUs;
    this.#lastUs.forEach((lastUs, partition) => {
      const failedUs = this.#failedUs[partition] ?? Infinity;
      const waitsUs = unanswered.has(partition) ? Math.max(lastUs, silentSinceUs) : Infinity;
      const startUs = Math.min(waitsUs, failedUs);
      if (Number.isFinite(startUs) && nowUs - startUs > shortestGapUs)
        this.#found.push({ partition, startUs, endUs: nowUs, recoveredUs: null });
    });
    this.#failedUs.fill(Infinity);
    for (const [partition, { gap }] of this.#recovering)
      this.#found.push({ ...gap, recoveredUs: unanswered.has(partition) ? null : nowUs });
    this.#recovering.clear();
  }

  /** The gaps found since the last call, each when its partition had recovered, or at the end. */
  take(): readonly AckGap[] {
    if (this.#found.length === 0) return none;
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #afterSilence(partition: number, ackUs: number): void {
    const endUs = this.#lookedUs;
    const waitedUs = Math.min(this.#failedUs[partition] ?? Infinity, endUs - ackUs);
    const startUs = Math.max(this.#lastUs[partition] ?? 0, waitedUs);
    this.#failedUs[partition] = Infinity;
    if (endUs - startUs <= shortestGapUs) return;
    const before = this.#recovering.get(partition);
    if (before !== undefined) this.#found.push(before.gap);
    const slowestUs = Math.max(this.#slowestUs[partition] ?? 0, this.#slowestBeforeUs[partition] ?? 0);
    this.#recovering.set(partition, {
      gap: { partition, startUs, endUs, recoveredUs: null },
      limitUs: before?.limitUs ?? Math.max(fastUs, slowestUs),
    });
  }

  /** Whether the partition was still recovering from a gap when this message was acknowledged. */
  #recovers(partition: number, responseUs: number): boolean {
    const recovering = this.#recovering.get(partition);
    if (recovering === undefined) return false;
    if (responseUs > recovering.limitUs) return true;
    this.#found.push({ ...recovering.gap, recoveredUs: this.#lookedUs });
    this.#recovering.delete(partition);
    return false;
  }
}

const none: readonly AckGap[] = [];
