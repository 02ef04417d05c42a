import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import type { BrokerRecord } from './brokerRecord.js';
import type { StatePaths } from './statePaths.js';

/** What a start is given besides the broker's description. */
export interface StartOptions {
  /** Shows how far a download is. */
  readonly progress?: ProgressFactory | undefined;
  /** Told what is done. */
  readonly log?: Logger | undefined;
  /** Ends the start and takes back what was begun. */
  readonly signal?: AbortSignal | undefined;
  /** How long the broker may take until it serves clients, in milliseconds; 60,000 by default. */
  readonly deadlineMs?: number | undefined;
}

/** A broker or a cluster that serves clients. */
export interface StartedBroker {
  /** Its processes and addresses. */
  readonly record: BrokerRecord;
  /** Its files. */
  readonly paths: StatePaths;
  /** False where it was running before. */
  readonly startedNow: boolean;
  /** How long it took from the start of its process until it served clients, in milliseconds. */
  readonly readyMs: number;
}
