import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { statFields, ticksPerSecond } from '../procStat.js';

/** A process that runs. */
export interface ProcessEntry {
  readonly pid: number;
  /** The session on Linux, else the process group: both begin with the program that we started. */
  readonly leader: number;
  /** Of itself, and of its children that have ended. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Of a page of memory: 4,096, or more on some machines. */
let pageBytes: number | undefined;

/** From our own process, whose memory is known in bytes and in pages, which are a power of two. */
function bytesOfPage(): number {
  const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]);
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}

/** The processes that run on this machine, zombies apart; none where the system does not report them. */
export async function readProcesses(): Promise<readonly ProcessEntry[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

function fromProc(): ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return entryOfStat(Number(pid), readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    } catch {
      return [];
    }
  });
}

/**
 * A process that Linux reports; undefined for a zombie.
 *
 * @param text - `/proc/PID/stat`: the program's name, which may have spaces, stands in brackets
 */
export function entryOfStat(pid: number, text: string): ProcessEntry | undefined {
  const fields = statFields(text);
  const number = (index: number): number => Number(fields[index]);
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return {
    pid,
    leader: number(3),
    cpuSeconds: (number(11) + number(12) + number(13) + number(14)) / ticksPerSecond,
    rssBytes: number(21) * (pageBytes ??= bytesOfPage()),
  };
}

async function fromPs(): Promise<ProcessEntry[]> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,pgid=,stat=,rss=,time=']);
    return stdout.split('\n').flatMap((line) => entryOfPs(line) ?? []);
  } catch {
    return [];
  }
}

/**
 * A process that `ps` reports; undefined for a zombie.
 *
 * @param line - `  123   120 S+    45678   1:02.34`: pid, process group, state, kB, CPU time
 */
export function entryOfPs(line: string): ProcessEntry | undefined {
  const [pid, leader, state, kilobytes, time = ''] = line.trim().split(/\s+/);
  if (pid === undefined || pid === '' || state?.startsWith('Z') === true) return undefined;
  const cpuSeconds = time
    .replace('-', ':')
    .split(':')
    .reverse()
    .reduce((sum, part, index) => sum + Number(part) * ([1, 60, 3600, 86_400][index] ?? 0), 0);
  return { pid: Number(pid), leader: Number(leader), cpuSeconds, rssBytes: Number(kilobytes) * 1024 };
}
