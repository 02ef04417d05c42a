/**
 * Every exit code of the program, with what it tells a script. Checks and other people's scripts rely on
 * these numbers.
 */
export const exitCodes = {
  /** Done, and every expectation held. */
  done: 0,
  /** An error that nobody foresaw: a defect of ours. */
  unexpected: 1,
  /** Bad usage, scenario or input file: the user can mend it before running again. */
  badInput: 2,
  /** A broker or another service could not be reached, or refused us. */
  serviceUnavailable: 3,
  /** An expectation failed, or alerts were lost. */
  expectationFailed: 4,
  /** The run proves nothing: the harness itself could not keep its schedule. */
  runInvalid: 5,
  /** Interrupted by a signal; what was written until then is valid. */
  interrupted: 130,
} as const;

/** Each error code and the exit code that it ends the program with. */
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

/** The code of an error that the program raises on purpose. */
export type ErrorCode = keyof typeof exitCodeOf;

/**
 * An error that a user can understand: its message is one sentence that says what happened, where, and what
 * to do about it. It is printed without a stack trace.
 */
export class AlertSimError extends Error {
  /** What kind of error this is. */
  readonly code: ErrorCode;

  /**
   * @param code - what kind of error this is; it decides the exit code
   * @param message - one sentence: what happened, where, and the way out
   * @param cause - the error underneath, if there is one
   */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AlertSimError';
    this.code = code;
  }

  /** The exit code that this error ends the program with. */
  get exitCode(): number {
    return exitCodeOf[this.code];
  }
}

/**
 * The message of anything that was thrown.
 *
 * @param thrown - an Error, or any other value
 * @returns its message, or its text
 */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
