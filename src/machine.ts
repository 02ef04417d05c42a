import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Bytes. */
export interface Memory {
  /** Free, or held by caches that give it back. */
  readonly availableBytes: number;
  /** Of the machine, or the limit of the container. */
  readonly totalBytes: number;
}

export interface Disk {
  /** The path that was asked for. */
  readonly path: string;
  /** What this user can still write there. */
  readonly freeBytes: number;
  /** The same for all paths on one file system. */
  readonly device: number;
}

/** Undefined without a limit. */
export interface GroupLimits {
  /** What the group can still take, and its limit. */
  readonly memory: Memory | undefined;
  /** May be a fraction. */
  readonly cores: number | undefined;
}

/** Undefined where there is no such file. */
export type ReadText = (path: string) => string | undefined;

/**
 * Memory within the limits of this process's control group.
 *
 * @remarks `process.availableMemory()` is not enough: on macOS it leaves out what caches would give back, as
 * `os.freemem()` does (100 MB on an idle machine), and in a container it counts the page cache as used, which
 * a broker fills with whatever it writes.
 */
export function memory(): Memory {
  const machine = {
    availableBytes: process.platform === 'darwin' ? macMemory() : freemem(),
    totalBytes: totalmem(),
  };
  const group = groupLimits(textOf).memory;
  if (group === undefined) return machine;
  return {
    availableBytes: Math.min(machine.availableBytes, group.availableBytes),
    totalBytes: Math.min(machine.totalBytes, group.totalBytes),
  };
}

/**
 * Number of cores that this process may use: those of the machine, of its CPU affinity, or of its control
 * group's quota, which may be a fraction. (`availableParallelism` of Node 20 knows no quota.)
 */
export function cores(): number {
  return Math.min(availableParallelism(), groupLimits(textOf).cores ?? Infinity);
}

/**
 * The disk of a path, or of the nearest folder above it that exists; undefined where the system does not
 * report it.
 */
export async function diskOf(path: string): Promise<Disk | undefined> {
  for (let place = resolve(path); ; place = dirname(place)) {
    try {
      const [{ dev }, { bavail, bsize }] = await Promise.all([stat(place), statfs(place)]);
      return { path, freeBytes: bavail * bsize, device: dev };
    } catch {
      if (dirname(place) === place) return undefined;
    }
  }
}

/**
 * The limits of this process's control groups, of both versions, including those of the groups above; none
 * where the system has no control groups.
 */
export function groupLimits(read: ReadText): GroupLimits {
  const memories: Memory[] = [];
  const quotas: number[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const kinds = controllers.split(',');
    for (const folder of groupFolders(controllers, path)) {
      const at = (file: string): string | undefined => read(join(folder, file))?.trim();
      if (controllers === '' || kinds.includes('memory')) memories.push(...memoryOf(at));
      if (controllers === '' || kinds.includes('cpu')) quotas.push(...quotaOf(at));
    }
  }
  const tightest = memories.reduce<Memory | undefined>(
    (best, each) => (best === undefined || each.availableBytes < best.availableBytes ? each : best),
    undefined,
  );
  return { memory: tightest, cores: quotas.length === 0 ? undefined : Math.min(...quotas) };
}

/**
 * What macOS can give in bytes, from the output of `vm_stat`: free, inactive and speculative pages, as psutil
 * counts it. Undefined for any other text.
 */
export function macAvailableBytes(text: string): number | undefined {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const pages = ['free', 'inactive', 'speculative'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(text)?.[1]),
  );
  const bytes = pageBytes * pages.reduce((sum, count) => sum + count, 0);
  return Number.isNaN(bytes) ? undefined : bytes;
}

/**
 * The folders of a group and those above it. Inside a container the path is that of the host, and the folder
 * of the controller itself is the container's group.
 */
function groupFolders(controllers: string, path: string): readonly string[] {
  const roots =
    controllers === ''
      ? ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']
      : [...new Set([controllers, ...controllers.split(',')])].map((name) => `/sys/fs/cgroup/${name}`);
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return roots.flatMap((root) =>
    parts.map((_, depth) => join(root, ...parts.slice(0, depth + 1))).concat(root),
  );
}

/** Empty where the group sets no limit. Version 2 says `max`, version 1 a number beyond any memory. */
function memoryOf(at: ReadText): readonly Memory[] {
  const limits = ['memory.max', 'memory.high', 'memory.limit_in_bytes'].map((file) =>
    Number(at(file) ?? NaN),
  );
  const limit = Math.min(...limits.filter((bytes) => bytes > 0 && bytes < 2 ** 60));
  if (!Number.isFinite(limit)) return [];
  const used = Number(at('memory.current') ?? at('memory.usage_in_bytes') ?? 0);
  const stat = at('memory.stat') ?? '';
  // Version 1 counts groups below with `total_` before the name.
  const cached = ['inactive_file', 'active_file'].map((name) =>
    Number(
      new RegExp(`^total_${name} (\\d+)$`, 'm').exec(stat)?.[1] ??
        new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ??
        0,
    ),
  );
  const held = Math.max(0, used - cached.reduce((sum, bytes) => sum + bytes, 0));
  return [{ availableBytes: Math.max(0, limit - held), totalBytes: limit }];
}

function quotaOf(at: ReadText): readonly number[] {
  const [quota, period] = at('cpu.max')?.split(' ') ?? [at('cpu.cfs_quota_us'), at('cpu.cfs_period_us')];
  const share = Number(quota) / Number(period);
  return share > 0 && Number.isFinite(share) ? [share] : [];
}

function macMemory(): number {
  try {
    return macAvailableBytes(execFileSync('vm_stat', { encoding: 'utf8' })) ?? freemem();
  } catch {
    return freemem();
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
