import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { returnFreeMemory } from '../kafka/freeMemory.js';

/** Collects garbage: all of it, or what was made lately, which takes a millisecond. */
type Collect = (options?: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;

/**
 * Collects this thread's garbage, and returns the memory to the system. What a producer has read to fill its
 * memory is as much again as it keeps, and V8 would keep it for as long as the producer makes no new garbage: a
 * producer makes none. Takes some 20 ms.
 */
export function forgetGarbage(): void {
  collector()();
  returnFreeMemory();
}

/** Collects the buffers of what was just read, so that they don't pile up until V8 looks for them. */
export function forgetRecentGarbage(): void {
  collector()({ type: 'minor' });
}

function collector(): Collect {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = (runInNewContext('globalThis.gc') as Collect | undefined) ?? (() => undefined);
    setFlagsFromString('--no-expose-gc');
  }
  return collect;
}
