import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { tableText } from '../src/outputs/table.js';
import { formatCount } from '../src/outputs/units.js';
import { flatOutBench } from './flatOut.js';
import { influxBench } from './influxOverhead.js';
import { playBench } from './play.js';
import { preloadBench } from './preload.js';
import type { Bench } from './support/bench.js';
import { startBenchBroker } from './support/broker.js';
import { alternate, type RoundsResult } from './support/rounds.js';

const benches: readonly Bench[] = [
  preloadBench,
  playBench(2000, 8),
  playBench(3000, 1.6),
  flatOutBench(100, 5_000_000),
  flatOutBench(1000, 1_000_000),
  flatOutBench(85_000, 15_000),
  influxBench,
];

const usage = `usage: npm run bench -- [--rounds N] [NAME…]   names: ${benches.map(({ name }) => name).join(', ')}`;

/**
 * `npm run bench`: measures ours and its peers in the same rounds, and prints medians and ratios.
 *
 * @param words - the words of the command line
 */
async function main(words: readonly string[]): Promise<void> {
  const { rounds, names } = parse(words);
  const chosen = benches.filter(
    ({ name }) => names.length === 0 || names.some((start) => name.startsWith(start)),
  );
  if (chosen.length === 0 || !(rounds >= 1)) throw new Error(usage);
  const loadBefore = loadavg();
  const results: { bench: string; unit: string; results: RoundsResult[]; notes: string[] }[] = [];
  const broker = await startBenchBroker();
  try {
    for (const bench of chosen) {
      const notes: string[] = [];
      const contenders = await bench.contenders(broker, (remark) => notes.push(remark));
      const measured = await alternate(contenders, rounds);
      results.push({ bench: bench.name, unit: bench.unit, results: measured, notes });
      print(bench, measured, notes);
    }
  } finally {
    await broker.stop();
  }
  mkdirSync('runs', { recursive: true });
  const file = `runs/bench-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.json`;
  writeFileSync(file, `${JSON.stringify({ machine: machine(loadBefore), rounds, results }, null, 2)}\n`);
  console.log(`\nwritten to ${file}`);
}

function parse(words: readonly string[]): { rounds: number; names: string[] } {
  const names = [...words];
  const at = names.indexOf('--rounds');
  const rounds = at < 0 ? 3 : Number(names.splice(at, 2)[1]);
  return { rounds, names };
}

function print(bench: Bench, results: readonly RoundsResult[], notes: readonly string[]): void {
  console.log(`\n${bench.name}, ${bench.unit}`);
  console.log(
    tableText(
      ['', 'median', 'rounds', 'ours / this'],
      results.map(({ name, median, figures, firstToThis }, index) => [
        name,
        formatCount(median),
        figures.map(formatCount).join(', '),
        index === 0 ? '' : firstToThis.toFixed(2),
      ]),
    ),
  );
  for (const remark of notes) console.log(`  ${remark}`);
}

function machine(loadBefore: readonly number[]): Record<string, unknown> {
  return {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    loadBefore,
    node: process.versions.node,
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
  };
}

await main(process.argv.slice(2));
