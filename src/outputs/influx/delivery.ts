import { setTimeout as pause } from 'node:timers/promises';
import type { WriteOutcome } from './influxFaults.js';
import type { PointSink } from './influxServer.js';

export interface DeliveryRules {
  /** Lines per request. */
  readonly batchLines: number;
  /** Lines that may wait in memory. */
  readonly queueLines: number;
  /** How long the server has to answer. */
  readonly timeoutMs: number;
  /** The first pause after a failure; it doubles with each further one. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** Useful rules: the queue is about five minutes of a run with all four latencies, in some 10 MB. */
export const defaultRules: DeliveryRules = {
  batchLines: 5000,
  queueLines: 50_000,
  timeoutMs: 5000,
  firstPauseMs: 500,
  longestPauseMs: 5000,
};

/** Result of a delivery. */
export interface Delivered {
  delivered: number;
  /** Lines that the server will never take. */
  rejected: number;
  /** The first fault, with the fix. */
  fault: string | undefined;
}

/**
 * Delivers lines while a run goes on: one request at a time, each awaited; what fails is tried again after a
 * pause. Nothing waits for it before the end.
 */
export class LiveDelivery {
  readonly result: Delivered = { delivered: 0, rejected: 0, fault: undefined };
  readonly #sink: PointSink;
  readonly #rules: DeliveryRules;
  readonly #onFault: (fault: string) => void;
  readonly #queue: LineQueue;
  #untilMs = Infinity;
  #failures = 0;
  #idle = false;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;

  /** @param onFault - called at the first fault */
  constructor(sink: PointSink, rules: DeliveryRules, onFault: (fault: string) => void) {
    this.#sink = sink;
    this.#rules = rules;
    this.#onFault = onFault;
    this.#queue = new LineQueue(rules.queueLines);
    this.#ended = this.#deliver();
  }

  /** Times of intervals that memory had no room for; the run folder has them. */
  get letGo(): ReadonlySet<string> {
    return this.#queue.letGo;
  }

  /** Adds lines to be delivered, and returns at once. */
  add(unit: LineUnit): void {
    this.#queue.add(unit);
    if (this.#idle) this.#wake();
  }

  /**
   * Delivers what waits; gives up at a deadline, or when the server rejects it. False when something is left.
   */
  async finish(withinMs: number): Promise<boolean> {
    this.#untilMs = performance.now() + withinMs;
    this.#wake();
    await this.#ended;
    return this.#queue.lines === 0;
  }

  async #deliver(): Promise<void> {
    const { batchLines, timeoutMs } = this.#rules;
    for (;;) {
      const units = this.#queue.take(batchLines);
      if (units.length === 0) {
        if (this.#untilMs < Infinity) return;
        this.#idle = true;
        await this.#sleep(undefined);
        this.#idle = false;
        continue;
      }
      const lines = units.flatMap((unit) => unit.lines);
      const leftMs = this.#untilMs - performance.now();
      if (leftMs <= 0) {
        this.#queue.putBack(units);
        this.#note('the server took the points too slowly: some were left when the run ended');
        return;
      }
      const outcome = await this.#sink.write(lines, Math.min(timeoutMs, leftMs));
      if (outcome.kind !== 'delivered') this.#note(outcome.fault);
      if (outcome.kind === 'delivered' || outcome.kind === 'partly') {
        this.#count(outcome, lines.length);
        this.#failures = 0;
        continue;
      }
      this.#queue.putBack(units);
      this.#failures += 1;
      if (this.#isHopeless(outcome)) return;
      await this.#sleep(this.#pauseMs());
    }
  }

  #count(outcome: WriteOutcome, lines: number): void {
    const rejected = outcome.kind === 'partly' ? outcome.rejected : 0;
    this.result.delivered += lines - rejected;
    this.result.rejected += rejected;
  }

  #note(fault: string): void {
    if (this.result.fault !== undefined) return;
    this.result.fault = fault;
    this.#onFault(fault);
  }

  /** At the end there is no waiting for a server to be repaired, nor beyond the deadline. */
  #isHopeless({ kind }: WriteOutcome): boolean {
    if (this.#untilMs === Infinity) return false;
    return kind === 'refused' || performance.now() + this.#pauseMs() >= this.#untilMs;
  }

  #pauseMs(): number {
    const { firstPauseMs, longestPauseMs } = this.#rules;
    if (this.#untilMs < Infinity) return firstPauseMs;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1));
  }

  /** A pause, infinite without a length; `#wake` ends it. */
  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      // It does not keep a run alive that ended otherwise.
      timer?.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Lines that are delivered together or not at all: those of an interval, or of an event. */
export interface LineUnit {
  /** The interval's time, which finds its line in the run folder; undefined for an event. */
  readonly time: string | undefined;
  readonly lines: readonly string[];
}

/**
 * Lines that wait to be delivered, in order, in bounded memory: where there are too many, the oldest
 * intervals are dropped, and their times are noted, because the run folder holds them. Events are few, and
 * stay.
 */
class LineQueue {
  /** Times of intervals that were dropped. */
  readonly letGo = new Set<string>();
  readonly #units: LineUnit[] = [];
  readonly #mostLines: number;
  #lines = 0;

  /** @param mostLines - how many lines may wait */
  constructor(mostLines: number) {
    this.#mostLines = mostLines;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Adds lines at the end. */
  add(unit: LineUnit): void {
    this.#units.push(unit);
    this.#lines += unit.lines.length;
    this.#shrink();
  }

  /**
   * Takes the oldest lines out; none when nothing waits.
   *
   * @param mostLines - a larger unit comes alone
   */
  take(mostLines: number): LineUnit[] {
    let lines = 0;
    let units = 0;
    for (const unit of this.#units) {
      if (units > 0 && lines + unit.lines.length > mostLines) break;
      lines += unit.lines.length;
      units += 1;
    }
    this.#lines -= lines;
    return this.#units.splice(0, units);
  }

  /** Puts lines back that could not be delivered. */
  putBack(units: readonly LineUnit[]): void {
    this.#units.unshift(...units);
    for (const { lines } of units) this.#lines += lines.length;
    this.#shrink();
  }

  #shrink(): void {
    while (this.#lines > this.#mostLines) {
      const oldest = this.#units.findIndex(({ time }) => time !== undefined);
      const [unit] = oldest < 0 ? [] : this.#units.splice(oldest, 1);
      if (unit?.time === undefined) return;
      this.letGo.add(unit.time);
      this.#lines -= unit.lines.length;
    }
  }
}

/** When to give up. */
export interface Patience {
  /** How long the server may take to accept the next batch. */
  readonly batchMs: number;
  /** Stops at once; what was delivered stays. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers lines from the first to the last, waiting for each batch; false where it ended early.
 *
 * @param result - counts are added to it; it also gets the fault that ended it, if one did
 */
export async function deliverAll(
  sink: PointSink,
  chunks: AsyncIterable<readonly string[]>,
  rules: DeliveryRules,
  patience: Patience,
  result: Delivered,
): Promise<boolean> {
  let batch: string[] = [];
  const send = async (): Promise<boolean> => {
    const lines = batch;
    batch = [];
    if (lines.length === 0) return true;
    const outcome = await writePatiently(sink, lines, rules, patience);
    if (outcome === undefined) return false;
    if (outcome.kind !== 'delivered') result.fault ??= outcome.fault;
    if (outcome.kind === 'unavailable' || outcome.kind === 'refused') return false;
    const rejected = outcome.kind === 'partly' ? outcome.rejected : 0;
    result.delivered += lines.length - rejected;
    result.rejected += rejected;
    return true;
  };
  for await (const lines of chunks) {
    if (batch.length > 0 && batch.length + lines.length > rules.batchLines && !(await send())) return false;
    batch.push(...lines);
  }
  return send();
}

/**
 * Tries again until the server accepts the lines, rejects them, or patience ends; undefined when it was
 * aborted.
 */
async function writePatiently(
  sink: PointSink,
  lines: readonly string[],
  { timeoutMs, firstPauseMs }: DeliveryRules,
  { batchMs, signal }: Patience,
): Promise<WriteOutcome | undefined> {
  const untilMs = performance.now() + batchMs;
  for (;;) {
    if (signal?.aborted === true) return undefined;
    const leftMs = untilMs - performance.now();
    const outcome = await sink.write(lines, Math.min(timeoutMs, leftMs));
    if (outcome.kind !== 'unavailable' || performance.now() + firstPauseMs >= untilMs) return outcome;
    await pause(firstPauseMs, undefined, { signal }).catch(() => undefined);
  }
}
