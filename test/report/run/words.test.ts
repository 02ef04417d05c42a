import { describe, expect, it } from 'vitest';
import { expectationWords } from '../../../src/report/run/words.js';

describe('expectationWords', () => {
  it.each([
    ['ack.p99 < 50ms', 'The 99th percentile of the acknowledgement time is below 50 ms'],
    ['steady.response.p999 <= 1s', 'Phase steady: the 99.9th percentile of the response time is at most 1 s'],
    ['endToEnd.max < 2s', 'The longest end-to-end time is below 2 s'],
    ['lost == 0', 'The number of messages acknowledged and not read is exactly 0'],
    ['achievedRate >= 99%', 'The achieved rate is at least 99 % of the target'],
    ['achievedRate >= 100000/s', 'The achieved rate is at least 100000/s'],
    ['throughput > 50MB/s', 'The throughput is above 50 MB/s'],
    ['something of a later version', 'something of a later version'],
    ['unheardOf < 3', 'unheardOf < 3'],
  ])('%s', (text, words) => {
    expect(expectationWords(text)).toBe(words);
  });
});
