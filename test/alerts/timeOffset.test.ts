import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTimeOffset,
  isPlausibleMjd,
  microsecondsOfMjd,
  mjdOf,
  otherTime,
  parseTimeOffset,
} from '../../src/alerts/timeOffset.js';

const hasPython = spawnSync('python3', ['--version']).status === 0;

/** Microseconds from small to those of years, of both signs. */
const offsets = fc.oneof(
  fc.integer({ min: -2000, max: 2000 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.maxSafeInteger().map((value) => Math.trunc(value / 4)),
);

describe('formatTimeOffset', () => {
  it.each([
    [0, '0.0'],
    [-0, '0.0'],
    [1_000_000, '1.0'],
    [2000, '0.002'],
    [1, '1e-06'],
    [10, '1e-05'],
    [12, '1.2e-05'],
    [99, '9.9e-05'],
    [100, '0.0001'],
    [123, '0.000123'],
    [123_456_789_012, '123456.789012'],
    [-37_500_000, '-37.5'],
    [-5, '-5e-06'],
    [86_400_000_000, '86400.0'],
  ])('writes %d µs as %s', (microseconds, text) => {
    expect(formatTimeOffset(microseconds)).toBe(text);
  });

  it.skipIf(!hasPython)(
    'writes what Python writes for the same timedelta (skipped where python3 is missing)',
    () => {
      const values = fc.sample(offsets, 3000);
      const script =
        'import json, sys, datetime\n' +
        'print(json.dumps([repr(datetime.timedelta(microseconds=v).total_seconds()) for v in json.load(sys.stdin)]))';
      const output = execFileSync('python3', ['-c', script], {
        input: JSON.stringify(values),
        encoding: 'utf8',
      });
      expect(values.map(formatTimeOffset)).toEqual(JSON.parse(output));
    },
  );
});

describe('parseTimeOffset', () => {
  it('reads back what is written', () => {
    fc.assert(
      fc.property(offsets, (microseconds) => {
        expect(parseTimeOffset(formatTimeOffset(microseconds), 'here')).toBe(microseconds + 0);
      }),
    );
  });

  it.each(['', ' ', 'nan', 'inf', '1,5', '0x10', '1.0s', 'None', '1e300'])(
    'refuses %j and says where it stands',
    (text) => {
      expect(() => parseTimeOffset(text, 'alerts-reservoir, partition 0, offset 7')).toThrow(
        /^alerts-reservoir, partition 0, offset 7 has .* alertsim-time-offset/,
      );
    },
  );
});

describe('microsecondsOfMjd', () => {
  it.each([
    [60000, 60000 * 86_400_000_000],
    [60000.5, 60000 * 86_400_000_000 + 43_200_000_000],
    [0, 0],
    [-0.5, -43_200_000_000],
  ])('gives MJD %d as %d µs', (mjd, microseconds) => {
    expect(microsecondsOfMjd(mjd)).toBe(microseconds);
  });

  it('is the nearest microsecond, and grows with time', () => {
    const mjds = fc.double({ min: 50_000, max: 70_000, noNaN: true });
    fc.assert(
      fc.property(mjds, mjds, (a, b) => {
        // The exact value of a double as a fraction: mjd · 2^40 is a whole number.
        const exact = (BigInt(a * 2 ** 40) * 86_400_000_000n) / 2n ** 30n;
        const distance = BigInt(microsecondsOfMjd(a)) * 1024n - exact;
        expect(distance >= -513n && distance <= 513n).toBe(true);
        if (a <= b) expect(microsecondsOfMjd(a)).toBeLessThanOrEqual(microsecondsOfMjd(b));
      }),
    );
  });

  it('gives back a time that was made of whole microseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399 }), (second) => {
        expect(microsecondsOfMjd(60_000 + second / 86_400) - microsecondsOfMjd(60_000)).toBe(second * 1e6);
      }),
    );
  });
});

describe('isPlausibleMjd', () => {
  it.each([
    // Years begin at 40587 + days since 1970: 1990 after 7305 days, 2100 after 47482.
    [47_892, true],
    [47_891.999, false],
    [60_000, true],
    [88_068.999, true],
    [88_069, false],
    [0, false],
    [NaN, false],
    [Infinity, false],
  ])('of %d is %s', (mjd, plausible) => {
    expect(isPlausibleMjd(mjd)).toBe(plausible);
  });
});

describe('otherTime', () => {
  it.each([
    [0, { kind: 'missing' }],
    [NaN, { kind: 'missing' }],
    [2_457_720.5, { kind: 'time', unit: 'jd', mjd: 57_720 }],
    [1_480_291_200, { kind: 'time', unit: 'unix', mjd: 57_720 }],
    [1_480_291_200e3, { kind: 'time', unit: 'unix_ms', mjd: 57_720 }],
    [1_480_291_200e6, { kind: 'time', unit: 'unix_us', mjd: 57_720 }],
    [1_480_291_200e9, { kind: 'time', unit: 'unix_ns', mjd: 57_720 }],
    [57_720, { kind: 'time', unit: 'mjd', mjd: 57_720 }],
    [20_161_128, undefined],
    [-60_000, undefined],
  ])('of %d is %j', (value, other) => {
    expect(otherTime(value)).toEqual(other);
  });
});

describe('mjdOf', () => {
  it.each([
    [60_000.25, 'mjd', 60_000.25],
    // The first alert of a file of ZTF's: JD 2460676.5 is 2025-01-01T00:00.
    [2_460_676.5, 'jd', 60_676],
    [1_735_689_600, 'unix', 60_676],
    [1_735_732_800_000, 'unix_ms', 60_676.5],
    [1_735_732_800_000_000, 'unix_us', 60_676.5],
    [1_735_732_800_000_000_000, 'unix_ns', 60_676.5],
    ['2025-01-01T12:00:00Z', 'iso', 60_676.5],
    ['2025-01-01 12:00', 'iso', 60_676.5],
    ['2025-01-01', 'iso', 60_676],
    ['2025-01-01T13:30:00+01:30', 'iso', 60_676.5],
    [' 60676.5', 'mjd', 60_676.5],
    ['2025-13-01', 'iso', NaN],
    ['yesterday', 'iso', NaN],
    ['60676.5 or so', 'mjd', NaN],
    [60_676, 'iso', NaN],
  ] as const)('of %j as %s is %d', (value, unit, mjd) => {
    expect(mjdOf(value, unit)).toBe(mjd);
  });

  it('keeps microseconds of a calendar date', () => {
    const second = microsecondsOfMjd(mjdOf('2025-01-01T00:00:01', 'iso'));
    expect(microsecondsOfMjd(mjdOf('2025-01-01T00:00:01.250001', 'iso')) - second).toBe(250_001);
  });
});
