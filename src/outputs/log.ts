const levels = ['debug', 'info', 'warning', 'error'] as const;

/** Everything from this level on is logged. */
export type LogLevel = (typeof levels)[number];

/** Writes lines of the form `LEVEL:rubin-alert-sim.NAME:message`, as the original simulator does. */
export interface Logger {
  /** For debugging this program. */
  readonly debug: (name: string, message: string) => void;
  readonly info: (name: string, message: string) => void;
  /** What a user should know although the program continues. */
  readonly warning: (name: string, message: string) => void;
  /** What ended, or will end, the program. */
  readonly error: (name: string, message: string) => void;
}

/** A logger that writes to a stream; standard error in the program. */
export function createLogger(stream: NodeJS.WritableStream, level: LogLevel): Logger {
  const writer =
    (of: LogLevel) =>
    (name: string, message: string): void => {
      if (levels.indexOf(of) < levels.indexOf(level)) return;
      stream.write(`${of.toUpperCase()}:rubin-alert-sim.${name}:${message}\n`);
    };
  return { debug: writer('debug'), info: writer('info'), warning: writer('warning'), error: writer('error') };
}
