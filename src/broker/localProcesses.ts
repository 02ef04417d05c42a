import { readFileSync } from 'node:fs';
import { listenerOf } from './metrics/listener.js';
import { localPorts } from './ownBroker.js';

/** A broker's process on this machine. */
export interface LocalBroker {
  /** `localhost:9092`. */
  readonly broker: string;
  readonly pid: number;
  /** Since 1970. */
  readonly startedAtMs: number;
}

/** Linux counts CPU time for programs in hundredths of a second. */
const ticksPerSecond = 100;

/**
 * The processes of this machine's brokers that a scenario names; undefined where there may be one whose
 * process is unknown.
 *
 * @param bootstrap - `host:port`, or several with commas between
 */
export async function localBrokers(bootstrap: string): Promise<readonly LocalBroker[] | undefined> {
  const ports = localPorts(bootstrap);
  if (ports === undefined) return [];
  const found: LocalBroker[] = [];
  for (const port of ports) {
    const pid = await listenerOf(port).catch(() => undefined);
    // A proxy of a container's listens for a broker that is another process.
    const startedAtMs = pid === undefined || !isKafka(pid) ? undefined : startOf(pid);
    if (pid === undefined || startedAtMs === undefined) return undefined;
    found.push({ broker: `localhost:${port}`, pid, startedAtMs });
  }
  return found;
}

/** The CPU time of a process in seconds; undefined where it is gone or the system does not report it. */
export function processCpuSeconds(pid: number): number | undefined {
  const fields = statOf(pid);
  const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return Number.isFinite(seconds) ? seconds : undefined;
}

function isKafka(pid: number): boolean {
  return /kafka/i.test(read(`/proc/${pid}/cmdline`));
}

function startOf(pid: number): number | undefined {
  const uptimeSeconds = Number.parseFloat(read('/proc/uptime'));
  const startSeconds = Number(statOf(pid)[19]) / ticksPerSecond;
  const ageSeconds = uptimeSeconds - startSeconds;
  return Number.isFinite(ageSeconds) ? Date.now() - ageSeconds * 1000 : undefined;
}

/**
 * The fields of `/proc/PID/stat` after the program's name, which may have spaces: the first one is the state.
 */
function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
