import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import { RecordFault } from '../../src/alerts/recordBytes.js';
import {
  isRecordedSchema,
  recordedBytesAtMost,
  recordedMessages,
  recordedSchemaText,
  writeRecorded,
  type RecordedMessage,
} from '../../src/alerts/recordedMessages.js';

const someBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const messages: fc.Arbitrary<RecordedMessage> = fc.record({
  partition: fc.nat({ max: 100_000 }),
  offset: fc.nat({ max: 2 ** 50 }),
  timestampMs: fc.integer({ min: -1, max: 2 ** 45 }),
  key: fc.option(someBytes),
  value: fc.option(someBytes),
  headers: fc.array(
    fc
      .record({ name: fc.string({ unit: 'grapheme', maxLength: 5 }), value: fc.option(someBytes) })
      .map(({ name, value }) => ({ [name]: value })),
    { maxLength: 70 },
  ),
});

function written(message: RecordedMessage): Buffer {
  const into = Buffer.alloc(recordedBytesAtMost(message));
  return into.subarray(0, writeRecorded(message, into, 0));
}

describe('recorded messages', () => {
  it('come back as they were, each with its record', () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 5 }), (list) => {
        const records = list.map(written);
        const found = recordedMessages(Buffer.concat(records), list.length);
        expect(found).toEqual(list.map((message, index) => ({ ...message, avro: records[index] })));
      }),
    );
  });

  it('are read where another program wrote headers with the size of their block', () => {
    // partition 1, offset 2, timestamp 3, no key, no value, -1 header in 6 bytes: "a" and the value "b".
    const bytes = Buffer.from([2, 4, 6, 0, 0, 1, 10, 2, 0x61, 2, 2, 0x62, 0]);
    expect(recordedMessages(bytes, 1)).toMatchObject([
      { partition: 1, offset: 2, timestampMs: 3, headers: [{ a: Buffer.from('b') }] },
    ]);
  });

  it('that are damaged are a fault, never more', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat({ max: 255 }), fc.nat(), (message, at, byte, end) => {
        const bytes = written(message);
        bytes[at % bytes.length] = byte;
        const cut = bytes.subarray(0, end % (bytes.length + 1));
        try {
          expect(recordedMessages(cut, 1)).toHaveLength(1);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RecordFault);
        }
      }),
    );
  });

  it.each([
    ['ours', recordedSchemaText, true],
    ['ours with other words', recordedSchemaText.replace('In the topic', 'Somewhere'), true],
    ['one with another field', recordedSchemaText.replace('"timestamp"', '"time"'), false],
    ['a record of another name', recordedSchemaText.replace('RecordedMessage', 'Message'), false],
    ['a number', '"long"', false],
  ])('are recognised by their schema: %s', (_what, text, expected) => {
    expect(isRecordedSchema(parseAvroSchema(text, 'here'))).toBe(expected);
  });
});
