import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { statFields } from '../procStat.js';

/** A process, distinguished from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In a form of the platform's, only ever compared for equality. */
  readonly processStart: string;
}

/** The identity of a living process; undefined where there is none. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const processStart = process.platform === 'linux' ? await startOnLinux(pid) : await startElsewhere(pid);
  return processStart === undefined ? undefined : { pid, processStart };
}

/**
 * Whether a process that was identified earlier still lives. One that ended and was not yet collected by its
 * parent does not.
 */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.processStart === identity.processStart;
}

/**
 * The start of a process in clock ticks from the machine's start (field 22 of proc(5)); undefined for an
 * ended process.
 *
 * @param stat - text of `/proc/PID/stat`; the name in its second field may hold spaces and brackets
 */
export function startFromStat(stat: string): string | undefined {
  const fields = statFields(stat);
  const [state] = fields;
  // A first thread that has ended already shows nothing while others live: they still hold ports and files.
  const threads = Number(fields[17]);
  return (state === 'Z' && threads <= 1) || state === 'X' ? undefined : fields[19];
}

async function startOnLinux(pid: number): Promise<string | undefined> {
  try {
    const start = startFromStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (start === undefined) return undefined;
    // Ticks count from the machine's start, so they only mean something together with it.
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${start}`;
  } catch {
    return undefined;
  }
}

async function startElsewhere(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    const [, state = 'Z', start] = /^\s*(\S)\S*\s+(.+?)\s*$/.exec(stdout) ?? [];
    return state === 'Z' ? undefined : start;
  } catch {
    return undefined;
  }
}
