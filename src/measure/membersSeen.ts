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
  #joined: string | undefined;

  add({ state, members }: MembersSample): void {
    const { length } = members;
    if (this.#absence === 'stopped') return;
    if (this.#absence === 'joining' && !this.#haveJoined(state, members)) return;
    this.#absence = undefined;
    this.#range = {
      min: Math.min(this.#range?.min ?? length, length),
      max: Math.max(this.#range?.max ?? length, length),
    };
    if (isMoving(state)) {
      this.#moving = true;
      return;
    }
    const now = sharesOf(members);
    if (this.#before !== undefined && (this.#moving || now !== this.#before)) this.#rebalances += 1;
    this.#before = now;
    this.#moving = false;
  }

  /** All that there were before, or those that stay as they are. */
  #haveJoined(state: string, members: MembersSample['members']): boolean {
    if (members.length === 0 || isMoving(state)) return false;
    const shares = sharesOf(members);
    const isSettled = shares === this.#joined || members.length >= (this.#range?.max ?? 1);
    this.#joined = shares;
    return isSettled;
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
    this.#joined = undefined;
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

/** Who has what: a member that left and came back has another id. */
function sharesOf(members: MembersSample['members']): string {
  return members
    .map(({ id, partitions }) => `${id} ${partitions.join(',')}`)
    .sort()
    .join('\n');
}

/** `PreparingRebalance`, `CompletingRebalance` of classic groups; `Assigning`, `Reconciling` since KIP-848. */
function isMoving(state: string): boolean {
  return /Rebalance|Assigning|Reconciling/.test(state);
}
