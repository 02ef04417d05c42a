import { readAheadBytes, type MemoryGrowth } from '../measure/memoryGrowth.js';
import type { Finding } from '../results/findings.js';
import type { ConsumerProcess, MemberExit } from '../results/consumerProcess.js';
import type { NotReady } from './consumerProcesses.js';

/** What is known of a group. */
export interface GroupFacts {
  /** Why it did not become ready: programs that ended in the same way say nothing new. */
  readonly notReady?: NotReady | undefined;
  /** Clients of one that fell behind read ahead: their memory fills. */
  readonly fellBehind: boolean;
}

/** What the end and the memory of a group's programs say. */
export function processFindings(
  group: string,
  { members }: ConsumerProcess,
  { notReady, fellBehind }: GroupFacts,
): Finding[] {
  const known = notReady?.exit?.exit;
  const isKnown = ({ exitCode, signal, restarted }: MemberExit): boolean =>
    !restarted && exitCode === known?.exitCode && signal === known.signal;
  const isReadAhead = ({ fromBytes, toBytes }: MemoryGrowth): boolean =>
    fellBehind && toBytes - fromBytes <= readAheadBytes;
  return members.flatMap(({ member, exits, exitCount, restarts, endedBy, memoryGrowth, log }): Finding[] => {
    // Without a restart there is one only.
    const [told] = exits;
    return [
      ...(told === undefined || isKnown(told)
        ? []
        : [
            {
              kind: 'consumerEnded' as const,
              fails: !told.restarted && told.exitCode !== 0,
              ...{ group, member, times: exitCount, restarts, log },
              ...{ at: told.at, uptimeSeconds: told.uptimeSeconds, committed: told.committed },
              ...{ exitCode: told.exitCode, signal: told.signal, lastLines: [...told.lastLines] },
            },
          ]),
      ...(memoryGrowth === null || isReadAhead(memoryGrowth)
        ? []
        : [{ kind: 'consumerMemoryGrew' as const, group, member, ...memoryGrowth }]),
      ...(endedBy === 'SIGKILL' ? [{ kind: 'consumerKilled' as const, group, member }] : []),
    ];
  });
}

/** Why nothing was sent. */
export function notReadyFinding({ exit, ...notReady }: NotReady): Finding {
  return {
    kind: 'consumerNotReady',
    ...{ group: notReady.group, members: notReady.members, of: notReady.of, seconds: notReady.seconds },
    member: exit?.member ?? null,
    ...{ exitCode: exit?.exit.exitCode ?? null, signal: exit?.exit.signal ?? null },
    ...{ lastLines: [...notReady.lastLines], log: notReady.log },
  };
}
