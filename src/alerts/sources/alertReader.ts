import { createReadStream, readFileSync, statSync } from 'node:fs';
import { AlertSimError } from '../../errors.js';
import { createAlertScanner, type AlertScanner, type OnInvalid, type ScannedAlert } from '../alertScanner.js';
import type { NamedFields } from '../alertSchema.js';
import { parseAvroSchema } from '../avroSchema.js';
import { readError } from '../containerErrors.js';
import { isRecordedSchema } from '../recordedMessages.js';
import { RecordFault } from '../recordBytes.js';
import { rubinSchema, type KnownSchema } from '../rubinSchemas.js';
import { unframeAlert } from '../wireFormat.js';
import { gunzip, tarEntries, unpack, zipEntries, type Entry } from './archives.js';
import { ByteReader, readerOf } from './byteReader.js';
import { containerStream } from './containerStream.js';
import { formatBytes, formatOf } from './formats.js';
import { faultAt, notAlerts } from './place.js';

/** An alert, wherever it was found. Its bytes are valid until the next one is asked for. */
export interface SourceAlert extends ScannedAlert {
  /** The file, and the entries of archives on the way to it. */
  readonly place: string;
  /** Among the alerts of this place, from 1. */
  readonly number: number;
  readonly scanner: AlertScanner;
  readonly schemaText: string;
  /** Of its own frame; undefined where it has none. */
  readonly frameId: number | undefined;
  /** The bytes as they came, where they hold this alert alone. */
  readonly asCame: Buffer | undefined;
}

export interface ReadOptions {
  /** Of records that don't bring theirs. */
  readonly schema?: KnownSchema | undefined;
  readonly fields?: NamedFields | undefined;
  /** The schema of a frame's id, where it is not one of Rubin's. */
  readonly schemaOf?: ((schemaId: number) => Promise<KnownSchema | undefined>) | undefined;
  /** Gets the error of alerts that are left out; without it, it is thrown. */
  readonly onInvalid?: OnInvalid | undefined;
  /** Gets the place of what lies beside alerts, and what it is. */
  readonly onPassedOver?: ((place: string, what: string) => void) | undefined;
}

/** A file, and what it is called in messages. */
export interface InputFile {
  readonly path: string;
  readonly place: string;
}

/** A message cannot be larger by far. */
const mostAlertBytes = 64 * 1024 * 1024;
/** A container of this size is looked at whole, to see whether it holds one alert. */
const smallContainerBytes = 4 * 1024 * 1024;
const mostNesting = 8;
const chunkBytes = 1024 * 1024;
/** Many files have the same schema, but a hostile archive may have many schemas. */
const keptScanners = 64;

interface Spot {
  readonly place: string;
  readonly depth: number;
  /** The path, where the bytes are those of a file. */
  readonly path: string | undefined;
}

/**
 * Reads alerts from files of any kind: containers, framed alerts, bare records, gzip, tar, zip, and these
 * within each other. What a file is shows in its first bytes.
 */
export class AlertReader {
  readonly #options: ReadOptions;
  readonly #scanners = new Map<string, AlertScanner>();
  /** From a file that lies in the same archive or folder before the records. */
  #schemaBeside: KnownSchema | undefined;

  constructor(options: ReadOptions = {}) {
    this.#options = options;
  }

  /**
   * The alerts of files, in order, with bounded memory.
   *
   * @throws `BAD_INPUT_FILE` with the place of what is damaged or not understood
   */
  async *alertsIn(files: readonly InputFile[]): AsyncGenerator<SourceAlert, void, undefined> {
    for (const { path, place } of files) {
      const reader = new ByteReader(fileChunks(path));
      try {
        const alone = files.length === 1;
        yield* this.#tolerant(this.#alertsAt(reader, { place, depth: 0, path }, alone));
      } finally {
        await reader.close();
      }
    }
  }

  /**
   * The alerts of one message.
   *
   * @throws `BAD_INPUT_FILE` for what is not understood
   */
  alertsOfMessage(value: Buffer): AsyncGenerator<SourceAlert, void, undefined> {
    return this.#alertsAt(readerOf(value), { place: 'the message', depth: 0, path: undefined }, true);
  }

  /** Passes errors to the one who leaves out what is invalid, and goes on after it. */
  async *#tolerant(alerts: AsyncIterable<SourceAlert>): AsyncGenerator<SourceAlert, void, undefined> {
    try {
      yield* alerts;
    } catch (thrown) {
      const { onInvalid } = this.#options;
      if (onInvalid === undefined || !(thrown instanceof AlertSimError)) throw thrown;
      onInvalid(thrown, 0);
    }
  }

  /** @param alone - whether this is all there is: then it must be alerts */
  async *#alertsAt(
    reader: ByteReader,
    spot: Spot,
    alone: boolean,
  ): AsyncGenerator<SourceAlert, void, undefined> {
    const { place, path } = spot;
    if (spot.depth > mostNesting)
      throw faultAt(place, 'archives lie in each other too deeply', 'unpack them first');
    const format = formatOf(await reader.peek(formatBytes));
    switch (format.kind) {
      case 'container':
        return yield* this.#ofContainer(reader, place);
      case 'gzip': {
        const inside = await gunzip(reader, place);
        return yield* this.#alertsAt(inside, { place, depth: spot.depth + 1, path: undefined }, alone);
      }
      case 'packed': {
        const inside = readerOf(await unpack(format.packing, reader, place));
        return yield* this.#alertsAt(inside, { place, depth: spot.depth + 1, path: undefined }, alone);
      }
      case 'tar':
        return yield* this.#ofEntries(tarEntries(reader, place), spot);
      case 'zip':
        return yield* this.#ofEntries(zipEntries(path ?? reader, place), spot);
      case 'other':
        throw notAlerts(place, format.sentence);
      case 'empty':
        if (alone) throw faultAt(place, 'it is empty (byte 0)');
        this.#options.onPassedOver?.(place, 'it is empty');
        return;
      case 'beside':
        return yield* this.#ofRecord(reader, place, format.sentence, alone);
      case 'bytes':
        return yield* this.#ofRecord(reader, place, undefined, alone);
    }
  }

  async *#ofEntries(entries: AsyncIterable<Entry>, spot: Spot): AsyncGenerator<SourceAlert, void, undefined> {
    const before = this.#schemaBeside;
    for await (const { place, name, reader } of entries) {
      // Such as macOS puts beside each file.
      if (name.startsWith('.')) continue;
      yield* this.#tolerant(this.#alertsAt(reader, { place, depth: spot.depth + 1, path: undefined }, false));
    }
    this.#schemaBeside = before;
  }

  async *#ofContainer(reader: ByteReader, place: string): AsyncGenerator<SourceAlert, void, undefined> {
    const { onInvalid } = this.#options;
    const start = await reader.peek(smallContainerBytes + 1);
    const isSmall = start.length <= smallContainerBytes;
    let faults = 0;
    const noting: OnInvalid | undefined =
      onInvalid &&
      ((error, alerts) => {
        faults += 1;
        onInvalid(error, alerts);
      });
    const scannerOf = (text: string): AlertScanner => this.#scannerOf(text, place);
    const blocks = containerStream(reader, { place, scannerOf, onInvalid: noting });
    let number = 0;
    // The first alert has bytes of its own only if no other follows.
    let held: SourceAlert | undefined;
    try {
      for await (const { alerts, scanner, schemaText } of blocks) {
        for (const alert of alerts) {
          number += 1;
          const found = {
            ...alert,
            place,
            number,
            scanner,
            schemaText,
            frameId: undefined,
            asCame: undefined,
          };
          if (number === 1 && isSmall) {
            held = found;
            continue;
          }
          if (held !== undefined) yield held;
          held = undefined;
          yield found;
        }
      }
    } catch (thrown) {
      if (held !== undefined) yield held;
      throw thrown;
    }
    if (held !== undefined) yield { ...held, asCame: faults === 0 ? start : undefined };
  }

  /** @param beside - what it is if it is no record of a schema at hand; undefined for what must be one */
  async *#ofRecord(
    reader: ByteReader,
    place: string,
    beside: string | undefined,
    alone: boolean,
  ): AsyncGenerator<SourceAlert, void, undefined> {
    const { schema, schemaOf, onInvalid, onPassedOver } = this.#options;
    const bytes = await reader.whole(mostAlertBytes);
    if (bytes === undefined) {
      if (beside === undefined || alone) throw this.#notUnderstood(place, beside);
      onPassedOver?.(place, beside);
      return;
    }
    const schemas = [schema, this.#schemaBeside].filter((one) => one !== undefined);
    const framed = unframeAlert(bytes);
    const rubin = framed && (rubinSchema(framed.schemaId) ?? (await schemaOf?.(framed.schemaId)));
    let fault: RecordFault | undefined;
    const tried = [
      ...(framed === undefined
        ? []
        : [...schemas, ...(rubin ? [rubin] : [])].map((one) => ({ one, ...framed }))),
      ...schemas.map((one) => ({ one, avro: bytes, schemaId: undefined })),
    ];
    for (const { one, avro, schemaId: frameId } of tried) {
      const scanner = this.#scannerOf(one.text, place, one);
      try {
        const alert = scanner.alertIn(avro);
        yield { ...alert, place, number: 1, scanner, schemaText: one.text, frameId, asCame: bytes };
        return;
      } catch (thrown) {
        if (!(thrown instanceof RecordFault)) throw thrown;
        fault ??= thrown;
      }
    }
    if (beside !== undefined && !alone) {
      this.#schemaBeside = schemaIn(bytes, place) ?? this.#schemaBeside;
      onPassedOver?.(place, beside);
      return;
    }
    if (beside === undefined && fault !== undefined) {
      const error = faultAt(place, `its alert ${fault.message}`, fault.wayOut, fault);
      if (onInvalid === undefined) throw error;
      onInvalid(error, 1);
      return;
    }
    throw this.#notUnderstood(place, beside, framed?.schemaId);
  }

  #notUnderstood(place: string, beside: string | undefined, frameId?: number): AlertSimError {
    if (beside !== undefined) return notAlerts(place, beside);
    const what =
      frameId === undefined
        ? 'it is neither an Avro container, a framed alert, gzip, tar nor zip'
        : `it begins like an alert framed with the schema id ${frameId}, which is not one of Rubin's`;
    return faultAt(
      place,
      what,
      'if it is a bare record or another framed alert, name its schema with --schema FILE',
    );
  }

  #scannerOf(text: string, place: string, known?: KnownSchema): AlertScanner {
    const found = this.#scanners.get(text);
    if (found !== undefined) return found;
    const type = known?.type ?? parseAvroSchema(text, place);
    if (isRecordedSchema(type))
      throw faultAt(
        place,
        'it is a recording of a topic',
        'name it alone, and without options for reading alerts, to send its messages as they were',
      );
    const scanner = createAlertScanner(type, place, this.#options.fields);
    if (this.#scanners.size >= keptScanners) this.#scanners.clear();
    this.#scanners.set(text, scanner);
    return scanner;
  }
}

/** The schema that a text is; undefined for any other. Records without one often have it beside them. */
function schemaIn(bytes: Buffer, place: string): KnownSchema | undefined {
  if (!/^\s*[[{]/.test(bytes.toString('latin1', 0, 64))) return undefined;
  const text = bytes.toString();
  try {
    const type = parseAvroSchema(text, place);
    return type.kind === 'record' ? { text, type } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A small file is read in one call: of a folder of 20,000, streams with a large buffer each took 38 s, and this
 * takes 2 s.
 */
async function* fileChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (statSync(path).size <= chunkBytes) {
      yield readFileSync(path);
      return;
    }
    const file = createReadStream(path, { highWaterMark: chunkBytes });
    try {
      for await (const chunk of file) yield chunk as Buffer;
    } finally {
      file.destroy();
    }
  } catch (thrown) {
    throw readError(thrown, path);
  }
}
