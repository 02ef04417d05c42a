import { RangeSet } from './rangeSet.js';

/** What became of one producer's messages for one partition. */
export interface PartitionAccount {
  /** The partition. */
  readonly partition: number;
  /** Messages handed to librdkafka: those with the sequences 0 to sent − 1. */
  readonly sent: number;
  /** Messages that the broker acknowledged. */
  readonly acked: number;
  /** The sequences of the messages that failed, as edges of a {@link RangeSet}. */
  readonly failed: readonly number[];
}

/** What became of one producer's messages. */
export interface ProducerAccount {
  /** The producer. */
  readonly producer: number;
  /** By partition. */
  readonly partitions: readonly PartitionAccount[];
  /** How many failed, by librdkafka's error code. */
  readonly errors: Readonly<Record<number, number>>;
}

/** What a member of a group received. */
export interface ReceiverAccount {
  /** By producer and partition. */
  readonly streams: readonly {
    /** The producer. */
    readonly producer: number;
    /** The partition. */
    readonly partition: number;
    /** The sequences that were received, as edges of a {@link RangeSet}. */
    readonly received: readonly number[];
    /** Messages that were received once more. */
    readonly duplicated: number;
    /** Messages that came after one with a higher sequence. */
    readonly outOfOrder: number;
  }[];
}

/** What a group received of all that was acknowledged. */
export interface GroupAccount {
  /** Acknowledged messages that the group read. */
  readonly received: number;
  /** Acknowledged messages that the group did not read. */
  readonly lost: number;
  /** Messages that were read once more by the same member: the broker holds them twice. */
  readonly duplicated: number;
  /** Messages that two members read: a partition changed hands before its position was known. */
  readonly reread: number;
  /** Messages that came after one with a higher sequence of the same producer and partition. */
  readonly outOfOrder: number;
  /** Messages that were reported as failed, and were read nevertheless. */
  readonly receivedThoughFailed: number;
  /**
   * Messages of the stream that the group had still to read when the drain was over: the lost ones among them were
   * late, the others are missing. Left out where nothing was lost, or the broker did not say.
   */
  readonly behind?: number | undefined;
}

interface Sent {
  sent: number;
  acked: number;
  readonly failed: RangeSet;
}

/** A producer's side of the ledger. */
export class ProducerLedger {
  readonly #producer: number;
  readonly #partitions: (Sent | undefined)[] = [];
  readonly #errors: Record<number, number> = {};

  /**
   * @param producer - the producer's number
   */
  constructor(producer: number) {
    this.#producer = producer;
  }

  /**
   * Counts a message that librdkafka took; its sequence is the number of those before it.
   *
   * @param partition - where it goes
   */
  countSent(partition: number): void {
    this.#of(partition).sent += 1;
  }

  /**
   * Counts an acknowledgement.
   *
   * @param partition - where the message went
   */
  countAcked(partition: number): void {
    this.#of(partition).acked += 1;
  }

  /**
   * Notes a message that failed.
   *
   * @param partition - where it was to go
   * @param sequence - its sequence there
   * @param errorCode - librdkafka's error code
   */
  countFailed(partition: number, sequence: number, errorCode: number): void {
    this.#of(partition).failed.add(sequence);
    this.#errors[errorCode] = (this.#errors[errorCode] ?? 0) + 1;
  }

  /** The whole account. */
  account(): ProducerAccount {
    const partitions: PartitionAccount[] = [];
    this.#partitions.forEach((counts, partition) => {
      if (counts === undefined) return;
      partitions.push({ partition, sent: counts.sent, acked: counts.acked, failed: counts.failed.edges });
    });
    return { producer: this.#producer, partitions, errors: this.#errors };
  }

  #of(partition: number): Sent {
    return (this.#partitions[partition] ??= { sent: 0, acked: 0, failed: new RangeSet() });
  }
}

interface Received {
  readonly sequences: RangeSet;
  duplicated: number;
  outOfOrder: number;
}

/** A member's side of the ledger. */
export class ReceiverLedger {
  readonly #streams = new Map<number, Received>();

  /**
   * Notes a message.
   *
   * @param producer - who sent it, below 65,536
   * @param partition - where it was read, below 2^32
   * @param sequence - its sequence there
   */
  receive(producer: number, partition: number, sequence: number): void {
    const key = partition * 65_536 + producer;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { sequences: new RangeSet(), duplicated: 0, outOfOrder: 0 };
      this.#streams.set(key, stream);
    }
    const behind = sequence < stream.sequences.last;
    if (!stream.sequences.add(sequence)) stream.duplicated += 1;
    else if (behind) stream.outOfOrder += 1;
  }

  /** The whole account. */
  account(): ReceiverAccount {
    return {
      streams: [...this.#streams].map(([key, { sequences, duplicated, outOfOrder }]) => ({
        producer: key % 65_536,
        partition: Math.floor(key / 65_536),
        received: sequences.edges,
        duplicated,
        outOfOrder,
      })),
    };
  }
}

/**
 * Holds what a group's members received against what was acknowledged.
 *
 * @param producers - the accounts of all producers
 * @param members - the accounts of the group's members
 * @returns counts that sum: acknowledged = received + lost
 */
export function settleGroup(
  producers: readonly ProducerAccount[],
  members: readonly ReceiverAccount[],
): GroupAccount {
  const received = new Map<string, RangeSet>();
  let duplicated = 0;
  let reread = 0;
  let outOfOrder = 0;
  for (const stream of members.flatMap(({ streams }) => streams)) {
    const key = `${stream.producer}/${stream.partition}`;
    const all = received.get(key) ?? new RangeSet();
    received.set(key, all);
    reread += all.addAll(new RangeSet(stream.received));
    duplicated += stream.duplicated;
    outOfOrder += stream.outOfOrder;
  }
  let acked = 0;
  let ackedAndReceived = 0;
  let receivedThoughFailed = 0;
  for (const { producer, partitions } of producers) {
    for (const { partition, acked: ackedHere, failed } of partitions) {
      const here = received.get(`${producer}/${partition}`) ?? new RangeSet();
      const though = overlap(here, new RangeSet(failed));
      acked += ackedHere;
      receivedThoughFailed += though;
      ackedAndReceived += here.size - though;
    }
  }
  return {
    received: ackedAndReceived,
    lost: acked - ackedAndReceived,
    duplicated,
    reread,
    outOfOrder,
    receivedThoughFailed,
  };
}

function overlap(one: RangeSet, other: RangeSet): number {
  return new RangeSet(one.edges).addAll(other);
}
