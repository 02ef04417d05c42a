import { readFileSync } from 'node:fs';

/** Ticks a second in /proc: 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const ticksPerSecond = 100;

/**
 * CPU time of the calling thread in seconds, to 10 ms; null where the system does not report it. Node 20
 * reports that of the whole process only; Linux reports it of the thread that reads the file.
 */
export function threadCpuSeconds(): number | null {
  return cpuSecondsIn('/proc/thread-self/stat');
}

/**
 * CPU time of a process or a thread in seconds, to 10 ms; null where there is no such file.
 *
 * @param path - its `stat` file below /proc
 */
export function cpuSecondsIn(path: string): number | null {
  try {
    const stat = readFileSync(path, 'latin1');
    // The second field, the name in brackets, may hold blanks: count from its end. utime and stime are fields
    // 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return null;
  }
}
