import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { parsePlaces } from '../../src/alerts/alertPlaces.js';
import { lengthEnd } from '../../src/alerts/recordBytes.js';
import { decodeBigLong } from '../../src/alerts/varint.js';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import { installationFolder } from '../../src/version.js';
import { preloadMessages, type ReservoirMessage } from '../../src/workers/preloadSource.js';
import type { PreloadSource } from '../../src/workers/protocol.js';
import { notedPlaces } from '../../src/workers/reservoirFormat.js';
import { decode } from '../alerts/synthetic/decoding.js';
import { preloadTaskOf } from './support/preloadTask.js';

const { port1, port2 } = new MessageChannel();
afterAll(() => {
  port1.close();
  port2.close();
});

async function messagesOf(source: PreloadSource, notePlaces: boolean): Promise<ReservoirMessage[]> {
  const messages: ReservoirMessage[] = [];
  const task = preloadTaskOf(port1, source, { partitions: 4, schemaId: 1100, notePlaces });
  for await (const message of preloadMessages(task))
    messages.push({ ...message, bytes: Buffer.from(message.bytes) });
  return messages;
}

const path = join(installationFolder, 'data/small.avro');
const sources: readonly [string, PreloadSource][] = [
  ['a container', { kind: 'file', path, firstUs: 0, alerts: 24 }],
  [
    'the generator',
    {
      kind: 'synthetic',
      options: { visits: 1, alertsPerVisit: 24, meanBytes: 8000, cutouts: false },
      alerts: 24,
    },
  ],
];

describe('preloading', () => {
  it.each(sources)(
    'from %s notes where the ids and the time of each alert lie, where that is asked for',
    async (_, source) => {
      const messages = await messagesOf(source, true);
      expect(messages).toHaveLength(24);
      for (const { bytes, schemaId, places } of messages) {
        const { diaSourceId, diaSource, ssSource } = decode(bytes);
        const value = frameAlert(schemaId ?? -1, bytes);
        const found = (parsePlaces(places ?? '') ?? []).map(({ kind, at }) =>
          kind === 'id' ? decodeBigLong(value, at, lengthEnd(value, at)) : value.readDoubleLE(at),
        );
        const ofBody = ssSource === null ? [] : [diaSourceId];
        expect(found).toEqual([diaSourceId, diaSource.diaSourceId, diaSource.midpointMjdTai, ...ofBody]);
      }
    },
  );

  it.each(sources)('from %s notes nothing and sends the same bytes otherwise', async (_, source) => {
    // Text is compared a hundred times faster than bytes.
    const withText = ({ bytes, ...rest }: ReservoirMessage) => ({
      ...rest,
      bytes: Buffer.from(bytes).toString('base64'),
    });
    const noted = await messagesOf(source, true);
    const plain = await messagesOf(source, false);
    expect(plain.map(withText)).toEqual(
      noted.map((message) => ({ ...withText(message), places: undefined })),
    );
  });
});

describe('the header with the places', () => {
  it.each([
    [[{ 'alertsim-time-offset': Buffer.from('0.0') }, { 'alertsim-places': Buffer.from('5:id') }], '5:id'],
    [[{ 'alertsim-time-offset': Buffer.from('0.0') }], undefined],
    [[], undefined],
  ])('is the last one, or there is none (%#)', (headers, places) => {
    expect(notedPlaces(headers as Record<string, Buffer>[])).toBe(places);
  });
});
