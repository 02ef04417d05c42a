import { z } from 'zod';
import { type Immutable, maybeNumber } from './values.js';

/** Shapes of what was seen of the programs that a run has started as consumers. */

/** The end of a program that was not asked to end. */
const memberExit = z.object({
  at: z.iso.datetime(),
  /** Null where a signal ended it, or it could not be started. */
  exitCode: maybeNumber,
  /** `SIGSEGV`; null where it ended by itself. */
  signal: z.string().nullable(),
  /** From its start. */
  uptimeSeconds: z.number(),
  /** Messages of the run that its group had committed; null where it is not known. */
  committed: maybeNumber,
  /** Of its output. */
  lastLines: z.array(z.string()),
  /** Whether it is started again. */
  restarted: z.boolean(),
});

/** Memory that grew all the time. */
const memoryGrowth = z.object({
  fromBytes: z.number(),
  toBytes: z.number(),
  seconds: z.number(),
  /** Null where that was too short for an hour. */
  bytesPerHour: maybeNumber,
});

const memberProcess = z.object({
  /** From 1. */
  member: z.number(),
  /** Of its last program; null where it could not be started. */
  pid: maybeNumber,
  /** The first and the last ones, of `exitCount`. */
  exits: z.array(memberExit),
  exitCount: z.number(),
  restarts: z.number(),
  /** The signal that ended it after the load, or `itself`; null where it never ran. */
  endedBy: z.enum(['SIGTERM', 'SIGKILL', 'itself']).nullable(),
  /** Of all its processes. */
  cpuSeconds: z.number(),
  /** Of all its processes together. */
  rssBytesMax: z.number(),
  /** The slope of its memory since its last start; null where it ran too shortly. */
  rssBytesPerHour: maybeNumber,
  /** Null where its memory did not grow all the time. */
  memoryGrowth: memoryGrowth.nullable(),
  /** Its output, in the run folder. */
  log: z.string(),
});

export const consumerProcess = z.object({
  /** CPU seconds per second of all members together, while they ran: 1 is one core. */
  cpuCores: z.number(),
  /** How long they took until all were members of the group; null where they were not, or were not waited for. */
  readySeconds: maybeNumber,
  members: z.array(memberProcess),
});

export type MemberExit = Immutable<z.output<typeof memberExit>>;
export type MemberProcessSummary = Immutable<z.output<typeof memberProcess>>;
export type ConsumerProcess = Immutable<z.output<typeof consumerProcess>>;
