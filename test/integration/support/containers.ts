import { randomBytes } from 'node:crypto';
import type { CodecName } from '../../../src/alerts/codecs.js';
import { createContainerWriter } from '../../../src/alerts/containerWriter.js';
import { encodeLong } from '../../../src/alerts/varint.js';

export interface TestAlert {
  /** Up to 64 bits. */
  readonly id: bigint;
  /** After the first alert. */
  readonly offsetSeconds: number;
  /** Size of its cutout. */
  readonly payloadBytes?: number;
}

/** The smallest schema with all that the simulator uses. */
export const testSchema = {
  type: 'record',
  name: 'alert',
  namespace: 'lsst.v7_1',
  fields: [
    { name: 'alertId', type: 'long' },
    {
      name: 'diaSource',
      type: { type: 'record', name: 'diaSource', fields: [{ name: 'midpointMjdTai', type: 'double' }] },
    },
    { name: 'prvDiaSources', type: ['null', { type: 'array', items: 'lsst.v7_1.diaSource' }] },
    { name: 'cutoutDifference', type: ['null', 'bytes'] },
  ],
};

/** The first alert's time: noon, so that offsets of whole milliseconds are exact to the microsecond. */
const firstMjd = 60_000.5;

/** An alert's Avro bytes, with two earlier detections. */
export function encodeTestAlert({ id, offsetSeconds, payloadBytes = 100 }: TestAlert): Buffer {
  const double = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return bytes;
  };
  const mjd = firstMjd + offsetSeconds / 86_400;
  const history = [encodeLong(1), encodeLong(2), double(mjd - 2), double(mjd - 1), encodeLong(0)];
  const cutout = [encodeLong(1), encodeLong(payloadBytes), randomBytes(payloadBytes)];
  return Buffer.concat([encodeBigLong(id), double(mjd), ...history, ...cutout]);
}

/**
 * Writes a container of alerts and returns the Avro bytes of each record, in order.
 *
 * @param blockBytes - about how large its blocks are before compression
 */
export async function writeTestContainer(
  path: string,
  alerts: readonly TestAlert[],
  codec: CodecName = 'null',
  blockBytes = 4096,
): Promise<readonly Buffer[]> {
  const writer = await createContainerWriter(path, {
    schemaText: JSON.stringify(testSchema),
    codec,
    blockBytes,
  });
  const records = alerts.map(encodeTestAlert);
  for (const record of records) await writer.append(record);
  await writer.close();
  return records;
}

/** Alerts with ids beyond 2^53, evenly spread in time. */
export function testAlerts(count: number, everySeconds: number, payloadBytes?: number): readonly TestAlert[] {
  return Array.from({ length: count }, (_, index) => ({
    id: 2n ** 60n + BigInt(index),
    offsetSeconds: index * everySeconds,
    ...(payloadBytes === undefined ? {} : { payloadBytes }),
  }));
}

function encodeBigLong(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
