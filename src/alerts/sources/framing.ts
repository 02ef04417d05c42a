import { createHash } from 'node:crypto';
import { containerMagic, syncMarkerBytes } from '../containerHeader.js';
import type { Framing } from '../surveys.js';
import { encodeLong } from '../varint.js';
import { frameHeadBytes } from '../wireFormat.js';
import type { SourceAlert } from './alertReader.js';
import { faultAt } from './place.js';

/** A message's value before it is put into the wire format. */
export interface MessageBody {
  readonly bytes: Buffer;
  /** Of the frame that comes before the bytes; undefined where these are the whole value. */
  readonly schemaId: number | undefined;
}

export interface FramingChoice {
  /** Undefined: as the survey's own stream has it. */
  readonly framing: Framing | undefined;
  /** For all alerts; undefined: each alert's own. */
  readonly schemaId: number | undefined;
  /** Of a registry, by the text of the schema; others are each alert's own. */
  readonly schemaIds?: ReadonlyMap<string, number> | undefined;
}

/** The schema id of alerts whose schema has no version. */
export const unversionedSchemaId = 1;

/** The framing of an alert: what was asked for, what it came with, or its survey's. */
export function framingOf({ frameId, scanner }: SourceAlert, { framing }: FramingChoice): Framing {
  return framing ?? (frameId === undefined ? scanner.layout.framing : 'confluent');
}

/**
 * What is sent of an alert.
 *
 * @throws `BAD_INPUT_FILE` where an alert is to be sent as it came, but came with others in one container
 */
export function messageBody(alert: SourceAlert, choice: FramingChoice): MessageBody {
  const { avro, asCame, schemaText, frameId, scanner, place } = alert;
  switch (framingOf(alert, choice)) {
    case 'confluent':
      return {
        bytes: avro,
        schemaId:
          choice.schemaId ??
          choice.schemaIds?.get(schemaText) ??
          frameId ??
          scanner.layout.schemaId ??
          unversionedSchemaId,
      };
    case 'raw':
      return { bytes: avro, schemaId: undefined };
    case 'container': {
      const isContainer = asCame?.subarray(0, containerMagic.length).equals(containerMagic) === true;
      return { bytes: isContainer ? asCame : containerOfOne(avro, schemaText), schemaId: undefined };
    }
    case 'as-is':
      if (asCame !== undefined) return { bytes: asCame, schemaId: undefined };
      throw faultAt(
        place,
        'it is a container of several alerts, which did not come as messages of their own',
        'choose the framing confluent, container or raw instead of as-is',
      );
  }
}

/** The size of the message's value. */
export function valueBytesOf({ bytes, schemaId }: MessageBody): number {
  return bytes.length + (schemaId === undefined ? 0 : frameHeadBytes);
}

const heads = new Map<string, Buffer>();

/** A container of one alert, as ZTF sends them; the same for the same alert. */
function containerOfOne(avro: Buffer, schemaText: string): Buffer {
  let head = heads.get(schemaText);
  if (head === undefined) {
    const entries = [
      ['avro.codec', 'null'],
      ['avro.schema', schemaText],
    ].flat();
    const texts = entries.flatMap((text) => [encodeLong(Buffer.byteLength(text)), Buffer.from(text)]);
    const marker = createHash('sha256').update(schemaText).digest().subarray(0, syncMarkerBytes);
    head = Buffer.concat([containerMagic, encodeLong(2), ...texts, encodeLong(0), marker]);
    heads.set(schemaText, head);
  }
  const marker = head.subarray(-syncMarkerBytes);
  return Buffer.concat([head, encodeLong(1), encodeLong(avro.length), avro, marker]);
}
