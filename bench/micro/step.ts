/** A step of a hot path that is measured by itself. */
export interface Step {
  readonly name: string;
  /** What one operation is. */
  readonly per: string;
  /** Operations per call of `run`: many, so that reading the clock costs nothing. */
  readonly operations: number;
  /** Returns the milliseconds that they took, where a part of the call does not count. */
  readonly run: () => undefined | { readonly overriddenDuration: number };
  /** Called before each call; its time does not count. */
  readonly before?: () => void | Promise<void>;
  readonly close?: () => Promise<void>;
}
