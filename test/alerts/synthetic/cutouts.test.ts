import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fitsHeader, realValue } from '../../../src/alerts/synthetic/fits.js';
import { schemaVersions, type SchemaVersion } from '../../../src/alerts/synthetic/schemaText.js';
import { alertTypeOf, type DecodedAlert } from './decoding.js';
import { syntheticAlerts } from './syntheticAlerts.js';

function alertsOf(schema: SchemaVersion, alertsPerVisit: number): DecodedAlert[] {
  const type = alertTypeOf(schema);
  const made = syntheticAlerts({ alertsPerVisit, detectors: 8, historyMax: 2, schema });
  return [...made].map(({ bytes }) => type.fromBuffer(bytes) as DecodedAlert);
}

const alerts = alertsOf('11.0', 60);

interface Part {
  cards: Map<string, string>;
  side: number;
  values: number[];
}

/** Reads the parts of a file as FITS standard 4.0 defines them, and fails where it is not kept. */
function readFits(bytes: Buffer | null): Part[] {
  if (bytes === null) throw new Error('no cutout');
  expect(bytes.length % 2880).toBe(0);
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length;) {
    const { cards, dataStart } = readHeader(bytes, at);
    const first = at === 0 ? 'SIMPLE' : 'XTENSION';
    expect([...cards.keys()].slice(0, 5)).toEqual([first, 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2']);
    expect(cards.get(first)).toBe(at === 0 ? 'T' : 'IMAGE');
    const side = Number(cards.get('NAXIS1'));
    expect(cards.get('NAXIS2')).toBe(String(side));
    const width = Number(cards.get('BITPIX')) / -8;
    const dataEnd = dataStart + side * side * width;
    at = dataStart + Math.ceil((side * side * width) / 2880) * 2880;
    expect(bytes.subarray(dataEnd, at).every((byte) => byte === 0)).toBe(true);
    const values = Array.from({ length: side * side }, (_, pixel) =>
      width === 4 ? bytes.readFloatBE(dataStart + pixel * 4) : bytes.readDoubleBE(dataStart + pixel * 8),
    );
    expect(values.every(Number.isFinite)).toBe(true);
    parts.push({ cards, side, values });
  }
  return parts;
}

function readHeader(bytes: Buffer, start: number): { cards: Map<string, string>; dataStart: number } {
  const cards = new Map<string, string>();
  let at = start;
  for (; ; at += 80) {
    const card = bytes.toString('latin1', at, at + 80);
    expect(card).toMatch(/^[\x20-\x7e]{80}$/);
    if (/^END {77}$/.test(card)) break;
    const parts =
      /^([A-Z0-9_-]{1,8} *)= ( *(?:[TF]|[-+]?\d+(?:\.\d*)?(?:E[-+]\d\d)?)|'[^']{8,}' *)(?: \/|$| *$)/.exec(
        card,
      );
    expect([card, parts?.[1]?.length]).toEqual([card, 8]);
    // Fixed format: the value of a number or logical ends in column 30.
    const value = parts?.[2] ?? '';
    if (!value.startsWith("'")) expect(value).toHaveLength(20);
    cards.set(parts?.[1]?.trim() ?? '', value.replaceAll("'", '').trim());
  }
  const dataStart = Math.ceil((at + 80) / 2880) * 2880;
  expect(bytes.toString('latin1', at + 80, dataStart).trim()).toBe('');
  return { cards, dataStart };
}

function partOf(cutout: Buffer | null, at: number): Part {
  const part = readFits(cutout)[at];
  if (part === undefined) throw new Error(`no part ${at}`);
  return part;
}

/** Where the header has the source, counted from the first pixel as 0. */
function sourceIn({ cards }: Part): { x: number; y: number } {
  return { x: Number(cards.get('CRPIX1')) - 1, y: Number(cards.get('CRPIX2')) - 1 };
}

/** Fits a point source of the cutout's own shape, moved between pixels in straight lines. */
function fluxIn(cutout: Buffer | null): number {
  const [image, , psf] = readFits(cutout);
  if (image === undefined || psf === undefined) throw new Error('no image');
  const { x, y } = sourceIn(image);
  const middle = (psf.side - 1) / 2;
  const shapeAt = (column: number, row: number): number => psf.values[row * psf.side + column] ?? 0;
  const interpolated = (column: number, row: number): number => {
    const [left, top] = [Math.floor(column), Math.floor(row)];
    const [right, down] = [column - left, row - top];
    return (
      (1 - right) * ((1 - down) * shapeAt(left, top) + down * shapeAt(left, top + 1)) +
      right * ((1 - down) * shapeAt(left + 1, top) + down * shapeAt(left + 1, top + 1))
    );
  };
  let [weighted, power] = [0, 0];
  image.values.forEach((value, pixel) => {
    const share = interpolated(
      (pixel % image.side) - x + middle,
      Math.floor(pixel / image.side) - y + middle,
    );
    weighted += share * value;
    power += share * share;
  });
  return weighted / power;
}

describe('cutouts', () => {
  it.each(schemaVersions)('of schema %s have the parts and sizes of real ones', (schema) => {
    const templateSide = schema === '9.0' ? 77 : 53;
    for (const { diaSource, ...alert } of alertsOf(schema, 12)) {
      const side = Math.max(30, diaSource.bboxSize);
      for (const [cutout, psfSide] of [
        [alert.cutoutDifference, 41],
        [alert.cutoutScience, 41],
        [alert.cutoutTemplate, templateSide],
      ] as const) {
        const parts = readFits(cutout);
        expect(parts.map(({ cards }) => cards.get('EXTNAME') ?? 'PRIMARY')).toEqual([
          ...['PRIMARY', 'UNCERT', 'PSFIMAGE'],
        ]);
        expect(parts.map(({ side: own }) => own)).toEqual([side, side, psfSide]);
        expect(parts.map(({ cards }) => cards.get('BITPIX'))).toEqual(['-32', '-32', '-64']);
        expect(parts[0]?.cards.has('ROTPA')).toBe(schema !== '9.0');
      }
      expect(alert.cutoutDifference?.length).toBe(34_560);
      expect(alert.cutoutScience?.length).toBe(34_560);
      expect(alert.cutoutTemplate?.length).toBe(schema === '9.0' ? 69_120 : 43_200);
    }
  });

  it('say where on the sky and on the detector the source is', () => {
    for (const { diaSource, cutoutDifference, cutoutScience, cutoutTemplate } of alerts) {
      for (const cutout of [cutoutDifference, cutoutScience, cutoutTemplate]) {
        const { cards, side } = partOf(cutout, 0);
        expect(Number(cards.get('CRVAL1'))).toBeCloseTo(diaSource.ra, 9);
        expect(Number(cards.get('CRVAL2'))).toBeCloseTo(diaSource.dec, 9);
        const { x, y } = diaSource as unknown as { x: number; y: number };
        expect(Number(cards.get('CUTMINX')) + Number(cards.get('CRPIX1'))).toBeCloseTo(x, 3);
        expect(Number(cards.get('CUTMINY')) + Number(cards.get('CRPIX2'))).toBeCloseTo(y, 3);
        expect(Math.abs(Number(cards.get('CRPIX1')) - (side + 1) / 2)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('are a subtraction: science is template plus difference, pixel by pixel', () => {
    for (const { cutoutDifference, cutoutScience, cutoutTemplate } of alerts) {
      const [difference, science, template] = [cutoutDifference, cutoutScience, cutoutTemplate].map(
        (cutout) => partOf(cutout, 0).values,
      );
      science?.forEach((value, pixel) => {
        expect(value).toBe(Math.fround((difference?.[pixel] ?? NaN) + (template?.[pixel] ?? NaN)));
      });
    }
  });

  it('give the fluxes of the record, fitted with their own image of a point source', () => {
    for (const { diaSource, cutoutDifference, cutoutScience, cutoutTemplate } of alerts) {
      const { psfFlux, psfFluxErr, templateFlux } = diaSource;
      // Moving a shape in straight lines blurs it: up to 4 % of the flux are lost.
      const tolerance = (flux: number): number => psfFluxErr + 0.04 * Math.abs(flux);
      expect(Math.abs(fluxIn(cutoutDifference) - psfFlux)).toBeLessThan(tolerance(psfFlux));
      expect(Math.abs(fluxIn(cutoutTemplate) - templateFlux)).toBeLessThan(tolerance(templateFlux));
      const total = psfFlux + templateFlux;
      expect(Math.abs(fluxIn(cutoutScience) - total)).toBeLessThan(tolerance(total) + 0.04 * templateFlux);
    }
  });

  it('have noise as large as their variances say, and variances that fit the error of the flux', () => {
    for (const { diaSource, cutoutDifference } of alerts) {
      const [image, uncertainty, psf] = readFits(cutoutDifference);
      if (image === undefined || uncertainty === undefined || psf === undefined) throw new Error('no parts');
      const { x, y } = sourceIn(image);
      const pulls = image.values.flatMap((value, pixel) => {
        const [dx, dy] = [(pixel % image.side) - x, Math.floor(pixel / image.side) - y];
        return dx * dx + dy * dy < 144 ? [] : [value / Math.sqrt(uncertainty.values[pixel] ?? NaN)];
      });
      const mean = pulls.reduce((sum, pull) => sum + pull, 0) / pulls.length;
      const scatter = Math.sqrt(pulls.reduce((sum, pull) => sum + (pull - mean) ** 2, 0) / pulls.length);
      // A bright source has wings; of 450 pixels, the deviation is known to 3 %.
      if (diaSource.snr < 100) expect(Math.abs(scatter - 1)).toBeLessThan(0.17);
      const pixels = 1 / psf.values.reduce((sum, value) => sum + value * value, 0);
      const variances = [...uncertainty.values].sort((a, b) => a - b);
      const error = Math.sqrt((variances[Math.floor(variances.length / 2)] ?? NaN) * pixels);
      expect(error / diaSource.psfFluxErr).toBeLessThan(1.1);
      expect(error / diaSource.psfFluxErr).toBeGreaterThan(0.5);
    }
  });

  it('have their brightest change where the header says the source is', () => {
    const clear = alerts.filter(({ diaSource }) => diaSource.snr > 30);
    expect(clear.length).toBeGreaterThan(3);
    for (const { cutoutDifference } of clear) {
      const image = partOf(cutoutDifference, 0);
      const peak = image.values.reduce(
        (best, value, at) => (Math.abs(value) > Math.abs(image.values[best] ?? 0) ? at : best),
        0,
      );
      const { x, y } = sourceIn(image);
      expect(Math.abs((peak % image.side) - x)).toBeLessThan(2);
      expect(Math.abs(Math.floor(peak / image.side) - y)).toBeLessThan(2);
    }
  });

  it('share no pixels that a compressing producer could save', () => {
    const images = alerts
      .slice(0, 10)
      .map(({ cutoutDifference }) => cutoutDifference?.subarray(2880, 2880 + 3600) ?? Buffer.alloc(0));
    const alone = images.reduce((sum, image) => sum + deflateRawSync(image).length, 0);
    const together = deflateRawSync(Buffer.concat(images)).length;
    expect(together / alone).toBeGreaterThan(0.98);
  });

  it('are null where they were left out', () => {
    const [alert] = [...syntheticAlerts({ alertsPerVisit: 1, cutouts: false })].map(
      ({ bytes }) => alertTypeOf().fromBuffer(bytes) as DecodedAlert,
    );
    expect([alert?.cutoutDifference, alert?.cutoutScience, alert?.cutoutTemplate]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

it('a header is a whole number of blocks however many cards it has', () => {
  for (const count of [1, 35, 36, 71]) {
    const header = fitsHeader(Array.from({ length: count }, (_, at) => [`KEY${at}`, at, 'a card'] as const));
    expect(header.length).toBe(Math.ceil((count + 1) / 36) * 2880);
  }
});

it.each([
  [148.65594151767, '148.65594151767'],
  [-32.268478584221, '-32.268478584221'],
  [0, '0.0000000000000'],
  [-0.00002458675448225, '-2.4586754482250E-05'],
  [-0.012345678901234, '-1.2345678901234E-02'],
  [1.5e-7, '1.5000000000000E-07'],
])('%d is written with 14 digits, in the 20 places that FITS has for it', (value, text) => {
  expect(realValue(value, 14)).toBe(text.padStart(20));
  expect(realValue(value, 14)).toHaveLength(20);
});
