import { readFileSync } from 'node:fs';

/**
 * The resident memory of a process in bytes; undefined where the system does not report it (only Linux does),
 * or for an ended process.
 */
export function residentBytes(pid: number): number | undefined {
  try {
    // A file of the kernel's: reading it waits for no disk.
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
