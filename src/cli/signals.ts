import type { Stage } from '../coordinator/runScenario.js';

/**
 * A signal that follows the first one this closely is the same Ctrl-C: npm and shells pass it on a second
 * time.
 */
const sameSignalMs = 300;

/** After this time the user is told what the end waits for. */
const noticeMs = 1500;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const stageWords: Readonly<Record<Stage, string>> = {
  alerts: 'the alerts to be read',
  connecting: 'the broker to answer',
  gathering: 'the other machines',
  preloading: 'the preload to end',
  topics: 'the topics to be made',
  consumers: 'the consumers to join their groups',
  load: "the broker's last acknowledgements, and consumers to leave their groups",
  results: 'the broker to say how far consumers have read',
  outputs: 'the outputs to take what is left (InfluxDB: 10 s at most)',
  brokerFigures: "the brokers' metrics",
  broker: 'the broker to start or to stop',
  closing: 'connections to be closed',
};

/** Ends a command: the first signal asks it to end with what was done, a second one ends it at once. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #notify: (text: string) => void;
  readonly #endAtOnce: (name: NodeJS.Signals) => void;
  readonly #nowMs: () => number;
  #stage: Stage | undefined;
  #firstMs: number | undefined;

  /**
   * @param notify - prints what the end waits for
   * @param endAtOnce - ends the process by a signal's own default action
   * @param nowMs - the time, milliseconds
   */
  constructor(
    notify: (text: string) => void,
    endAtOnce: (name: NodeJS.Signals) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#notify = notify;
    this.#endAtOnce = endAtOnce;
    this.#nowMs = nowMs;
  }

  /** The interruption of this process by its signals. */
  static ofProcess(): Interruption {
    const interruption = new Interruption((text) => process.stderr.write(text), endBySignal);
    for (const name of signals) {
      process.on(name, () => {
        if (name === 'SIGHUP') exitWithoutTerminal();
        interruption.received(name);
      });
    }
    return interruption;
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly stage = (stage: Stage): void => {
    this.#stage = stage;
  };

  /** Takes a signal; further SIGHUPs are ignored, because a closed terminal may send several. */
  received(name: NodeJS.Signals): void {
    if (this.#firstMs !== undefined) {
      if (name === 'SIGHUP' || this.#nowMs() - this.#firstMs < sameSignalMs) return;
      this.#endAtOnce(name);
      return;
    }
    this.abort();
  }

  abort(): void {
    if (this.#firstMs !== undefined) return;
    this.#firstMs = this.#nowMs();
    this.#controller.abort();
    const timer = setTimeout(() => {
      const what = this.#stage === undefined ? 'the step under way to end' : stageWords[this.#stage];
      this.#notify(`\ninterrupted: waiting for ${what}; a second Ctrl-C ends the program at once\n`);
    }, noticeMs);
    timer.unref();
  }
}

let isWithoutTerminal = false;

/**
 * Node aborts the process at its end (SIGABRT) when it cannot set a closed terminal back to how it was; the
 * intended exit code would be lost.
 */
export function exitWithoutTerminal(): void {
  if (isWithoutTerminal) return;
  isWithoutTerminal = true;
  // Without the Kafka client this is not available, and nothing was measured.
  void import('../kafka/exitNow.js').then(
    ({ leaveThreadsAtExit }) => {
      leaveThreadsAtExit();
    },
    () => undefined,
  );
}

/** By the signal's own default action the shell sees 130. */
function endBySignal(name: NodeJS.Signals): void {
  // A progress bar has hidden the cursor.
  if (process.stderr.isTTY) process.stderr.write('\u001b[?25h\n');
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
