import { kafkaLibrary } from './library.js';

/**
 * Returns memory that was freed, but is still kept for this process, to the system: filling a reservoir
 * leaves hundreds of megabytes of it. Takes a few milliseconds; does nothing where the binding lacks our
 * patch, and outside glibc.
 */
export function returnFreeMemory(): void {
  const library = kafkaLibrary();
  if ('trimMemory' in library) library.trimMemory();
}
