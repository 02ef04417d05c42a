import type { WatchedGroup } from '../results/watchedGroups.js';

/** A group's members at one instant. */
export interface MembersSample {
  readonly state: string;
  readonly members: readonly { readonly id: string; readonly partitions: readonly string[] }[];
}

/** Counts a group's members and its rebalances, as far as samples show them. */
export class MembersSeen {
  #range: { min: number; max: number } | undefined;
  #rebalances = 0;
  #before: string | undefined;
  #moving = false;
  #absence: MembersSeen['absence'];

  add({ state, members }: MembersSample): void {
    const { length } = members;
    if (this.#absence === 'stopped') return;
    if (this.#absence === 'joining' && (length === 0 || isMoving(state))) return;
    this.#absence = undefined;
    this.#range = {
      min: Math.min(this.#range?.min ?? length, length),
      max: Math.max(this.#range?.max ?? length, length),
    };
    if (isMoving(state)) {
      this.#moving = true;
      return;
    }
    // Who has what: a member that left and came back has another id.
    const shares = members.map(({ id, partitions }) => `${id} ${partitions.join(',')}`).sort();
    const now = shares.join('\n');
    if (this.#before !== undefined && (this.#moving || now !== this.#before)) this.#rebalances += 1;
    this.#before = now;
    this.#moving = false;
  }

  /** What was seen until now was its members joining: it counts no more. */
  forget(): void {
    this.#range = undefined;
    this.#rebalances = 0;
    this.#before = undefined;
    this.#moving = false;
  }

  /** Its members are stopped on purpose: that they leave is no rebalance of its own. */
  suspend(): void {
    this.#absence = 'stopped';
  }

  /** They are started again: their joining is none either. */
  resume(): void {
    this.#absence = 'joining';
    this.#before = undefined;
    this.#moving = false;
  }

  /** Whether its members are away because they were stopped on purpose, or not back yet. */
  get absence(): 'stopped' | 'joining' | undefined {
    return this.#absence;
  }

  result(): Pick<WatchedGroup, 'members' | 'rebalances'> {
    if (this.#range === undefined) return { members: null, rebalances: null };
    return { members: this.#range, rebalances: this.#rebalances + (this.#moving ? 1 : 0) };
  }
}

/** `PreparingRebalance`, `CompletingRebalance` of classic groups; `Assigning`, `Reconciling` since KIP-848. */
function isMoving(state: string): boolean {
  return /Rebalance|Assigning|Reconciling/.test(state);
}
