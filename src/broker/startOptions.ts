import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { BrokerRecord } from './brokerRecord.js';
import type { StatePaths } from './statePaths.js';

export interface StartOptions {
  readonly progress?: ProgressFactory | undefined;
  readonly log?: Logger | undefined;
  /** Ends the start and undoes what was begun. */
  readonly signal?: AbortSignal | undefined;
  /** How long the broker may take until it serves clients; 60,000 by default, 150,000 for a cluster. */
  readonly deadlineMs?: number | undefined;
}

/** A broker or a cluster that serves clients. */
export interface StartedBroker {
  readonly record: BrokerRecord;
  readonly paths: StatePaths;
  /** False where it was running before. */
  readonly startedNow: boolean;
  /** From the start of its process until it served clients. */
  readonly readyMs: number;
}
