import { kafkaLibrary } from './library.js';

/**
 * Gives memory that was freed, but is still kept for this process, back to the system: filling a reservoir leaves hundreds
 * of megabytes of it. A few milliseconds; does nothing where the binding lacks our patch, and outside glibc.
 */
export function returnFreeMemory(): void {
  const library = kafkaLibrary();
  if ('trimMemory' in library) library.trimMemory();
}
