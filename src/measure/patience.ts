/** Why a group is waited for no longer. */
export type Impatience = 'standsStill' | 'tooSlow';

/** How far behind a group was at an instant. */
interface Position {
  readonly ms: number;
  readonly behind: number;
}

/** A group that needs longer than so many times the time that it may stand still is too slow to wait for. */
const usualMostTimes = 10;

/**
 * How long a group that has to catch up is waited for: as long as it reads on, because a slow one may need many
 * times the length of a probe for what it has still to read, and a probe that begins with the backlog of the
 * one before would fail for nothing. It is given up when it has read nothing for `stillMs`, or when it would
 * need more than ten times as long for the rest: at its mean speed, or at that of the last quarter of `stillMs`
 * if this is higher, because it may have stood still before.
 *
 * Worked example: 13,000 messages at 10/s are 22 minutes; with a limit of 60 s that is too long, and is known
 * after 60 s. At 500/s, after 55 s in which it stood still, they are half a minute.
 */
export class Patience {
  readonly #stillMs: number;
  readonly #mostTimes: number;
  #start: Position | undefined;
  /** Of the last quarter of `stillMs`, and the last one before. */
  #recent: Position[] = [];
  #least = Infinity;
  #progressMs = 0;
  #lastMs = 0;

  /** @param mostTimes - how many times longer than `stillMs` the rest may take */
  constructor(stillMs: number, mostTimes: number = usualMostTimes) {
    this.#stillMs = stillMs;
    this.#mostTimes = mostTimes;
  }

  /**
   * Notes how far behind the group is.
   *
   * @returns why it is not worth waiting any longer; undefined where it is
   */
  note(nowMs: number, behind: number): Impatience | undefined {
    this.#start ??= { ms: nowMs, behind };
    this.#lastMs = nowMs;
    if (behind < this.#least) {
      this.#least = behind;
      this.#progressMs = nowMs;
    }
    this.#recent.push({ ms: nowMs, behind: this.#least });
    while ((this.#recent[1]?.ms ?? Infinity) <= nowMs - this.#stillMs / 4) this.#recent.shift();
    if (nowMs - this.#progressMs > this.#stillMs) return 'standsStill';
    if (this.waitedMs <= this.#stillMs) return undefined;
    const perSecond = Math.max(1e-9, this.readPerSecond, this.#speedSince(this.#recent[0]));
    return (behind / perSecond) * 1000 > this.#mostTimes * this.#stillMs ? 'tooSlow' : undefined;
  }

  get waitedMs(): number {
    return this.#start === undefined ? 0 : this.#lastMs - this.#start.ms;
  }

  /** Since the start. */
  get readPerSecond(): number {
    return this.#speedSince(this.#start);
  }

  /** Messages per second. */
  #speedSince(from: Position | undefined): number {
    if (from === undefined || this.#lastMs === from.ms) return 0;
    return Math.max(0, from.behind - this.#least) / ((this.#lastMs - from.ms) / 1000);
  }
}
