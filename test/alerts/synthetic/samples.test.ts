import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { samples } from '../../../src/alerts/synthetic/samples.js';
import { syntheticSchemaText } from '../../../src/alerts/synthetic/schemaText.js';
import { syntheticAlerts } from './syntheticAlerts.js';
import { containerStamp, isCurrentContainer } from '../../../src/alerts/synthetic/writeContainer.js';
import { installationFolder } from '../../../src/version.js';
import { decode } from './decoding.js';

interface Container {
  metadata: Map<string, string>;
  marker: Buffer;
  blocks: { records: number; stored: Buffer }[];
}

/** Reads a container's frame by the Avro specification, independently of the code under test. */
function readContainer(bytes: Buffer): Container {
  let at = 4;
  const long = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    expect(value % 2).toBe(0);
    return value / 2;
  };
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  expect(bytes.toString('latin1', 0, 4)).toBe('Obj\u0001');
  const metadata = new Map<string, string>();
  for (let left = long(); left > 0; left -= 1) metadata.set(take(long()).toString(), take(long()).toString());
  expect(long()).toBe(0);
  const marker = take(16);
  const blocks: Container['blocks'] = [];
  while (at < bytes.length) {
    blocks.push({ records: long(), stored: take(long()) });
    expect(take(16).equals(marker)).toBe(true);
  }
  return { metadata, marker, blocks };
}

describe('the committed sample data/small.avro', () => {
  const path = join(installationFolder, samples.small.path);
  const file = readFileSync(path);
  const maker = createAlertMaker(samples.small.options);

  it('holds, byte by byte, the alerts that the generator makes today', async () => {
    const { metadata, marker, blocks } = readContainer(file);
    expect(metadata.get('avro.schema')).toBe(syntheticSchemaText());
    expect(marker.equals(containerStamp(maker.options))).toBe(true);
    expect(await isCurrentContainer(path, maker.options)).toBe(true);
    expect(blocks.reduce((sum, { records }) => sum + records, 0)).toBe(24);
    // What deflate makes of the records differs between versions of zlib, so the records are compared.
    const stored = Buffer.concat(blocks.map((block) => inflateRawSync(block.stored)));
    const made = Buffer.concat([...syntheticAlerts(maker)].map(({ bytes }) => bytes));
    expect(stored.equals(made)).toBe(true);
  });

  it('is small enough to be committed', () => {
    expect(file.length).toBeLessThan(1_400_000);
  });

  it('has 3 visits, 37 s apart, of 4 detectors', () => {
    const sources = [...syntheticAlerts(maker)].map(({ bytes }) => decode(bytes).diaSource);
    expect(new Set(sources.map(({ detector }) => detector)).size).toBe(4);
    const times = [...new Set(sources.map(({ midpointMjdTai }) => midpointMjdTai))];
    expect(times.map((mjd) => Math.round((mjd - maker.options.startMjd) * 86_400e6) / 1e6)).toEqual([
      0, 37, 74,
    ]);
  });
});

it('the sample of one detector has 792 alerts that span 1.67 s', () => {
  const maker = createAlertMaker(samples['single-ccd'].options);
  const [first, last] = [maker.alertAt(0), maker.alertAt(791)];
  expect(maker.count).toBe(792);
  expect([first.detector, last.detector]).toEqual([0, 0]);
  expect((last.mjd - first.mjd) * 86_400).toBeCloseTo(1.67, 2);
});
