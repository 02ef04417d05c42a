import type { ErrorCode } from '../../errors.js';
import type { ClockOffset } from '../../measure/clockBound.js';
import type { FromWorker, ToWorker } from '../../workers/protocol.js';
import type { WorkerFailure } from '../pool.js';
import type { Variations } from './variations.js';

/** A process that takes part in a run: a shard that was started again is another one. */
export interface Participant {
  readonly shard: number;
  /** A random number of its own. */
  readonly incarnation: number;
}

/** A report of a worker of another machine, or its end. */
export type WorkerNews =
  | { readonly worker: number; readonly told: FromWorker }
  | { readonly worker: number; readonly ended: WorkerFailure | null };

/** From a shard to the first one. */
export type ToFirst =
  /** It is there, and has its clock's offset; repeated until the first answers. */
  | (Participant & {
      readonly type: 'hello';
      readonly of: number;
      readonly fingerprint: string;
      readonly version: string;
      readonly host: string;
      readonly pid: number;
      readonly clock: ClockOffset;
    })
  /** Reports of its workers since the last time; at least each second, if only to show that it lives. */
  | (Participant & { readonly type: 'news'; readonly news: readonly WorkerNews[] })
  /** By how much its clock may be wrong by now. */
  | (Participant & { readonly type: 'clock'; readonly boundNs: number })
  /** It was asked to stop by a signal. */
  | (Participant & { readonly type: 'interrupted' })
  /** It ends, and needs nothing more. */
  | (Participant & { readonly type: 'bye' });

/** From the first shard to the others; those that do not know the session ignore it. */
export type FromFirst =
  /** A shard takes part; the common clock is the first one's monotonic clock. */
  | (Participant & { readonly type: 'welcome'; readonly session: number; readonly firstClock: ClockOffset })
  /** A shard cannot take part. */
  | (Participant & { readonly type: 'refused'; readonly reason: string })
  /** Start workers: tasks without what each machine has by itself. */
  | {
      readonly type: 'start';
      readonly session: number;
      readonly workers: readonly { readonly worker: number; readonly shard: number }[];
      readonly tasks: Variations;
    }
  /** Messages to workers; instants are those of the common clock. */
  | {
      readonly type: 'tell';
      readonly session: number;
      readonly workers: readonly number[];
      readonly message: ToWorker;
    }
  /** The load ends, or consumers end, too. */
  | { readonly type: 'flag'; readonly session: number; readonly flag: 'stop' | 'finish' }
  /** The first shard lives. */
  | { readonly type: 'beat'; readonly session: number }
  /** The run is over, with this result; a code ends the program with its exit code. */
  | {
      readonly type: 'end';
      readonly session: number;
      readonly code: ErrorCode | null;
      readonly message: string;
    };
