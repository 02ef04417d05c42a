import { AlertSimError } from '../errors.js';

/** Options that would start something else than our broker. */
const ours = /^(-cp|-classpath|--class-path(=.*)?|-jar|-m|--module(=.*)?|-version|-help|-h|-\?)$/;

/**
 * What is wrong with an option for the JVM, to follow the option; undefined when it can be given to the JVM.
 */
function jvmOptionProblem(option: string): string | undefined {
  if (!/^-\S/.test(option)) return 'is not a JVM option: write it like -Xmx2g or -XX:+UseZGC';
  if (ours.test(option)) return 'is set by the local broker itself: leave it out';
  return undefined;
}

/**
 * Makes sure that options can be given to a broker's JVM.
 *
 * @throws `BAD_USAGE` for the first that cannot
 */
export function checkJvmOptions(options: readonly string[]): void {
  for (const option of options) {
    const problem = jvmOptionProblem(option);
    if (problem !== undefined) throw new AlertSimError('BAD_USAGE', `${option} ${problem}`);
  }
}

/**
 * The JVM options that Kafka's own start script sets, without those that the given ones rule out.
 *
 * @param heap - as for `-Xmx`
 * @param given - options that are given later, and win
 */
export function defaultJvmOptions(heap: string, given: readonly string[]): readonly string[] {
  // The JVM does not start with two collectors.
  const collector = given.some((option) => /^-XX:\+Use\w+GC$/.test(option)) ? [] : ['-XX:+UseG1GC'];
  return [
    `-Xmx${heap}`,
    ...collector,
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
    '-XX:+ExplicitGCInvokesConcurrent',
    // A broker without memory would hang without answering.
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
  ];
}
