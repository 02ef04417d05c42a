import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Ends process groups when this program is gone, however it ended: by SIGKILL, too. It reads the groups from a
 * pipe, which the system closes with this program, and only then does something.
 */
export interface Guard {
  /** What it reads; a program that has it as {@link channelNumber} registers itself before it does anything. */
  readonly channel: Writable;
  /** @param leader - the number of a group's first process, which is that of the group */
  readonly watch: (leader: number) => void;
  /** The group has ended: its number may be another's soon. */
  readonly forget: (leader: number) => void;
  /** Ends the guard, which leaves the groups alone that it was told to forget. */
  readonly close: () => void;
}

/**
 * In any shell. It ignores the signals that end this program, and those of the terminal never reach it. A
 * folder may be given, which is removed after the groups have ended.
 */
const script = `
trap '' TERM INT HUP QUIT
groups=
while read -r what id; do
  rest=
  for group in $groups; do [ "$group" = "$id" ] || rest="$rest $group"; done
  groups=$rest
  [ "$what" = + ] && groups="$groups $id"
  [ "$what" = . ] && exit
done
for group in $groups; do kill -TERM "-$group" 2>/dev/null; done
for second in 1 2 3 4 5; do
  left=
  for group in $groups; do kill -0 "-$group" 2>/dev/null && left="$left $group"; done
  groups=$left
  [ -z "$groups" ] && break
  sleep 1
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
[ -n "$1" ] && rm -rf "$1"
`;

/** The file that a guarded program has the guard's channel as. */
const channelNumber = 3;

/**
 * The arguments of a shell that registers itself with a guard, closes the channel, and becomes a shell with a
 * command. Until then the channel keeps the guard from its work, so that no instant is left in which we may be
 * killed and the program stays.
 */
export function guardedShell(command: string): readonly string[] {
  const register = `(echo "+ $$" >&${channelNumber}) 2>/dev/null; exec ${channelNumber}>&-; exec /bin/sh -c "$1"`;
  return ['-c', register, 'sh', command];
}

/**
 * Starts a guard.
 *
 * @param folder - removed with the last group, where this program did not do so itself
 */
export function startGuard(folder?: string): Guard {
  const child = spawn('/bin/sh', ['-c', script, 'rubin-alert-sim-guard', folder ?? ''], {
    // A session of its own: Ctrl-C in this terminal and the terminal's end do not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it a killed program leaves its consumers behind: no reason not to run.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  const send = (what: string, id: number): void => {
    child.stdin.write(`${what} ${id}\n`);
  };
  return {
    channel: child.stdin,
    watch: (leader) => {
      send('+', leader);
    },
    forget: (leader) => {
      send('-', leader);
    },
    close: () => {
      child.stdin.end('. 0\n');
    },
  };
}
