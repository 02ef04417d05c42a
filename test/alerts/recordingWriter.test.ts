import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedMessage } from '../../src/alerts/recordedMessages.js';
import { recordingMessages, surveyRecording } from '../../src/alerts/recording.js';
import { RecordingWriter, type RecordingOptions } from '../../src/alerts/recordingWriter.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
});
afterAll(() => rm(folder, { recursive: true }));

const content = { topic: 'alerts', partitions: 3 };

/** A later block is compressed sooner than the one before it: they must be written in order all the same. */
function unevenly(): RecordingOptions['compress'] {
  let blocks = 0;
  return async (records) => {
    blocks += 1;
    if (blocks % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 5));
    return records;
  };
}

async function open(
  path: string,
  existing: RecordingOptions['existing'] = 'reject',
): Promise<RecordingWriter> {
  const options = { codec: 'null', existing, compress: unevenly(), parallel: 2 } as const;
  return RecordingWriter.open(path, content, options);
}

function message(index: number, bytes = 10): RecordedMessage {
  const value = index % 7 === 3 ? null : Buffer.alloc(bytes, index);
  return { partition: index % 2, offset: index, timestampMs: 1000 + index, key: null, value, headers: [] };
}

async function offsetsIn(path: string): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset } of recordingMessages(path)) offsets.push(offset);
  return offsets;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('RecordingWriter', () => {
  it('writes blocks in the order of their messages, also one larger than a block', async () => {
    const path = join(folder, 'order.avro');
    const writer = await open(path);
    for (const index of upTo(40)) await writer.add(message(index, index === 20 ? 3_000_000 : 200_000));
    await writer.close();
    expect(await offsetsIn(path)).toEqual(upTo(40));
    expect(await surveyRecording(path)).toMatchObject({
      topic: 'alerts',
      messages: 40,
      tombstones: 6,
      partitions: [{ messages: 20, lastOffset: 38 }, { messages: 20, lastOffset: 39 }, { messages: 0 }],
      firstMs: 1000,
      lastMs: 1039,
    });
  });

  it.each([
    ['as it is', 0, 20],
    ['cut off in a block', -9, 10],
    ['with a head that promises more', 4, 20],
  ])('goes on behind a file %s', async (what, changedBytes, kept) => {
    const path = join(folder, `${what}.avro`);
    const writer = await open(path);
    for (const index of upTo(20)) {
      await writer.add(message(index));
      if (index === 9) await writer.flush();
    }
    await writer.close();
    const { size } = statSync(path);
    if (changedBytes < 0) await truncate(path, size + changedBytes);
    else await appendFile(path, Buffer.from([2, 200, 200, 1]).subarray(0, changedBytes));
    const resumed = await open(path, 'resume');
    expect(resumed.resumed?.messages).toBe(kept);
    expect([...(resumed.resumed?.nextOffsets ?? [])].sort()).toEqual([
      [0, kept - 1],
      [1, kept],
    ]);
    for (const index of upTo(30).slice(kept)) await resumed.add(message(index));
    await resumed.close();
    expect(await offsetsIn(path)).toEqual(upTo(30));
  });

  it('leaves a file that is not a recording of the topic as it is', async () => {
    const path = join(folder, 'other.avro');
    await writeFile(path, 'something else');
    await expect(open(path, 'resume')).rejects.toThrow(/not an Avro container/);
    await expect(open(path)).rejects.toThrow(/exists already: .*--resume.*--force/);
    const recording = join(folder, 'topic.avro');
    await (await open(recording)).close();
    const options = { codec: 'null', existing: 'resume', compress: unevenly(), parallel: 2 } as const;
    const others = RecordingWriter.open(recording, { topic: 'others', partitions: 1 }, options);
    await expect(others).rejects.toThrow(/recording of the topic alerts/);
  });
});
