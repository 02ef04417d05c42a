import { setTimeout as wait } from 'node:timers/promises';
import { AlertSimError } from '../errors.js';

/**
 * Throws after an interruption.
 *
 * @param what - what was not finished, as half a sentence: `the broker was not started`
 * @throws `INTERRUPTED` when the signal is aborted
 */
export function stopIfInterrupted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new AlertSimError('INTERRUPTED', `interrupted: ${what}`);
}

/** Waits; an aborted signal ends the wait early, without an error. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (thrown) {
    if (signal?.aborted !== true) throw thrown;
  }
}

/**
 * Does some work with a controller that a signal aborts too. `AbortSignal.any` would do the same, but Node 20
 * holds its result by weak references only, and may lose it while `fetch` still waits for it.
 */
export async function withLinkedAbort<T>(
  signal: AbortSignal | undefined,
  work: (controller: AbortController) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal?.reason);
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  try {
    return await work(controller);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
