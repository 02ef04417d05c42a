import { recordingMessages, type RecordedMessage } from '../alerts/recording.js';
import { createPlaceFinder, formatPlaces } from '../alerts/alertPlaces.js';
import { createAlertScanner } from '../alerts/alertScanner.js';
import { openContainer } from '../alerts/container.js';
import { parseAvroSchema } from '../alerts/avroSchema.js';
import type { AvroType } from '../alerts/avroType.js';
import { AlertReader, type InputFile } from '../alerts/sources/alertReader.js';
import { framingOf, messageBody, unversionedSchemaId } from '../alerts/sources/framing.js';
import { namedFields, readOptionsOf, type ReadingPlan } from '../alerts/sources/reading.js';
import { sortedMessages } from '../alerts/sources/sortedFile.js';
import type { Framing } from '../alerts/surveys.js';
import { createAlertMaker } from '../alerts/synthetic/alertMaker.js';
import { purposes, Random } from '../random.js';
import { schemaIdOf, syntheticSchemaText } from '../alerts/synthetic/schemaText.js';
import { microsecondsOfMjd } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import type { PreloadTask } from './protocol.js';
import { topicMessages } from './topicMessages.js';

/** A message on its way into a reservoir. */
export interface ReservoirMessage {
  /** The Avro record, or what else is sent; valid until the next message is asked for. */
  readonly bytes: Buffer;
  /** Undefined for bytes that are sent as they are. */
  readonly schemaId: number | undefined;
  readonly partition: number;
  /** The file, and the entries of archives on the way to the alert; undefined where it is not known. */
  readonly place: string | undefined;
  /** Of the alert at that place, from 1. */
  readonly number: number;
  /** From 0, among all alerts. */
  readonly index: number;
  /** After the first alert. */
  readonly timeOffsetUs: number;
  /** Where its ids and times lie, as in its header; undefined where it is not needed. */
  readonly places: string | undefined;
  /** Of a message that was recorded: its own. */
  readonly recorded?: Pick<RecordedMessage, 'value' | 'key' | 'headers' | 'timestampMs'> | undefined;
}

/**
 * The messages that a preload worker has to send, in order.
 *
 * Units go round the partitions, and each partition belongs to one worker: so the order by time holds within
 * each partition, however many workers there are. A unit is a block of a container, because a block has to be
 * decompressed as a whole, or else an alert.
 *
 * @throws `BAD_INPUT_FILE` when the container is damaged
 */
export function preloadMessages(task: PreloadTask): AsyncIterable<ReservoirMessage> {
  switch (task.source.kind) {
    case 'file':
      return fromContainer(task, task.source.path, task.source.firstUs);
    case 'files':
      return fromFiles(task, task.source);
    case 'sorted':
      return fromSortedFile(task, task.source);
    case 'recording':
      return fromRecording(task, task.source);
    case 'topic':
      return fromTopic(task, task.source);
    case 'synthetic':
      return fromGenerator(task, task.source);
    case 'payload':
      return fromRandomBytes(task, task.source);
  }
}

async function* fromContainer(
  task: PreloadTask,
  path: string,
  firstUs: number,
): AsyncGenerator<ReservoirMessage> {
  const container = await openContainer(path);
  try {
    const scanner = createAlertScanner(container.schema, path);
    const placesOf = placeNoter(task, container.schema, path);
    const registered = registeredIds(task)?.get(container.schemaText);
    const schemaId = task.schemaId ?? registered ?? scanner.layout.schemaId ?? unversionedSchemaId;
    let unit = 0;
    let index = 0;
    for await (const block of container.blocks(undefined, { reuse: true })) {
      const partition = unit % task.partitions;
      unit += 1;
      if (isOurs(task, partition)) {
        let within = 0;
        for (const { avro, mjd } of scanner.alertsOf(block)) {
          const timeOffsetUs = microsecondsOfMjd(mjd) - firstUs;
          yield {
            bytes: avro,
            schemaId,
            partition,
            place: path,
            number: index + within + 1,
            index: index + within,
            timeOffsetUs,
            places: placesOf(avro),
          };
          within += 1;
        }
      }
      index += block.recordCount;
    }
  } finally {
    await container.close();
  }
}

/** Units are single alerts: what is sent one after the other may come from different places. */
async function* fromFiles(
  task: PreloadTask,
  source: Extract<PreloadTask['source'], { kind: 'files' }>,
): AsyncGenerator<ReservoirMessage> {
  const { files, reading, ranks, firstUs } = source;
  if (task.share.index >= task.partitions) return;
  const placesOf = placeFinders(task, reading);
  // What is left out was counted and reported when the alerts were looked at.
  const options = await readOptionsOf(reading);
  const choice = { framing: reading.framing, schemaId: task.schemaId, schemaIds: registeredIds(task) };
  const waiting = new Map<number, ReservoirMessage>();
  let found = 0;
  let next = nextOurs(task, -1);
  for await (const alert of new AlertReader(options).alertsIn(files)) {
    const index = ranks === undefined ? found : ranks[found];
    found += 1;
    if (index === undefined) break;
    const partition = index % task.partitions;
    if (!isOurs(task, partition)) continue;
    const { bytes, schemaId } = messageBody(alert, choice);
    const places = placesOf(alert.scanner.schema, alert.place, alert.avro, framingOf(alert, choice));
    const timeOffsetUs = microsecondsOfMjd(alert.mjd) - firstUs;
    const { place, number } = alert;
    const message = { bytes, schemaId, partition, place, number, index, timeOffsetUs, places };
    if (index !== next) {
      // Its bytes may be part of a large chunk.
      waiting.set(index, { ...message, bytes: Buffer.from(bytes) });
      continue;
    }
    yield message;
    next = nextOurs(task, next);
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next);
      yield ready;
      next = nextOurs(task, next);
    }
  }
  if (found !== source.alerts || waiting.size > 0) throw changedFiles(files);
}

async function* fromSortedFile(
  task: PreloadTask,
  source: Extract<PreloadTask['source'], { kind: 'sorted' }>,
): AsyncGenerator<ReservoirMessage> {
  const placesOf = placeFinders(task, source.reading);
  const schemas = source.schemaTexts.map((text) => parseAvroSchema(text, 'a schema of the alerts'));
  const registered = source.schemaTexts.map((text) => registeredIds(task)?.get(text));
  let index = -1;
  for await (const { bytes, schemaId, timeUs, schema } of sortedMessages(source.path, source.alerts)) {
    index += 1;
    const partition = index % task.partitions;
    if (!isOurs(task, partition)) continue;
    const type = schema === undefined ? undefined : schemas[schema];
    const framing = type === undefined ? 'container' : schemaId === undefined ? 'raw' : 'confluent';
    const places = placesOf(type ?? { kind: 'null' }, source.path, bytes, framing);
    const registeredId = schema === undefined ? undefined : registered[schema];
    const ownId = schemaId === undefined ? undefined : (task.schemaId ?? registeredId ?? schemaId);
    const timeOffsetUs = timeUs - source.firstUs;
    const message = { bytes, schemaId: ownId, partition, index, timeOffsetUs, places };
    yield { ...message, place: undefined, number: index + 1 };
  }
}

async function* fromRecording(
  task: PreloadTask,
  { path, firstMs }: Extract<PreloadTask['source'], { kind: 'recording' }>,
): AsyncGenerator<ReservoirMessage> {
  let index = -1;
  for await (const message of recordingMessages(path)) {
    index += 1;
    if (!isOurs(task, message.partition)) continue;
    yield sentAgain(message, firstMs, { place: path, number: index + 1, index });
  }
}

async function* fromTopic(
  task: PreloadTask,
  source: Extract<PreloadTask['source'], { kind: 'topic' }>,
): AsyncGenerator<ReservoirMessage> {
  const { topic, counts, firstMs } = source;
  let before = 0;
  const next = counts.map((count) => (before += count) - count);
  const wanted = (partition: number): boolean => isOurs(task, partition);
  for await (const message of topicMessages(source, wanted, task.timeoutMs)) {
    const { partition, offset } = message;
    const index = next[partition] ?? 0;
    next[partition] = index + 1;
    const place = `partition ${partition} of the topic ${topic}`;
    yield sentAgain(message, firstMs, { place, number: offset, index });
  }
}

/** A message of others, as it was: with its key, headers, partition and time. */
function sentAgain(
  recorded: NonNullable<ReservoirMessage['recorded']> & { readonly partition: number },
  firstMs: number,
  where: Pick<ReservoirMessage, 'place' | 'number' | 'index'>,
): ReservoirMessage {
  const { partition, value, timestampMs } = recorded;
  return {
    ...where,
    bytes: value ?? Buffer.alloc(0),
    schemaId: undefined,
    partition,
    timeOffsetUs: (timestampMs - firstMs) * 1000,
    places: undefined,
    recorded,
  };
}

async function* fromGenerator(
  task: PreloadTask,
  source: Extract<PreloadTask['source'], { kind: 'synthetic' }>,
): AsyncGenerator<ReservoirMessage> {
  const maker = createAlertMaker(source.options);
  const firstUs = microsecondsOfMjd(maker.alertAt(0).mjd);
  const schemaText = syntheticSchemaText(maker.options.schema);
  const schema = parseAvroSchema(schemaText, 'the schema of synthetic alerts');
  const placesOf = placeNoter(task, schema, 'the schema of synthetic alerts');
  const registered = registeredIds(task)?.get(schemaText);
  const ownId = schemaIdOf(maker.options.schema);
  for (const index of ourIndexes(task, source.alerts)) {
    const { bytes, mjd } = maker.alertAt(index);
    const timeOffsetUs = microsecondsOfMjd(mjd) - firstUs;
    yield {
      bytes,
      schemaId: task.schemaId ?? registered ?? ownId,
      partition: index % task.partitions,
      place: undefined,
      number: index + 1,
      index,
      timeOffsetUs,
      places: placesOf(bytes),
    };
    await turn(index);
  }
}

async function* fromRandomBytes(
  task: PreloadTask,
  source: Extract<PreloadTask['source'], { kind: 'payload' }>,
): AsyncGenerator<ReservoirMessage> {
  const random = new Random();
  for (const index of ourIndexes(task, source.alerts)) {
    random.start(source.seed, purposes.noise, index);
    const bytes = Buffer.alloc(source.bytes);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = random.uint32() & 0xff;
    const partition = index % task.partitions;
    const nothing = { schemaId: undefined, place: undefined, places: undefined };
    yield { ...nothing, bytes, partition, number: index + 1, index, timeOffsetUs: 0 };
    await turn(index);
  }
}

/** Undefined without any, so that a long text is not looked up for each alert. */
function registeredIds({ schemaIds = [] }: PreloadTask): ReadonlyMap<string, number> | undefined {
  return schemaIds.length === 0 ? undefined : new Map(schemaIds);
}

function placeNoter(
  { notePlaces }: PreloadTask,
  schema: AvroType,
  place: string,
): (avro: Buffer) => string | undefined {
  if (!notePlaces) return () => undefined;
  const find = createPlaceFinder(schema, place);
  return (avro) => formatPlaces(find(avro));
}

/** Finds places in alerts of several schemas. */
function placeFinders(
  { notePlaces }: PreloadTask,
  reading: ReadingPlan,
): (schema: AvroType, place: string, avro: Buffer, framing: Framing) => string | undefined {
  if (!notePlaces) return () => undefined;
  const fields = namedFields(reading);
  const finders = new Map<AvroType, ReturnType<typeof createPlaceFinder>>();
  return (schema, place, avro, framing) => {
    if (framing !== 'confluent' && framing !== 'raw') throw notRewritable(place, framing);
    let find = finders.get(schema);
    if (find === undefined) {
      find = createPlaceFinder(schema, place, { fields, ...(framing === 'raw' && { headBytes: 0 }) });
      finders.set(schema, find);
    }
    return formatPlaces(find(avro));
  };
}

function notRewritable(place: string, framing: Framing): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: alerts with the framing ${framing} cannot be rewritten: choose confluent or raw, or leave rewrite: true out of the phases`,
  );
}

function changedFiles(files: readonly InputFile[]): AlertSimError {
  const what = files.length === 1 ? (files[0]?.place ?? '') : `one of the ${files.length} files`;
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${what} has changed while it was read: start again when nothing writes to it`,
  );
}

/** The next index of this worker's partitions. */
function nextOurs(task: PreloadTask, index: number): number {
  let next = index + 1;
  while (!isOurs(task, next % task.partitions)) next += 1;
  return next;
}

function* ourIndexes(task: PreloadTask, alerts: number): Generator<number> {
  for (let index = 0; index < alerts; index += 1) if (isOurs(task, index % task.partitions)) yield index;
}

function isOurs({ share }: PreloadTask, partition: number): boolean {
  return partition % share.of === share.index;
}

/** A generator that makes everything by itself would never let the event loop have a turn. */
async function turn(index: number): Promise<void> {
  if (index % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
}
