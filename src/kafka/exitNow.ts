import { kafkaLibrary } from './library.js';

/**
 * Lets this process, once it exits, leave its threads to the system instead of ending them one by one. Node aborts the
 * process, exit code 134, when it ends a thread that hangs with its Kafka client connected: the exit code that was meant
 * would be lost. What is registered for the process's exit before this is still called; what is registered later is not.
 * Does nothing where the binding lacks our patch.
 */
export function leaveThreadsAtExit(): void {
  const library = kafkaLibrary();
  if (!('exitNow' in library)) return;
  process.once('exit', (code) => library.exitNow(code));
}
