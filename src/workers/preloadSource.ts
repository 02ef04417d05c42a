import { createPlaceFinder, formatPlaces } from '../alerts/alertPlaces.js';
import { createAlertScanner } from '../alerts/alertScanner.js';
import { openContainer } from '../alerts/container.js';
import { parseAvroSchema } from '../alerts/avroSchema.js';
import type { AvroType } from '../alerts/avroType.js';
import { createAlertMaker } from '../alerts/synthetic/alertMaker.js';
import { purposes, Random } from '../random.js';
import { syntheticSchemaText } from '../alerts/synthetic/schemaText.js';
import { microsecondsOfMjd } from '../alerts/timeOffset.js';
import type { PreloadTask } from './protocol.js';

/** A message on its way into a reservoir. */
export interface ReservoirMessage {
  /** The Avro record, or what else is sent; valid until the next message is asked for. */
  readonly bytes: Buffer;
  /** Undefined for bytes that are sent as they are. */
  readonly schemaId: number | undefined;
  readonly partition: number;
  /** From 0, among all alerts. */
  readonly index: number;
  /** After the first alert. */
  readonly timeOffsetUs: number;
  /** Where its ids and times lie, as in its header; undefined where it is not needed. */
  readonly places: string | undefined;
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
            schemaId: task.schemaId,
            partition,
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

async function* fromGenerator(
  task: PreloadTask,
  source: Extract<PreloadTask['source'], { kind: 'synthetic' }>,
): AsyncGenerator<ReservoirMessage> {
  const maker = createAlertMaker(source.options);
  const firstUs = microsecondsOfMjd(maker.alertAt(0).mjd);
  const schema = parseAvroSchema(syntheticSchemaText(), 'the schema of synthetic alerts');
  const placesOf = placeNoter(task, schema, 'the schema of synthetic alerts');
  for (const index of ourIndexes(task, source.alerts)) {
    const { bytes, mjd } = maker.alertAt(index);
    const timeOffsetUs = microsecondsOfMjd(mjd) - firstUs;
    yield {
      bytes,
      schemaId: task.schemaId,
      partition: index % task.partitions,
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
    yield { bytes, schemaId: undefined, partition, index, timeOffsetUs: 0, places: undefined };
    await turn(index);
  }
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
