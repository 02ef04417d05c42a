import { RangeSet } from './rangeSet.js';

/** What became of one producer's messages for one partition. */
export interface PartitionAccount {
  readonly partition: number;
  /** Handed to librdkafka: those with the sequences 0 to sent − 1. */
  readonly sent: number;
  readonly acked: number;
  /** Sequences of the messages that failed, as edges of a {@link RangeSet}. */
  readonly failed: readonly number[];
  /** In order: each phase's number, and the sequence of its first message. */
  readonly phases: readonly (readonly [phase: number, from: number])[];
}

/** What became of one producer's messages. */
export interface ProducerAccount {
  readonly producer: number;
  readonly partitions: readonly PartitionAccount[];
  /** Number of failed messages, by librdkafka's error code. */
  readonly errors: Readonly<Record<number, number>>;
}

/** Number of messages by the phase's number; phases without any are left out. */
export type CountByPhase = Readonly<Record<number, number>>;

/** What a member of a group received. */
export interface ReceiverAccount {
  /** By producer and partition. */
  readonly streams: readonly {
    readonly producer: number;
    readonly partition: number;
    /** Sequences as edges of a {@link RangeSet}. */
    readonly received: readonly number[];
    /** Messages that were received again. */
    readonly duplicated: CountByPhase;
    /** Messages that came after one with a higher sequence. */
    readonly outOfOrder: CountByPhase;
  }[];
}

/** What a group received of what was acknowledged. */
export interface GroupAccount {
  /** Acknowledged messages that the group read. */
  readonly received: number;
  /** Acknowledged messages that the group did not read. */
  readonly lost: number;
  /** Messages that the same member read again: the broker holds them twice. */
  readonly duplicated: number;
  /** Messages that two members read: a partition changed hands before its position was known. */
  readonly reread: number;
  /** Messages that came after one with a higher sequence of the same producer and partition. */
  readonly outOfOrder: number;
  /** Messages that were reported as failed, and were read nevertheless. */
  readonly receivedThoughFailed: number;
  /**
   * Messages of the stream that the group had still to read when the drain was over: the lost ones among them
   * were late, the others are missing. Undefined where nothing was lost, or the broker did not report it.
   */
  readonly behind?: number | undefined;
}

interface Sent {
  sent: number;
  acked: number;
  phase: number;
  readonly failed: RangeSet;
  readonly phases: [phase: number, from: number][];
}

/** A producer's side of the ledger. */
export class ProducerLedger {
  readonly #producer: number;
  readonly #partitions: (Sent | undefined)[] = [];
  readonly #errors: Record<number, number> = {};

  constructor(producer: number) {
    this.#producer = producer;
  }

  /** Counts a message that librdkafka took; its sequence is the number of those before it. */
  countSent(partition: number, phase: number): void {
    const counts = this.#of(partition);
    if (phase !== counts.phase) {
      counts.phase = phase;
      counts.phases.push([phase, counts.sent]);
    }
    counts.sent += 1;
  }

  countAcked(partition: number): void {
    this.#of(partition).acked += 1;
  }

  /**
   * Notes a message that failed.
   *
   * @param errorCode - librdkafka's error code
   */
  countFailed(partition: number, sequence: number, errorCode: number): void {
    this.#of(partition).failed.add(sequence);
    this.#errors[errorCode] = (this.#errors[errorCode] ?? 0) + 1;
  }

  account(): ProducerAccount {
    const partitions: PartitionAccount[] = [];
    this.#partitions.forEach((counts, partition) => {
      if (counts === undefined) return;
      const { sent, acked, failed, phases } = counts;
      partitions.push({ partition, sent, acked, failed: failed.edges, phases });
    });
    return { producer: this.#producer, partitions, errors: this.#errors };
  }

  #of(partition: number): Sent {
    return (this.#partitions[partition] ??= {
      sent: 0,
      acked: 0,
      phase: -1,
      failed: new RangeSet(),
      phases: [],
    });
  }
}

interface Received {
  readonly sequences: RangeSet;
  readonly duplicated: Record<number, number>;
  readonly outOfOrder: Record<number, number>;
}

/** A member's side of the ledger. */
export class ReceiverLedger {
  readonly #streams = new Map<number, Received>();

  /**
   * @param producer - below 65,536
   * @param partition - below 2^32
   */
  receive(producer: number, partition: number, sequence: number, phase: number): void {
    const key = partition * 65_536 + producer;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { sequences: new RangeSet(), duplicated: {}, outOfOrder: {} };
      this.#streams.set(key, stream);
    }
    const behind = sequence < stream.sequences.last;
    const isNew = stream.sequences.add(sequence);
    if (isNew && !behind) return;
    const counts = isNew ? stream.outOfOrder : stream.duplicated;
    counts[phase] = (counts[phase] ?? 0) + 1;
  }

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
 * Compares what a group's members received with what was acknowledged. The counts add up: acknowledged =
 * received + lost.
 *
 * @param counts - whether the messages of a phase, by its number, are included; default all
 */
export function settleGroup(
  producers: readonly ProducerAccount[],
  members: readonly ReceiverAccount[],
  counts: (phase: number) => boolean = () => true,
): GroupAccount {
  const streams = members.flatMap((member) => member.streams);
  const received = new Map<string, RangeSet[]>();
  for (const { producer, partition, received: edges } of streams) {
    const key = `${producer}/${partition}`;
    received.set(key, [...(received.get(key) ?? []), new RangeSet(edges)]);
  }
  const total = { received: 0, lost: 0, reread: 0, receivedThoughFailed: 0 };
  for (const { producer, partitions } of producers) {
    for (const account of partitions) {
      const sent = sentIn(account, counts);
      const failed = sent.common(new RangeSet(account.failed));
      const all = new RangeSet();
      for (const one of received.get(`${producer}/${account.partition}`) ?? [])
        total.reread += all.addAll(sent.common(one));
      const though = all.common(failed).size;
      total.receivedThoughFailed += though;
      total.received += all.size - though;
      total.lost += sent.size - failed.size - (all.size - though);
    }
  }
  const sum = (of: (stream: (typeof streams)[number]) => CountByPhase): number =>
    streams
      .flatMap((stream) => Object.entries(of(stream)))
      .reduce((all, [phase, count]) => all + (counts(Number(phase)) ? count : 0), 0);
  return {
    ...total,
    duplicated: sum(({ duplicated }) => duplicated),
    outOfOrder: sum(({ outOfOrder }) => outOfOrder),
  };
}

/** Sequences of the messages of some phases. */
function sentIn({ sent, phases }: PartitionAccount, counts: (phase: number) => boolean): RangeSet {
  const all = new RangeSet();
  phases.forEach(([phase, from], index) => {
    const until = phases[index + 1]?.[1] ?? sent;
    if (counts(phase)) all.addAll(new RangeSet([from, until]));
  });
  return all;
}
