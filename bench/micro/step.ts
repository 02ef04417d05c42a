/** A step of a hot path that is measured by itself. */
export interface Step {
  /** Its name. */
  readonly name: string;
  /** What one operation is. */
  readonly per: string;
  /** How many operations a call of `run` does: many, so that reading the clock costs nothing. */
  readonly operations: number;
  /** Does them; the milliseconds they took, where a part of the call does not count. */
  readonly run: () => undefined | { readonly overriddenDuration: number };
  /** Called before each call; its time does not count. */
  readonly before?: () => void | Promise<void>;
  /** Gives back what it holds. */
  readonly close?: () => Promise<void>;
}
