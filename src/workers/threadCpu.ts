import { readFileSync } from 'node:fs';
import { statFields, ticksPerSecond } from '../procStat.js';

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
    // utime and stime are fields 14 and 15.
    const fields = statFields(readFileSync(path, 'latin1'));
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return null;
  }
}
