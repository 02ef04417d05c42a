import { loadavg } from 'node:os';
import { cores, diskOf, memory } from '../machine.js';
import { formatBytes } from '../report/format.js';
import type { Check } from './check.js';

const oldestNode = 20;
const wantedDiskBytes = 3e9;
const wantedMemoryBytes = 2e9;

/** Node itself: the program needs 20 or newer. */
export const nodeCheck: Check = {
  name: 'Node',
  run: () => {
    const { node } = process.versions;
    const works = Number(node.split('.')[0]) >= oldestNode;
    return Promise.resolve(
      works
        ? { state: 'works', detail: node }
        : { state: 'missing', detail: `${node} is too old`, mend: `install Node ${oldestNode} or newer` },
    );
  },
};

/** Cores and memory: a broker and a load generator share them here. */
export const coresCheck: Check = {
  name: 'cores and memory',
  run: () => {
    const { availableBytes, totalBytes } = memory();
    const own = cores();
    const load = loadavg()[0] ?? 0;
    const detail = `${own} ${own === 1 ? 'core' : 'cores'} (load ${load.toFixed(1)}), ${formatBytes(availableBytes)} of ${formatBytes(totalBytes)} of memory available`;
    if (availableBytes < wantedMemoryBytes) {
      return Promise.resolve({
        state: 'limited',
        detail,
        mend: 'close other programs: a local broker takes about 1 GB',
      });
    }
    if (own < 2) {
      return Promise.resolve({
        state: 'limited',
        detail: `${detail}: broker and load generator share one core, rates will be low`,
      });
    }
    return Promise.resolve({ state: 'works', detail });
  },
};

/** Free disk space where the local broker keeps its data. */
export function diskCheck(folder: string): Check {
  return {
    name: 'disk',
    run: async () => {
      const disk = await diskOf(folder);
      if (disk === undefined)
        return { state: 'limited', detail: `nothing is known of the disk of ${folder}` };
      const detail = `${formatBytes(disk.freeBytes)} free in ${folder}`;
      return disk.freeBytes >= wantedDiskBytes
        ? { state: 'works', detail }
        : {
            state: 'limited',
            detail,
            mend: 'free some disk, or name another folder: export RUBIN_ALERT_SIM_CACHE=/another/folder',
          };
    },
  };
}
