import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { IntervalRecord } from '../src/measure/interval.js';
import { installationFolder } from '../src/version.js';
import { durationAt, type Bench } from './support/bench.js';
import { medianOf, type Measured } from './support/rounds.js';

const run = promisify(execFile);

/** Resident memory of `rubin-alert-sim run` in a process of its own: 2 workers, 500/s of 85 kB, for a minute. */
export const memoryBench: Bench = {
  name: 'memory',
  unit: 'MB resident, last third',
  better: 'less',
  bound: "each lane keeps up to 64 MB of alerts (replay.prefetch) and librdkafka's queue; the rest is Node's",
  contenders: ({ bootstrap, folder, admin }, _note, size) =>
    Promise.resolve(
      [1, 3].map((times) => ({
        name: `2 workers, 500/s of 85 kB, ${times === 1 ? '1 minute' : `${times} minutes`}`,
        measure: async () => {
          const parent = await mkdtemp(join(folder, 'memory-'));
          const file = join(parent, 'memory.yaml');
          writeFileSync(file, scenario(bootstrap, durationAt(60 * times, size)));
          const program = join(installationFolder, 'dist', 'src', 'cli', 'main.js');
          await run(process.execPath, [program, 'run', file, '--out', join(parent, 'runs')], {
            maxBuffer: 1 << 26,
          });
          await admin.remove('bench-memory');
          return memoryOf(join(parent, 'runs'));
        },
      })),
    ),
};

function memoryOf(runs: string): Measured {
  const [folder = ''] = readdirSync(runs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const lines = readFileSync(join(runs, folder, 'intervals.ndjson'), 'utf8')
    .trim()
    .split('\n');
  const megabytes = lines
    .map((line) => JSON.parse(line) as IntervalRecord)
    .filter(({ phase }) => phase === 'steady')
    .map(({ harness }) => harness.rssBytes / 1e6);
  const third = Math.max(1, Math.floor(megabytes.length / 3));
  const last = medianOf(megabytes.slice(-third));
  const first = medianOf(megabytes.slice(0, third));
  return {
    figure: last,
    details: {
      'first third, MB': first,
      'last third − first, MB': last - first,
      'largest, MB': Math.max(...megabytes),
    },
  };
}

function scenario(bootstrap: string, duration: string): string {
  return `
name: memory
kafka:
  bootstrap: ${bootstrap}
  client: {linger.ms: 5, acks: 1, enable.idempotence: false}
alerts: {payload: {bytes: 85000, count: 1000}}
reservoir: {topic: bench-memory-reservoir, partitions: 2, workers: 1}
stream: {topic: bench-memory, partitions: 4}
replay:
  workers: 2
  phases:
    - {name: steady, rate: 500/s, duration: ${duration}}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;
}
