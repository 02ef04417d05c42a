const levels = ['debug', 'info', 'warning', 'error'] as const;

/** How much is logged: everything from this level on. */
export type LogLevel = (typeof levels)[number];

/** Writes lines of the form `LEVEL:rubin-alert-sim.NAME:message`, as the original simulator does. */
export interface Logger {
  /** Details for whoever debugs this program. */
  readonly debug: (name: string, message: string) => void;
  /** What the program does, as it does it. */
  readonly info: (name: string, message: string) => void;
  /** What a user should know although the program goes on. */
  readonly warning: (name: string, message: string) => void;
  /** What ended, or will end, the program. */
  readonly error: (name: string, message: string) => void;
}

/**
 * A logger that writes to a stream.
 *
 * @param stream - where lines go; standard error in the program
 * @param level - the lowest level that is written
 * @returns the logger
 */
export function createLogger(stream: NodeJS.WritableStream, level: LogLevel): Logger {
  const writer =
    (of: LogLevel) =>
    (name: string, message: string): void => {
      if (levels.indexOf(of) < levels.indexOf(level)) return;
      stream.write(`${of.toUpperCase()}:rubin-alert-sim.${name}:${message}\n`);
    };
  return { debug: writer('debug'), info: writer('info'), warning: writer('warning'), error: writer('error') };
}
