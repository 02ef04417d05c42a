import { describe, expect, it } from 'vitest';
import { resolveSyntheticOptions, syntheticDefaults } from '../../../src/alerts/synthetic/options.js';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { AlertSimError } from '../../../src/errors.js';

function messageFor(given: Parameters<typeof resolveSyntheticOptions>[0]): string {
  try {
    resolveSyntheticOptions(given);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AlertSimError);
    return (thrown as AlertSimError).message;
  }
  return 'no error';
}

describe('options of synthetic alerts', () => {
  it('take their defaults: one visit of the whole camera', () => {
    expect(resolveSyntheticOptions({})).toEqual(syntheticDefaults);
    expect(resolveSyntheticOptions({ seed: 3 })).toEqual({ ...syntheticDefaults, seed: 3 });
  });

  it.each([
    { given: { visits: 0 }, says: 'visits must be a whole number from 1 to 100000000, but is 0' },
    { given: { detectors: 190 }, says: 'detectors must be a whole number from 1 to 189, but is 190' },
    { given: { seed: 1.5 }, says: 'seed must be a whole number from 0 to 4294967295, but is 1.5' },
    {
      given: { meanBytes: 100, cutouts: false },
      says: 'meanBytes must be a number from 500 to 1000000, but is 100',
    },
    {
      given: { historyNone: 0.02 },
      says: 'historyNone must be from 9% to 100%, but is 2%',
    },
    {
      given: { historyMedian: 400 },
      says: 'historyMedian must be a whole number from 1 to 166, but is 400 (with historyNone 40% and historyMax 1000)',
    },
    {
      given: { historyMax: 2301 },
      says: 'historyMax must be a whole number from 2 to 2300, but is 2301 (with historyNone 40%)',
    },
    {
      given: { historyNone: 0.09, historyMax: 1 },
      says: 'historyMax must be a whole number from 84 to 2300, but is 1 (with historyNone 9%)',
    },
    { given: { recurrence: 0 }, says: 'recurrence must be from 10% to 100%, but is 0%' },
    { given: { solarSystem: 1.1 }, says: 'solarSystem must be from 0% to 100%, but is 110%' },
    { given: { cadenceSeconds: -1 }, says: 'cadenceSeconds must be a number from 0 to 86400, but is -1' },
    {
      given: { startMjd: 124_593.00042824075 },
      says: 'startMjd must be from 1996-11-13 (MJD 50400) to 2036-11-03 (MJD 65000), but is 2200-01-01 (MJD 124593.00043)',
    },
    {
      given: { startMjd: NaN },
      says: 'startMjd must be from 1996-11-13 (MJD 50400) to 2036-11-03 (MJD 65000), but is MJD NaN',
    },
    {
      given: { alertsPerVisit: 70_000, detectors: 1 },
      says: 'alertsPerVisit must be a whole number from 1 to 65536, but is 70000',
    },
  ])('refuse $given with the range', ({ given, says }) => {
    expect(messageFor(given)).toBe(says);
  });

  it('name all faults at once, as the user knows the options', () => {
    expect(() => resolveSyntheticOptions({ visits: 0, seed: -1 }, (option) => `--${option}`)).toThrow(
      /--visits must .*; --seed must /,
    );
  });

  it('ask for as many objects as there can be', () => {
    const given = { alertsPerVisit: 1000, objects: 100 };
    expect(() => createAlertMaker(given)).toThrow(
      /^objects must be from 7\d\d to 2\d{5} with alertsPerVisit 1000 /,
    );
  });
});
