import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { schemaVersions } from '../../src/alerts/synthetic/schemaText.js';
import { installationFolder } from '../../src/version.js';
import { pythonWithAstropy, realismFolder } from './support/python.js';

const run = promisify(execFile);
const python = await pythonWithAstropy();

/** Real alerts are not part of the project: name a folder of them here, or put one beside the clone. */
const realAlerts =
  process.env.RUBIN_REAL_ALERTS ?? join(installationFolder, '..', 'shared', 'data', 'real-alerts');
const hasRealAlerts = existsSync(realAlerts);
if (!hasRealAlerts)
  console.warn(`skipped: no real alerts in ${realAlerts}; RUBIN_REAL_ALERTS names a folder`);

type Pair = readonly [real: number, synthetic: number];
type Parts = readonly (readonly [name: string, type: string, shape: readonly number[]])[];

interface Comparison {
  readonly name: string;
  readonly history: Pair;
  readonly bytes: Pair;
  readonly ratios: Readonly<Record<string, Pair>>;
  readonly cutouts: Readonly<Record<string, readonly [Parts, Parts]>>;
  readonly onlyRealNull: readonly string[];
  readonly onlySyntheticNull: readonly string[];
  readonly onlyRealNaN: readonly string[];
  readonly onlySyntheticNaN: readonly string[];
  readonly flagsSet: readonly [readonly string[], readonly string[]];
}

async function script(name: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(python ?? '', [join(realismFolder, name), ...args], { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

function off([real, synthetic]: Pair): number {
  return Math.abs(synthetic / real - 1);
}

describe.skipIf(python === undefined)('synthetic alerts, read by others (skipped without Python)', () => {
  it.each(schemaVersions)(
    'of schema %s are decoded by fastavro; astropy opens all cutouts, and finds the flux of the catalogue',
    async (schema) => {
      // RUBIN_SCHEMAS is the folder of Rubin's own schema files, as lsst/alert_packet has them.
      const { RUBIN_SCHEMAS } = process.env;
      const rubins = RUBIN_SCHEMAS === undefined ? [] : ['--schemas', RUBIN_SCHEMAS];
      const found = await script('check.py', '--schema', schema, '--alerts', '250', ...rubins);
      expect(found).toMatchObject({ alerts: 250, cutouts: 750, faults: [] });
      expect((found as { worstFluxInErrors: number }).worstFluxInErrors).toBeLessThan(0.2);
    },
    120_000,
  );
});

describe.skipIf(python === undefined || !hasRealAlerts)(
  'synthetic alerts beside real ones (skipped without)',
  () => {
    it('have their sizes, compression, cutouts, nulls and NaN', async () => {
      const { alerts } = (await script('compare.py', realAlerts, '--json')) as { alerts: Comparison[] };
      expect(alerts.length).toBeGreaterThan(0);
      for (const one of alerts) {
        const of = (value: unknown): unknown => ({ [one.name]: value });
        expect(of(off(one.bytes) < 0.02)).toEqual(of(true));
        for (const [codec, pair] of Object.entries(one.ratios))
          expect(of([codec, pair, off(pair) < 0.05])).toEqual(of([codec, pair, true]));
        for (const [real, synthetic] of Object.values(one.cutouts)) {
          expect(synthetic.map(([name, type]) => [name, type])).toEqual(
            real.map(([name, type]) => [name, type]),
          );
          expect(synthetic.at(-1)?.[2]).toEqual(real.at(-1)?.[2]);
        }
        expect(of([one.onlyRealNull, one.onlySyntheticNull])).toEqual(of([[], []]));
        // A source without a shape has NaN where others have values; so has an object with one detection in its filter.
        if (one.flagsSet[0].length > 0 || one.flagsSet[1].length > 0) continue;
        const rare = /psfFluxSigma|psfFluxMaxSlope|^prvDia/;
        const others = [...one.onlyRealNaN, ...one.onlySyntheticNaN].filter((path) => !rare.test(path));
        expect(of(others)).toEqual(of([]));
      }
    }, 300_000);
  },
);
