import { readFileSync } from 'node:fs';
import { statFields, ticksPerSecond } from '../procStat.js';
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

function statOf(pid: number): string[] {
  return statFields(read(`/proc/${pid}/stat`));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
