import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { medianOf } from '../support/rounds.js';
import type { Step } from './step.js';

/** Calls of a step between two readings: few, so that no collection happens between them. */
const mostOperations = 20_000;

/**
 * Bytes that a step allocates on V8's heap per operation, the median of 5 readings. What librdkafka allocates
 * is not included.
 *
 * @param step - warm
 */
export async function allocatedBytes({ operations, before, run }: Step): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const calls = Math.max(1, Math.min(8, Math.floor(mostOperations / operations)));
  const readings: number[] = [];
  for (let reading = 0; reading < 5; reading += 1) {
    let bytes = 0;
    for (let call = 0; call < calls; call += 1) {
      await before?.();
      collect();
      const startBytes = process.memoryUsage().heapUsed;
      run();
      bytes += process.memoryUsage().heapUsed - startBytes;
    }
    readings.push(bytes / (calls * operations));
  }
  return Math.max(0, medianOf(readings) - readingBytes() / operations);
}

/** What a reading itself allocates. */
function readingBytes(): number {
  const readings = Array.from({ length: 9 }, () => {
    const startBytes = process.memoryUsage().heapUsed;
    return process.memoryUsage().heapUsed - startBytes;
  });
  return medianOf(readings);
}
