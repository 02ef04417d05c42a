import { describe, expect, it } from 'vitest';
import { intervalLine, liveView } from '../../src/outputs/liveView.js';
import { soundLatency } from '../results/sound.js';
import type { IntervalRecord, WatchedInterval } from '../../src/results/runFolder.js';

const record: IntervalRecord = {
  time: '2026-11-24T09:42:10.000Z',
  startSeconds: 4,
  seconds: 1.02,
  phase: 'steady',
  targetPerSecond: 1000,
  achievedPerSecond: 998.6,
  bytesPerSecond: 82.9e6,
  counts: { sent: 1000, acked: 999, failed: 0, received: 990 },
  inFlight: 12,
  latency: soundLatency,
  buckets: {},
  read: [],
  lag: { 'group-1': 1500, 'group-2': 3 },
  watched: {},
  harness: { cpuCores: 0.3, rssBytes: 2e8 },
  workers: {},
  broker: null,
};

const seen = (lagMessages: number, lagSeconds: number | null): WatchedInterval => ({
  ...{ committed: 0, end: lagMessages, lagMessages, lagSeconds },
  ...{ commits: 0, members: 1, partitions: [], partitionCount: 1 },
});

const escape = '\x1b';
const clear = `\r${escape}[K`;

/** A stream that remembers what was written to it. */
function memoryStream(terminal?: { columns: number | undefined }): {
  stream: NodeJS.WriteStream;
  written: string[];
} {
  const written: string[] = [];
  const stream = {
    isTTY: terminal !== undefined,
    ...terminal,
    write: (text: string) => written.push(text) > 0,
  };
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

describe('a line about an interval', () => {
  it('says phase, rates, latencies, what is in flight and what is still to read', () => {
    expect(intervalLine(record)).toBe(
      '5s steady, 999 of 1,000/s, 82.9 MB/s, schedule lag p99 200 µs, ack p50 700 µs, response p99 5.30 ms, 12 in flight, 1,503 to read',
    );
  });

  it.each<[string, Partial<IntervalRecord>, RegExp]>([
    ['names no target flat out', { targetPerSecond: null }, /steady, 999\/s, /],
    ['says that consumers catch up where no phase is on', { phase: null }, /^5s catching up, /],
    ['leaves out latencies without a value', { latency: {} }, /MB\/s, 12 in flight/],
    ['says nothing of readers where nobody reads', { lag: {} }, /in flight$/],
    [
      'names each watched group, how far it is behind and for how long',
      { watched: { mine: seen(1234, 2.1), other: seen(0, 0) } },
      /1,000\/s, mine 1,234 behind \(2\.10 s\), other 0 behind, 82\.9 MB/,
    ],
    [
      'names of many watched groups the one that is furthest behind',
      { watched: { a: seen(1, 1), b: seen(7, null), c: seen(3, 1), d: seen(2, 1) } },
      /1,000\/s, 4 groups, furthest b 7 behind, 82\.9 MB/,
    ],
    ['says that nothing is left to read', { lag: { 'group-1': 0 } }, / 0 to read$/],
  ])('%s', (_, facts, line) => {
    expect(intervalLine({ ...record, ...facts })).toMatch(line);
  });
});

describe('a live view', () => {
  it('prints plain lines elsewhere than on a terminal: each change of phase, and each five seconds', () => {
    const { stream, written } = memoryStream();
    const view = liveView(stream);
    const phases = ['warm-up', ...new Array<string>(7).fill('steady'), null, null];
    phases.forEach((phase, startSeconds) => {
      view.onInterval({ ...record, phase, startSeconds, seconds: 1 });
    });
    view.stop();
    expect(written.map((line) => line.replace(/,.*/s, ''))).toEqual([
      '1s warm-up',
      '2s steady',
      '7s steady',
      '9s catching up',
    ]);
    expect(written.join('')).not.toContain(escape);
    expect(written.every((line) => line.endsWith('\n'))).toBe(true);
  });

  it('draws one line anew on a terminal, within its width, and takes it away at the end', () => {
    const { stream, written } = memoryStream({ columns: 40 });
    const view = liveView(stream);
    view.onInterval(record);
    view.onInterval({ ...record, startSeconds: 5 });
    view.stop();
    expect(written).toEqual([
      `${clear}${intervalLine(record).slice(0, 39)}`,
      `${clear}${intervalLine({ ...record, startSeconds: 5 }).slice(0, 39)}`,
      clear,
    ]);
  });

  it.each([0, undefined])('takes a terminal that tells its width as %s for one of 80 columns', (columns) => {
    const { stream, written } = memoryStream({ columns });
    liveView(stream).onInterval(record);
    expect(written).toEqual([`${clear}${intervalLine(record).slice(0, 79)}`]);
  });
});
