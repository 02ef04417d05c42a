import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkOmb, ombDriver, ombRate, ombWorkload } from '../../bench/support/omb.js';

const load = { bootstrap: 'b:1', topic: 't', bytes: 85_000, messages: 1, acks: 'all' } as const;

describe('OpenMessaging Benchmark', () => {
  it('is told the broker, the acknowledgements and large batches', () => {
    const driver = parse(ombDriver(load)) as Record<string, string>;
    expect(driver.commonConfig).toBe('bootstrap.servers=b:1\n');
    expect(driver.producerConfig?.split('\n')).toEqual(
      expect.arrayContaining(['acks=all', 'batch.size=1000000', 'max.request.size=1048576']),
    );
    expect(ombDriver({ ...load, bytes: 3_000_000 })).toContain('max.request.size=3001000');
  });

  it('is told to send without readers, as fast as it can, at most 32 MB of different messages', () => {
    expect(parse(ombWorkload(85_000, 4))).toMatchObject({
      messageSize: 85_000,
      partitionsPerTopic: 4,
      subscriptionsPerTopic: 0,
      warmupDurationMinutes: 0,
      randomizedPayloadPoolSize: 376,
    });
    expect(parse(ombWorkload(100, 4))).toMatchObject({ randomizedPayloadPoolSize: 10_000 });
  });

  it.each([
    [
      'a rate with its padding',
      '01:51:20.1 [main] INFO WorkloadGenerator - Pub rate 179860.4 msg/s / 171.5 MB/s | Pub err     0.0 err/s | Cons rate',
      { perSecond: 179_860.4, failed: 0 },
    ],
    [
      'thousands with commas, and failures',
      'Pub rate  1,179,860.4 msg/s / 171.5 MB/s | Pub err  2.5 err/s |',
      { perSecond: 1_179_860.4, failed: 2.5 },
    ],
    ['no rate in another line', '----- Starting benchmark traffic (5m)------', undefined],
  ])('reads %s', (_what, line, expected) => {
    expect(ombRate(line)).toEqual(expected);
  });

  it('is looked for by its jar before anything is started', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-omb-'));
    expect(() => {
      checkOmb(folder);
    }).toThrow(/is no distribution of OpenMessaging Benchmark/);
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib', 'io.openmessaging.benchmark-benchmark-framework-0.0.1.jar'), '');
    expect(() => {
      checkOmb(folder);
    }).not.toThrow();
  });
});
