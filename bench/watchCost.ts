import { openGroupWatch } from '../src/coordinator/groupWatch.js';
import { commitOffsets } from '../src/kafka/groupOffsets.js';
import type { Bench } from './support/bench.js';
import { secondsAt } from './support/bench.js';

const topic = 'bench-watch';
const partitions = 400;
const timeoutMs = 30_000;

/**
 * The cost of watching: groups that have committed on each of 400 partitions, looked at once a second. Nothing is
 * sent, so that all that the process does is to watch; the broker's work is not counted.
 */
export const watchBench: Bench = {
  name: 'watch',
  unit: 'cores',
  better: 'less',
  bound: 'one request a second for each group, two more in five seconds, and one for the ends',
  contenders: async ({ connection, freshTopic }, _note, size) => {
    await freshTopic(topic, partitions);
    const groups = Array.from({ length: 20 }, (_, index) => `bench-watch-${index + 1}`);
    const offsets = new Array<number>(partitions).fill(0);
    for (const group of groups) await commitOffsets(connection, group, topic, offsets, timeoutMs);
    return [1, 20].map((count) => ({
      name: `${count} group${count === 1 ? '' : 's'} on ${partitions} partitions`,
      measure: async () => {
        const targets = groups.slice(0, count).map((group) => ({
          ...{ name: group, group, topic },
          kind: 'watched' as const,
        }));
        const logged = { debug: nothing, info: nothing, warning: nothing, error: nothing };
        const isMeasured = (): boolean => true;
        let samples = 0;
        const watch = await openGroupWatch({
          ...{ connection, targets, starts: undefined, isMeasured, timeoutMs, log: logged },
          onSample: (seen) => {
            samples += 1;
            seen.takeInterval();
          },
        });
        samples = 0;
        const before = process.cpuUsage();
        const startMs = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 1000 * secondsAt(20, size)));
        const { user, system } = process.cpuUsage(before);
        const seconds = (performance.now() - startMs) / 1000;
        const perSecond = samples / seconds;
        await watch.stop();
        return { figure: (user + system) / 1e6 / seconds, details: { 'samples/s': perSecond } };
      },
    }));
  },
};

function nothing(): void {
  // A benchmark prints its own result.
}
