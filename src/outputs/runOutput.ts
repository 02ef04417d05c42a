import type { IntervalRecord } from '../measure/interval.js';
import type { OutputReport, RunSummary } from '../measure/summary.js';

/** What an output is told when a run starts. */
export interface RunStart {
  /** The run's id. */
  readonly id: string;
  /** The run's folder. */
  readonly folder: string;
  /** The scenario's name. */
  readonly scenario: string;
  /** The variant's name; null for the scenario as it stands. */
  readonly variant: string | null;
  /** When it started, milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** A phase that begins or ends. */
export interface PhaseEvent {
  /** Its name. */
  readonly phase: string;
  /** Which of the two. */
  readonly kind: 'start' | 'end';
  /** When, milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * A destination of a run's figures besides the run folder: a terminal, a database.
 *
 * Nothing that an output does may slow a run or fail it: every call returns at once and throws nothing; what could
 * not be delivered is told at the end.
 */
export interface RunOutput {
  /** The run starts. */
  readonly onStart?: (run: RunStart) => void;
  /** A phase begins or ends. */
  readonly onPhase?: (event: PhaseEvent) => void;
  /** An interval has ended: about a second. */
  readonly onInterval?: (record: IntervalRecord) => void;
  /** The run has ended: delivers what is left, within its own deadline, and tells what came of it. */
  readonly onEnd?: (summary: RunSummary) => Promise<OutputReport | undefined>;
}
