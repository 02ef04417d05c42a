import { mkdirSync, writeFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import { alertSteps } from './alerts.js';
import { allocatedBytes } from './allocation.js';
import { measuringSteps, scheduleSteps } from './measuring.js';
import { producingSteps } from './producing.js';
import type { Step } from './step.js';
import { tableText } from '../../src/report/format.js';

interface StepFigures {
  readonly step: string;
  readonly per: string;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly allocatedBytes: number;
}

/**
 * `npm run bench -- micro`: nanoseconds and allocated bytes of each step of the hot paths, one after the
 * other, in one thread.
 *
 * @param words - parts of steps' names; none means all
 * @param scale - part of the usual second per step
 */
export async function runMicro(words: readonly string[], scale: number): Promise<void> {
  const steps: Step[] = [
    ...(await producingSteps(100)),
    ...(await producingSteps(1000)),
    ...measuringSteps(),
    ...scheduleSteps(),
    ...(await alertSteps()),
  ];
  const figures: StepFigures[] = [];
  for (const step of steps) {
    if (words.length === 0 || words.some((word) => step.name.includes(word)))
      figures.push(await measureStep(step, scale));
    await step.close?.();
  }
  const rows = figures.map(({ step, per, medianNs, p99Ns, allocatedBytes: bytes }) => [
    step,
    per,
    rounded(medianNs),
    rounded(p99Ns),
    rounded(bytes),
  ]);
  console.log(tableText(['step', 'per', 'ns, median', 'ns, p99', 'bytes allocated'], rows));
  mkdirSync('runs', { recursive: true });
  const file = `runs/bench-micro-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.json`;
  writeFileSync(file, `${JSON.stringify({ node: process.versions.node, figures }, null, 2)}\n`);
  console.log(`written to ${file}`);
}

async function measureStep(step: Step, scale: number): Promise<StepFigures> {
  const { name, per, operations, run, before } = step;
  const bench = new Bench({
    throws: true,
    // What is done before each call may take a thousand times as long as the call: there, calls are counted.
    ...(before === undefined
      ? { time: 1000 * scale, warmupTime: 250 * scale }
      : { time: 0, iterations: Math.ceil(300 * scale), warmupTime: 0, warmupIterations: 20 }),
  });
  bench.add(name, run, before === undefined ? {} : { beforeEach: before });
  const [task] = await bench.run();
  const result = task?.result;
  if (result?.state !== 'completed') throw new Error(`${name} was not measured`);
  const { p50, p99 } = result.latency;
  return {
    step: name,
    per,
    medianNs: (1e6 * p50) / operations,
    p99Ns: (1e6 * p99) / operations,
    allocatedBytes: await allocatedBytes(step),
  };
}

function rounded(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
