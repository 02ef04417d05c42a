import { describe, expect, it } from 'vitest';
import { brokerRead, type BrokerRead } from '../../../src/broker/metrics/brokerRead.js';
import { ReadHistory } from '../../../src/broker/metrics/readHistory.js';

const messages = 'kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec:Count';

/** A broker that took in `total` messages until then. */
const read = (atMs: number, total: number): BrokerRead =>
  brokerRead(atMs, new Map([[messages, total]]), undefined);

function historyOf(...reads: readonly (readonly [number, number])[]): ReadHistory {
  const history = new ReadHistory(1000);
  for (const [atMs, total] of reads) history.add(read(atMs, total));
  return history;
}

const rateOf = (history: ReadHistory, fromMs: number, toMs: number): number | undefined =>
  history.metrics(fromMs, toMs)?.metrics.messagesInPerSecond;

describe('the reads of a broker', () => {
  it('tell each message once, however reads and intervals fall', () => {
    const history = new ReadHistory(1000);
    history.add(read(0, 0));
    const readAtMs = [700, 1900, 2600, 3800, 4500, 5400];
    let told = 0;
    for (const endMs of [1000, 2000, 3000, 4000, 5000, 6000]) {
      while ((readAtMs[0] ?? Infinity) <= endMs) {
        const atMs = readAtMs.shift() ?? 0;
        history.add(read(atMs, atMs * atMs));
      }
      const { messagesInPerSecond = 0, spanSeconds = 0 } =
        history.metrics(endMs - 1000, endMs)?.metrics ?? {};
      told += messagesInPerSecond * spanSeconds;
    }
    expect(told).toBeCloseTo(5400 ** 2, 3);
  });

  it('tell nothing twice', () => {
    const history = historyOf([0, 0], [1000, 50]);
    expect(rateOf(history, 0, 1000)).toBe(50);
    expect(rateOf(history, 1000, 1200)).toBeUndefined();
    history.add(read(2000, 250));
    expect(rateOf(history, 1200, 2100)).toBe(200);
  });

  it('begin where the interval begins when nobody asked before', () => {
    expect(rateOf(historyOf([0, 0], [1000, 900], [2000, 1000], [3000, 1100]), 2100, 3000)).toBe(100);
  });

  it('leave out what happened while nobody asked', () => {
    const history = historyOf([0, 0], [1000, 10]);
    expect(rateOf(history, 0, 1000)).toBe(10);
    for (const atMs of [2000, 3000, 4000, 5000]) history.add(read(atMs, 9000));
    history.add(read(6000, 9030));
    expect(rateOf(history, 5000, 6000)).toBe(30);
  });

  it.each<[string, ReadHistory, number, number]>([
    ['without a read', historyOf(), 0, 1000],
    ['after a single read', historyOf([900, 5]), 0, 1000],
    ['when the last read is long ago', historyOf([0, 0], [1000, 5]), 9000, 10_000],
    ['when the broker stood still and has just come back', historyOf([0, 0], [60_000, 5]), 59_500, 60_100],
  ])('tell nothing %s', (_, history, fromMs, toMs) => {
    expect(history.metrics(fromMs, toMs)).toBeUndefined();
  });

  it('leave out a read of a clock that was set back', () => {
    const history = historyOf([0, 0], [1000, 10], [500, 20]);
    expect(rateOf(history, 0, 1000)).toBe(10);
  });
});
