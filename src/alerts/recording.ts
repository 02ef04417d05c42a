import { AlertSimError } from '../errors.js';
import { isContainerFile, openContainer, type Container } from './container.js';
import type { ContainerBlock } from './containerBlock.js';
import {
  isRecordedSchema,
  recordedMessages,
  recordingMetadata,
  type RecordedMessage,
  type StoredRecord,
} from './recordedMessages.js';
import { RecordFault } from './recordBytes.js';

export type { RecordedMessage } from './recordedMessages.js';

/** A sum of a recording. */
export interface RecordingSurvey {
  readonly path: string;
  readonly fileBytes: number;
  /** Undefined where the file does not say, because another program wrote it. */
  readonly topic: string | undefined;
  readonly codec: string;
  readonly blocks: number;
  readonly messages: number;
  /** Of these, those without a value. */
  readonly tombstones: number;
  readonly withKey: number;
  /** Of the values. */
  readonly bytes: number;
  /** Of the topic: also those without messages. */
  readonly partitions: readonly RecordedPartition[];
  /** The earliest and the latest, since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface RecordedPartition {
  readonly messages: number;
  /** -1 without messages. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Messages whose timestamp is before that of one ahead of them. */
  readonly behind: number;
}

/** Whether a file is a recording, without saying what is wrong with it otherwise. */
export async function isRecordingFile(path: string): Promise<boolean> {
  if (!(await isContainerFile(path))) return false;
  const container = await openContainer(path).catch(() => undefined);
  await container?.close();
  return container !== undefined && isRecordedSchema(container.schema);
}

/**
 * The messages of a recording, in their order; a block's are valid until the next one.
 *
 * @throws `BAD_INPUT_FILE` where it is damaged
 */
export async function* recordingMessages(path: string): AsyncGenerator<RecordedMessage, void, undefined> {
  const container = await openContainer(path);
  try {
    for await (const block of container.blocks(undefined, { reuse: true })) yield* messagesOfBlock(block);
  } finally {
    await container.close();
  }
}

/**
 * Reads a recording and sums it up, which checks every block; undefined when the signal stopped it.
 *
 * @throws `BAD_INPUT_FILE` where it is damaged, or holds no messages
 */
export async function surveyRecording(
  path: string,
  signal?: AbortSignal,
  onProgress?: (messages: number, bytes: number) => void,
): Promise<RecordingSurvey | undefined> {
  const container = await openContainer(path);
  try {
    const sums = new Sums(partitionsNotedBy(container));
    for await (const block of container.blocks(undefined, { reuse: true })) {
      if (signal?.aborted === true) return undefined;
      sums.addBlock(block);
      onProgress?.(sums.messages, sums.bytes);
    }
    if (sums.messages === 0)
      throw new AlertSimError('BAD_INPUT_FILE', `${path} holds no messages: record a topic that has some`);
    const topic = container.header.metadata.get(recordingMetadata.topic)?.toString();
    return { path, fileBytes: container.fileBytes, topic, codec: container.codecName, ...sums.result() };
  } finally {
    await container.close();
  }
}

/**
 * The messages of a block.
 *
 * @throws `BAD_INPUT_FILE` where it is damaged
 */
export function messagesOfBlock(block: ContainerBlock): readonly StoredRecord[] {
  try {
    return recordedMessages(block.decompress(), block.recordCount);
  } catch (thrown) {
    if (thrown instanceof RecordFault) throw block.fault(thrown.message, thrown);
    throw thrown;
  }
}

function partitionsNotedBy({ header }: Container): number {
  const noted = Number(header.metadata.get(recordingMetadata.partitions)?.toString() ?? 0);
  return Number.isSafeInteger(noted) && noted >= 0 && noted <= mostPartitions ? noted : 0;
}

/** Limit of librdkafka. */
const mostPartitions = 100_000;

class Sums {
  messages = 0;
  bytes = 0;
  #blocks = 0;
  #tombstones = 0;
  #withKey = 0;
  #firstMs = Infinity;
  #lastMs = -Infinity;
  readonly #partitions: (RecordedPartition & { readonly latestMs: number })[] = [];

  constructor(partitions: number) {
    this.#grow(partitions);
  }

  addBlock(block: ContainerBlock): void {
    this.#blocks += 1;
    for (const message of messagesOfBlock(block)) {
      const { partition } = message;
      if (!(partition >= 0 && partition < mostPartitions))
        throw block.fault(`has a message of the partition ${partition}`);
      this.#add(message);
    }
  }

  #add({ partition, offset, timestampMs, key, value }: RecordedMessage): void {
    this.messages += 1;
    this.bytes += value?.length ?? 0;
    if (value === null) this.#tombstones += 1;
    if (key !== null) this.#withKey += 1;
    this.#firstMs = Math.min(this.#firstMs, timestampMs);
    this.#lastMs = Math.max(this.#lastMs, timestampMs);
    this.#grow(partition + 1);
    const before = this.#partitions[partition] ?? none;
    this.#partitions[partition] = {
      messages: before.messages + 1,
      firstOffset: before.messages === 0 ? offset : before.firstOffset,
      lastOffset: offset,
      behind: before.behind + (timestampMs < before.latestMs ? 1 : 0),
      latestMs: Math.max(before.latestMs, timestampMs),
    };
  }

  #grow(partitions: number): void {
    while (this.#partitions.length < partitions) this.#partitions.push(none);
  }

  result(): Omit<RecordingSurvey, 'path' | 'fileBytes' | 'topic' | 'codec'> {
    return {
      blocks: this.#blocks,
      messages: this.messages,
      tombstones: this.#tombstones,
      withKey: this.#withKey,
      bytes: this.bytes,
      partitions: this.#partitions,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
    };
  }
}

const none = { messages: 0, firstOffset: -1, lastOffset: -1, behind: 0, latestMs: -Infinity };
