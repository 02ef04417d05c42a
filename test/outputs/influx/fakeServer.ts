import type { PointSink } from '../../../src/outputs/influx/influxServer.js';
import type { WriteOutcome } from '../../../src/outputs/influx/influxFaults.js';

/** A server of a test's own: it answers as `answer` says, and keeps the lines that it took. */
export interface FakeServer extends PointSink {
  /** What it answers from now on. */
  answer: (lines: readonly string[]) => WriteOutcome | Promise<WriteOutcome>;
  readonly taken: string[];
  /** Number of lines of each request. */
  readonly requests: number[];
  /** Whether its connections were closed. */
  closed: boolean;
}

/** Outcomes as of the real server. */
export const outcomes = {
  delivered: { kind: 'delivered' },
  unavailable: { kind: 'unavailable', fault: 'InfluxDB is away; start it' },
  refused: { kind: 'refused', fault: 'InfluxDB refused the token; fix it' },
  oneRejected: { kind: 'partly', rejected: 1, fault: 'InfluxDB did not take 1 of them' },
} as const satisfies Record<string, WriteOutcome>;

/** A server that accepts everything, until `answer` is called. */
export function fakeServer(): FakeServer {
  const server: FakeServer = {
    answer: () => outcomes.delivered,
    taken: [],
    requests: [],
    closed: false,
    write: async (lines) => {
      server.requests.push(lines.length);
      const outcome = await server.answer(lines);
      if (outcome.kind === 'delivered') server.taken.push(...lines);
      if (outcome.kind === 'partly') server.taken.push(...lines.slice(outcome.rejected));
      return outcome;
    },
    close: () => {
      server.closed = true;
    },
  };
  return server;
}
