import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { defaultKafkaVersion } from '../src/broker/distribution.js';
import { AlertSimError } from '../src/errors.js';
import { clientVersion } from '../src/kafka/library.js';
import { benches, benchesOf } from './benches.js';
import { benchCommand, benchUsage, type BenchCommand } from './commandLine.js';
import { printModel } from './growth/model.js';
import { runMicro } from './micro/runMicro.js';
import { show } from './show.js';
import { measureFlatOut } from './flatOut.js';
import { durationAt, type BenchSize, type PointedPeers } from './support/bench.js';
import { startBenchBroker, type BenchBroker } from './support/broker.js';
import { machineLimits, type MachineLimits } from './support/limits.js';
import { checkOmb } from './support/omb.js';
import { findOriginal } from './support/original.js';
import type { BenchFile, BenchResult } from './support/result.js';
import { breakOff } from './support/program.js';
import { alternate } from './support/rounds.js';
import { benchText } from './support/tables.js';

const names = benches.map(({ name }) => name);

/**
 * `npm run bench`: measures ours and its peers in the same rounds, and prints medians and ratios.
 *
 * @throws `BAD_USAGE`, `BAD_INPUT_FILE`, and whatever fails during a measurement
 */
async function main(words: readonly string[]): Promise<void> {
  const command = benchCommand(words, names, process.env);
  switch (command.kind) {
    case 'help':
      process.stdout.write(benchUsage(names));
      return;
    case 'micro':
      return runMicro(command.steps, command.scale);
    case 'show':
      show(command.paths, command.svg);
      return;
    case 'model':
      printModel(command.paths);
      return;
    case 'measure':
      return measure(command);
  }
}

async function measure(command: Extract<BenchCommand, { kind: 'measure' }>): Promise<void> {
  const { rounds, scale, workers } = command;
  const chosen = benchesOf(command.words);
  const size = { scale, workers };
  const peers = await pointedPeers(command);
  const loadBefore = loadavg();
  const limits = await machineLimits(scale < 1 ? 64 : 512);
  const results: BenchResult[] = [];
  const file = `runs/bench-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.json`;
  mkdirSync('runs', { recursive: true });
  const broker = await startBenchBroker();
  // An aborted measurement ends what it started: peers, broker, folder.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      breakOff.abort();
      void broker.stop().finally(() => process.exit(130));
    });
  try {
    process.stderr.write('warming the broker up, which does not count\n');
    await warmUp(broker, size);
    for (const bench of chosen) {
      process.stderr.write(`${bench.name}\n`);
      const notes: string[] = [];
      const contenders = await bench.contenders(broker, (remark) => notes.push(remark), size, peers);
      const measured = await alternate(contenders, rounds);
      const { name, unit, better = 'more', bound = '' } = bench;
      const result: BenchResult = { bench: name, unit, better, bound, results: measured, notes };
      results.push(result);
      console.log(benchText(result));
      // After each one, so that what was measured is kept when a later one fails.
      const whole: BenchFile = { machine: machine(loadBefore, limits), rounds, scale, results };
      writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
    }
  } finally {
    await broker.stop();
  }
  console.log(`\nwritten to ${file}`);
}

/** A broker whose virtual machine has compiled nothing yet would slow down the first contender. */
async function warmUp(broker: BenchBroker, size: BenchSize): Promise<void> {
  for (const bytes of [100, 113_000]) {
    const alerts = `payload: {bytes: ${bytes}, count: 300}`;
    const load = { acks: '1', compression: 'none', alerts, workers: 1 } as const;
    await measureFlatOut(broker, 'bench-warm-up', load, durationAt(8, size));
  }
}

/** Before anything is started: a wrong folder is reported at once. */
async function pointedPeers({
  original,
  omb,
}: Extract<BenchCommand, { kind: 'measure' }>): Promise<PointedPeers> {
  if (omb !== undefined) checkOmb(omb);
  return { original: original === undefined ? undefined : await findOriginal(original), omb };
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
    librdkafka: clientVersion(),
    kafka: defaultKafkaVersion,
    commit: git('rev-parse', 'HEAD'),
    changedSinceCommit: git('status', '--porcelain', '--untracked-files=no') !== '',
  };
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  // Anything else is a bug, or a contender that failed: there the trace helps.
  if (!(thrown instanceof AlertSimError)) throw thrown;
  process.stderr.write(`bench: ${thrown.message}\n`);
  process.exitCode = thrown.exitCode;
}
