import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cores, diskOf, groupLimits, macAvailableBytes, memory } from '../src/machine.js';
import { installationFolder } from '../src/version.js';

const MiB = 2 ** 20;
const of = (files: Readonly<Record<string, string>>) => groupLimits((path) => files[path]);

describe('the limits of control groups', () => {
  it.each<[string, Readonly<Record<string, string>>, ReturnType<typeof groupLimits>]>([
    ['are none on a system without groups', {}, { memory: undefined, cores: undefined }],
    [
      'are those of a container with version 2, whose page cache makes room',
      {
        '/proc/self/cgroup': '0::/\n',
        '/sys/fs/cgroup/memory.max': `${2048 * MiB}\n`,
        '/sys/fs/cgroup/memory.current': `${1900 * MiB}\n`,
        '/sys/fs/cgroup/memory.stat': `anon 1\ninactive_file ${1000 * MiB}\nactive_file ${500 * MiB}\n`,
        '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      },
      { memory: { availableBytes: 1648 * MiB, totalBytes: 2048 * MiB }, cores: 1.5 },
    ],
    [
      'are the tightest of a group and those above it',
      {
        '/proc/self/cgroup': '0::/user.slice/job.scope\n',
        '/sys/fs/cgroup/user.slice/memory.max': `${512 * MiB}\n`,
        '/sys/fs/cgroup/user.slice/memory.current': `${100 * MiB}\n`,
        '/sys/fs/cgroup/user.slice/job.scope/memory.max': 'max\n',
        '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n',
        '/sys/fs/cgroup/user.slice/job.scope/cpu.max': '400000 100000\n',
      },
      { memory: { availableBytes: 412 * MiB, totalBytes: 512 * MiB }, cores: 4 },
    ],
    [
      'are those of version 1, also where the path is that of the host',
      {
        '/proc/self/cgroup': '9:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${1024 * MiB}\n`,
        '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${600 * MiB}\n`,
        '/sys/fs/cgroup/memory/memory.stat': `inactive_file 1\ntotal_inactive_file ${200 * MiB}\ntotal_active_file 0\n`,
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      },
      { memory: { availableBytes: 624 * MiB, totalBytes: 1024 * MiB }, cores: 0.5 },
    ],
    [
      'are none where version 1 says that there are none',
      {
        '/proc/self/cgroup': '9:memory:/\n1:cpu:/\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      { memory: undefined, cores: undefined },
    ],
    [
      'leave nothing where a group is above its limit for a moment',
      {
        '/proc/self/cgroup': '0::/\n',
        '/sys/fs/cgroup/memory.max': `${100 * MiB}\n`,
        '/sys/fs/cgroup/memory.current': `${101 * MiB}\n`,
      },
      { memory: { availableBytes: 0, totalBytes: 100 * MiB }, cores: undefined },
    ],
  ])('%s', (_what, files, expected) => {
    expect(of(files)).toEqual(expected);
  });
});

/** A real control group, with this test's own process left where it is. */
const group = '/sys/fs/cgroup/memory/rubin-alert-sim-test';
const groupFault = ((): string | undefined => {
  try {
    mkdirSync(group);
    rmdirSync(group);
    return undefined;
  } catch {
    return 'no control groups of version 1 that this user may make';
  }
})();

describe.skipIf(groupFault !== undefined)(`a process in a real control group (${groupFault ?? 'v1'})`, () => {
  beforeAll(() => {
    mkdirSync(group);
    writeFileSync(join(group, 'memory.limit_in_bytes'), String(300 * MiB));
  });
  afterAll(() => {
    rmdirSync(group);
  });

  it('has what the group leaves, with files that it read counted as free', () => {
    const module = pathToFileURL(join(installationFolder, 'dist', 'src', 'machine.js')).href;
    const program = `const { memory } = await import('${module}'); console.log(JSON.stringify(memory()))`;
    // Reads 200 MB first: they fill the group as page cache.
    const script = `echo $$ > ${group}/cgroup.procs; f=$(mktemp); head -c 200000000 /dev/zero > $f; cat $f > /dev/null; rm $f; exec "$0" --input-type=module -e "$1"`;
    const text = execFileSync('sh', ['-c', script, process.execPath, program], { encoding: 'utf8' });
    const found = JSON.parse(text) as ReturnType<typeof memory>;
    expect(found.totalBytes).toBe(300 * MiB);
    expect(found.availableBytes).toBeGreaterThan(180 * MiB);
    expect(found.availableBytes).toBeLessThan(300 * MiB);
  });
});

describe('this machine', () => {
  it('has memory and cores', () => {
    const { availableBytes, totalBytes } = memory();
    expect(availableBytes).toBeGreaterThan(10e6);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
    expect(totalBytes).toBeLessThanOrEqual(totalmem());
    if (process.platform === 'linux') expect(availableBytes).toBeLessThanOrEqual(freemem() + 1e9);
    expect(cores()).toBeGreaterThan(0);
  });

  it('has a disk for a path that does not exist yet', async () => {
    const root = await diskOf('/');
    expect(root?.freeBytes).toBeGreaterThan(0);
    const { device } = root ?? {};
    expect(await diskOf('/no-such-folder/a/b')).toMatchObject({ device, path: '/no-such-folder/a/b' });
  });
});

it('counts what macOS can give as psutil does: free, inactive and speculative pages', () => {
  const text = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                6143.
Pages active:                            298034.
Pages inactive:                          291452.
Pages speculative:                         5772.
Pages throttled:                              0.
Pages wired down:                        124586.
Pages purgeable:                           3264.
"Translation faults":                 824823143.
`;
  expect(macAvailableBytes(text)).toBe((6143 + 291_452 + 5772) * 16_384);
  expect(macAvailableBytes('no such program')).toBeUndefined();
});
