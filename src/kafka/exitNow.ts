import { kafkaLibrary } from './library.js';

/**
 * Lets this process, once it exits, leave its threads to the system instead of ending them one by one. Node
 * aborts the process, exit code 134, when it ends a thread that hangs with its Kafka client connected: the
 * intended exit code would be lost. Exit handlers that were registered before this are still called; later
 * ones are not. Does nothing where the binding lacks our patch.
 */
export function leaveThreadsAtExit(): void {
  const library = kafkaLibrary();
  if (!('exitNow' in library)) return;
  process.once('exit', (code) => library.exitNow(code));
}
