/** Every exit code of the program. Checks and other people's scripts rely on these numbers. */
export const exitCodes = {
  /** Every expectation held. */
  done: 0,
  /** An error that no one foresaw: a bug of ours. */
  unexpected: 1,
  /** Bad usage, scenario or input file: the user can fix it before running again. */
  badInput: 2,
  /** A broker or another service could not be reached, or rejected the request. */
  serviceUnavailable: 3,
  /** An expectation failed, or alerts were lost. */
  expectationFailed: 4,
  /** Inconclusive: the load generator could not keep its schedule. */
  runInvalid: 5,
  /** Interrupted by a signal; what was written until then is valid. */
  interrupted: 130,
} as const;

const exitCodeOf = {
  BAD_USAGE: exitCodes.badInput,
  BAD_INPUT_FILE: exitCodes.badInput,
  BAD_SCENARIO: exitCodes.badInput,
  TOPIC_EXISTS: exitCodes.badInput,
  MISSING_PREREQUISITE: exitCodes.badInput,
  BROKER_UNREACHABLE: exitCodes.serviceUnavailable,
  BROKER_REFUSED: exitCodes.serviceUnavailable,
  SERVICE_UNAVAILABLE: exitCodes.serviceUnavailable,
  DOWNLOAD_FAILED: exitCodes.serviceUnavailable,
  DELIVERY_FAILED: exitCodes.expectationFailed,
  EXPECTATION_FAILED: exitCodes.expectationFailed,
  RUN_INVALID: exitCodes.runInvalid,
  INTERRUPTED: exitCodes.interrupted,
  DISK_FULL: exitCodes.unexpected,
  INTERNAL: exitCodes.unexpected,
} as const;

export type ErrorCode = keyof typeof exitCodeOf;

/**
 * An error that a user can understand: its message is one sentence that says what happened, where, and how to
 * fix it. It is printed without a stack trace.
 */
export class AlertSimError extends Error {
  readonly code: ErrorCode;

  /** @param message - one sentence: what happened, where, and how to fix it */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AlertSimError';
    this.code = code;
  }

  get exitCode(): number {
    return exitCodeOf[this.code];
  }
}

/** Two sentences; the first gets a full stop unless it has a mark of its own, as a question or the words of a library. */
export function twoSentences(first: string, second: string): string {
  return `${first}${/[.?!]$/.test(first) ? '' : '.'} ${second}`;
}

/**
 * The message of anything that was thrown.
 *
 * @param thrown - an Error, or any other value
 */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
