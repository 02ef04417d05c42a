import type { IntervalRecord, OutputReport, RunSummary } from '../results/runFolder.js';

export interface RunStart {
  readonly id: string;
  readonly folder: string;
  readonly scenario: string;
  /** Null for the scenario as it is. */
  readonly variant: string | null;
  /** Since 1970. */
  readonly startedAtMs: number;
}

export interface PhaseEvent {
  readonly phase: string;
  readonly kind: 'start' | 'end';
  /** Since 1970. */
  readonly atMs: number;
}

/**
 * A destination of a run's results besides the run folder: a terminal, a database.
 *
 * No output may slow a run or fail it: every call returns at once and throws nothing; what could not be
 * delivered is reported at the end.
 */
export interface RunOutput {
  readonly onStart?: (run: RunStart) => void;
  readonly onPhase?: (event: PhaseEvent) => void;
  /** An interval has ended: about a second. */
  readonly onInterval?: (record: IntervalRecord) => void;
  /** The run has ended: delivers what is left, within its own deadline, and reports the result. */
  readonly onEnd?: (summary: RunSummary) => Promise<OutputReport | undefined>;
}
