import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fitsHeader } from '../../../src/alerts/synthetic/fits.js';
import { syntheticAlerts } from './syntheticAlerts.js';
import { decode, type DecodedSource } from './decoding.js';

const alerts = [...syntheticAlerts({ alertsPerVisit: 40, meanBytes: 50_000 })].map(({ bytes }) =>
  decode(bytes),
);

interface FitsImage {
  cards: Map<string, string>;
  pixels: number[];
}

/** Reads an image as FITS standard 4.0 defines it, and fails where it is not. */
function readFits(bytes: Buffer | null): FitsImage {
  if (bytes === null) throw new Error('no cutout');
  expect(bytes.length % 2880).toBe(0);
  const cards = new Map<string, string>();
  let at = 0;
  for (; ; at += 80) {
    const card = bytes.toString('latin1', at, at + 80);
    expect(card).toMatch(/^[\x20-\x7e]{80}$/);
    if (/^END {77}$/.test(card)) break;
    const parts = /^([A-Z0-9_-]{1,8} *)= ( *(?:[TF]|[-+]?\d+(?:\.\d*)?)|'[^']{8,}' *) \//.exec(card);
    expect(parts?.[1]).toHaveLength(8);
    // Fixed format: the value of a number or logical ends in column 30.
    const value = parts?.[2] ?? '';
    if (!value.startsWith("'")) expect(value).toHaveLength(20);
    cards.set(parts?.[1]?.trim() ?? '', value.replaceAll("'", '').trim());
  }
  const dataStart = Math.ceil((at + 80) / 2880) * 2880;
  expect(bytes.toString('latin1', at + 80, dataStart).trim()).toBe('');
  expect([...cards.keys()].slice(0, 5)).toEqual(['SIMPLE', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2']);
  expect([cards.get('SIMPLE'), cards.get('BITPIX'), cards.get('NAXIS')]).toEqual(['T', '-32', '2']);
  const count = Number(cards.get('NAXIS1')) * Number(cards.get('NAXIS2'));
  expect(bytes.length).toBe(dataStart + Math.ceil((count * 4) / 2880) * 2880);
  expect(bytes.subarray(dataStart + count * 4).every((byte) => byte === 0)).toBe(true);
  return {
    cards,
    pixels: Array.from({ length: count }, (_, pixel) => bytes.readFloatBE(dataStart + pixel * 4)),
  };
}

function fluxIn(pixels: number[]): number {
  return pixels.reduce((sum, value) => sum + value, 0);
}

describe('cutouts', () => {
  it('are FITS images with the detection in their header', () => {
    for (const { diaSource, cutoutDifference, cutoutScience, cutoutTemplate } of alerts) {
      for (const cutout of [cutoutDifference, cutoutScience, cutoutTemplate]) {
        const { cards, pixels } = readFits(cutout);
        expect(pixels.every(Number.isFinite)).toBe(true);
        expect(Number(cards.get('NAXIS1'))).toBe(diaSource.bboxSize);
        expect(Number(cards.get('CRVAL1'))).toBeCloseTo(diaSource.ra, 9);
        expect(Number(cards.get('CRVAL2'))).toBeCloseTo(diaSource.dec, 9);
        expect(BigInt(cards.get('VISIT') ?? 0)).toBe(diaSource.visit);
        expect(Number(cards.get('DETECTOR'))).toBe(diaSource.detector);
      }
    }
  });

  it('are a subtraction: science is template plus difference, pixel by pixel', () => {
    for (const { cutoutDifference, cutoutScience, cutoutTemplate } of alerts) {
      const [difference, science, template] = [cutoutDifference, cutoutScience, cutoutTemplate].map(readFits);
      science?.pixels.forEach((value, pixel) => {
        const sum = (difference?.pixels[pixel] ?? NaN) + (template?.pixels[pixel] ?? NaN);
        expect(Math.abs(value - sum)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value), Math.abs(sum)) * 4);
      });
    }
  });

  it('hold a source of the flux that the record tells, within the noise', () => {
    for (const { diaSource, cutoutDifference } of alerts) {
      const { pixels } = readFits(cutoutDifference);
      const { psfFlux, psfFluxErr } = diaSource;
      // The noise of a sum grows with the side of the image.
      const tolerance = 5 * (psfFluxErr / 5.5) * 1.1 * diaSource.bboxSize;
      expect(Math.abs(fluxIn(pixels) - psfFlux)).toBeLessThan(tolerance);
    }
  });

  it('have their brightest change where the header says the source is', () => {
    const clear = alerts.filter(({ diaSource }: { diaSource: DecodedSource }) => diaSource.snr > 30);
    expect(clear.length).toBeGreaterThan(3);
    for (const { cutoutDifference } of clear) {
      const { cards, pixels } = readFits(cutoutDifference);
      const peak = pixels.reduce(
        (best, value, at) => (Math.abs(value) > Math.abs(pixels[best] ?? 0) ? at : best),
        0,
      );
      const side = Number(cards.get('NAXIS1'));
      expect(Math.abs((peak % side) + 1 - Number(cards.get('CRPIX1')))).toBeLessThan(2);
      expect(Math.abs(Math.floor(peak / side) + 1 - Number(cards.get('CRPIX2')))).toBeLessThan(2);
    }
  });

  it('hardly compress, as real ones, and share nothing that a compressing producer could save', () => {
    const images = alerts
      .slice(0, 10)
      .map(({ cutoutDifference }) => cutoutDifference?.subarray(2880) ?? Buffer.alloc(0));
    const alone = images.reduce((sum, image) => sum + deflateRawSync(image).length, 0);
    const together = deflateRawSync(Buffer.concat(images)).length;
    expect(together / alone).toBeGreaterThan(0.98);
  });

  it('are null where they were left out', () => {
    const [alert] = [...syntheticAlerts({ alertsPerVisit: 1, cutouts: false })].map(({ bytes }) =>
      decode(bytes),
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
