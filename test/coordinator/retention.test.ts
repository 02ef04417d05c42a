import { describe, expect, it } from 'vitest';
import { retentionConfig, type Retention } from '../../src/coordinator/retention.js';

describe('retentionConfig', () => {
  it.each<[string, Retention, number, Record<string, string>]>([
    [
      'keeps an hour, in segments of a tenth of it, which are what Kafka deletes',
      { kind: 'time', ms: 3_600_000 },
      4,
      { 'retention.ms': '3600000', 'segment.ms': '360000' },
    ],
    [
      'makes no segment shorter than ten seconds',
      { kind: 'time', ms: 20_000 },
      1,
      { 'retention.ms': '20000', 'segment.ms': '10000' },
    ],
    [
      'divides a size among the partitions, for each of which the setting counts',
      { kind: 'size', bytes: 10e9 },
      4,
      { 'retention.bytes': '2500000000', 'segment.bytes': '250000000' },
    ],
    [
      'makes no segment too small for a batch',
      { kind: 'size', bytes: 8e6 },
      4,
      { 'retention.bytes': '2000000', 'segment.bytes': '4194304' },
    ],
    [
      'makes none larger than Kafka does by itself',
      { kind: 'size', bytes: 1e12 },
      1,
      { 'retention.bytes': '1000000000000', 'segment.bytes': '1073741824' },
    ],
  ])('%s', (_, retention, partitions, config) => {
    expect(retentionConfig(retention, partitions)).toEqual(config);
  });
});
