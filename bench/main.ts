import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { defaultKafkaVersion } from '../src/broker/distribution.js';
import { clientVersion } from '../src/kafka/version.js';
import { benches, benchesOf } from './benches.js';
import { runMicro } from './micro/runMicro.js';
import { show } from './show.js';
import { startBenchBroker } from './support/broker.js';
import { machineLimits, type MachineLimits } from './support/limits.js';
import type { BenchFile, BenchResult } from './support/result.js';
import { alternate } from './support/rounds.js';
import { benchText } from './support/tables.js';

const usage = `usage: npm run bench -- [--rounds N] [--quick] [--workers 1,2] [NAME…]
       npm run bench -- micro [STEP…]
       npm run bench -- show FILE… [--svg FILE]
names, or what they begin with: ${benches.map(({ name }) => name).join(', ')}`;

/**
 * `npm run bench`: measures ours and its peers in the same rounds, and prints medians and ratios.
 *
 * @param words - the words of the command line
 */
async function main(words: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      workers: { type: 'string', default: '1,2' },
      svg: { type: 'string' },
    },
  });
  const [first, ...rest] = positionals;
  if (first === 'micro') return runMicro(rest, values.quick ? 0.1 : 1);
  if (first === 'show') {
    show(rest, values.svg);
    return;
  }
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  const workers = values.workers.split(',').map(Number);
  const chosen = benchesOf(positionals);
  if (chosen.length === 0 || !Number.isInteger(rounds) || rounds < 1) throw new Error(usage);
  if (!workers.every((count) => Number.isInteger(count) && count >= 1)) throw new Error(usage);
  const size = { scale: values.quick ? 0.1 : 1, workers };
  const loadBefore = loadavg();
  const limits = await machineLimits(values.quick ? 64 : 512);
  const results: BenchResult[] = [];
  const file = `runs/bench-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.json`;
  mkdirSync('runs', { recursive: true });
  const broker = await startBenchBroker();
  try {
    for (const bench of chosen) {
      process.stderr.write(`${bench.name}\n`);
      const notes: string[] = [];
      const contenders = await bench.contenders(broker, (remark) => notes.push(remark), size);
      const measured = await alternate(contenders, rounds);
      const { name, unit, better = 'more', bound = '' } = bench;
      const result: BenchResult = { bench: name, unit, better, bound, results: measured, notes };
      results.push(result);
      console.log(benchText(result));
      // After each one, so that what was measured is kept when a later one fails.
      const whole: BenchFile = { machine: machine(loadBefore, limits), rounds, scale: size.scale, results };
      writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
    }
  } finally {
    await broker.stop();
  }
  console.log(`\nwritten to ${file}`);
}

function machine(loadBefore: readonly number[], limits: MachineLimits): Record<string, unknown> {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  return {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryGB: totalmem() / 1e9,
    loadBefore,
    loadAfter: loadavg(),
    ...limits,
    node: process.versions.node,
    librdkafka: clientVersion,
    kafka: defaultKafkaVersion,
    commit: git('rev-parse', 'HEAD'),
    changedSinceCommit: git('status', '--porcelain', '--untracked-files=no') !== '',
  };
}

await main(process.argv.slice(2));
