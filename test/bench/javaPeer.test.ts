import { describe, expect, it } from 'vitest';
import { defaultsMessages, javaProperties } from '../../bench/support/javaPeer.js';

const load = { bootstrap: 'b:1', topic: 't', bytes: 85_000, messages: 1000, acks: 'all' } as const;

describe("the settings of Kafka's Java tool", () => {
  it('are only the broker and the acknowledgements where the tool is measured as it comes', () => {
    expect(javaProperties(load, 'defaults')).toEqual(['bootstrap.servers=b:1', 'acks=all']);
  });

  it.each([
    ['as it comes', 'defaults'],
    ['tuned', 'tuned'],
  ] as const)('allow messages larger than its largest request, %s', (_how, settings) => {
    expect(javaProperties({ ...load, bytes: 2_000_000 }, settings)).toContain('max.request.size=2001000');
    expect(javaProperties(load, settings).join()).not.toContain('max.request.size');
  });

  it('have a codec only where one is asked for, and batches of 1 MB where they are tuned', () => {
    const tuned = javaProperties({ ...load, compression: 'lz4' }, 'tuned');
    expect(tuned).toContain('compression.type=lz4');
    expect(tuned).toContain('batch.size=1000000');
    expect(javaProperties({ ...load, compression: 'none' }, 'tuned').join()).not.toContain('compression');
  });

  it('let the tool send fewer messages with its defaults, but some', () => {
    expect(defaultsMessages(5_000_000)).toBe(1_000_000);
    expect(defaultsMessages(200)).toBe(100);
  });
});
