import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BoundedLog, LastLines } from '../../src/consumers/boundedLog.js';
import { entryOfPs, entryOfStat } from '../../src/consumers/processTable.js';

const folder = mkdtempSync(join(tmpdir(), 'bounded-log-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('BoundedLog', () => {
  it.each<[string, readonly string[], string]>([
    ['nothing', [], ''],
    ['what fits into its beginning', ['abc', 'de'], 'abcde'],
    ['what fits into both ends', ['0123456789', 'abcdefghij'], '0123456789abcdefghij'],
    [
      'both ends, and how much is missing between',
      ['01234567', '89----------------------', '-abcdefghij'],
      '0123456789\n[rubin-alert-sim left out 23 bytes here]\nabcdefghij',
    ],
  ])('holds %s', (_, chunks, expected) => {
    const log = new BoundedLog(join(folder, 'log'), 10);
    for (const chunk of chunks) log.append(Buffer.from(chunk));
    log.close();
    expect(readFileSync(log.path, 'utf8')).toBe(expected);
  });

  it('can be read between, and goes on', () => {
    const log = new BoundedLog(join(folder, 'between'), 5);
    log.append(Buffer.from('0123456789ABCDE'));
    log.settle();
    expect(readFileSync(log.path, 'utf8')).toBe('01234\n[rubin-alert-sim left out 5 bytes here]\nABCDE');
    log.append(Buffer.from('xyz'));
    log.close();
    expect(readFileSync(log.path, 'utf8')).toBe('01234\n[rubin-alert-sim left out 8 bytes here]\nDExyz');
  });

  it('that cannot be written ends nothing', () => {
    const log = new BoundedLog(join(folder, 'no', 'such', 'folder'));
    log.append(Buffer.from('abc'));
    log.close();
    expect(log.path).toContain('such');
  });
});

describe('LastLines', () => {
  it('are the last ones with something in them, without colours, and cut where they are long', () => {
    const lines = new LastLines(3);
    lines.append(Buffer.from('one\ntwo\n\u001b[31mthr'));
    lines.append(Buffer.from(`ee\u001b[0m\r\n\n${'x'.repeat(500)}\n  \n`));
    expect(lines.lines).toEqual(['two', 'three', `${'x'.repeat(300)}…`]);
  });
});

describe('the table of processes', () => {
  it("reads Linux's line of a process, whatever its name is", () => {
    const stat =
      '77 (a) b (c) S 70 71 72 0 -1 4194560 1 2 3 4 150 50 7 3 20 0 1 0 100 1000000 25 18446744073709551615';
    expect(entryOfStat(77, stat)).toMatchObject({ pid: 77, leader: 72, cpuSeconds: 2.1 });
    expect((entryOfStat(77, stat)?.rssBytes ?? 0) % (25 * 4096)).toBe(0);
    expect(entryOfStat(77, stat.replace(') S ', ') Z '))).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['  123   120 S+    45678   1:02.50', { pid: 123, leader: 120, cpuSeconds: 62.5, rssBytes: 46_774_272 }],
    ['123 120 S 1 2-03:04:05', { pid: 123, leader: 120, cpuSeconds: 183_845, rssBytes: 1024 }],
    ['123 120 Z+ 0 0:00.00', undefined],
    ['', undefined],
  ])("reads ps's line %j", (line, entry) => {
    expect(entryOfPs(line)).toEqual(entry);
  });
});
