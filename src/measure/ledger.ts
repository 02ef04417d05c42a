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
  /** The phases of the messages, in order: the phase's number, and the sequence of its first message. */
  readonly phases: readonly (readonly [phase: number, from: number])[];
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

/** How many messages of each phase, by its number; phases without any are left out. */
export type CountByPhase = Readonly<Record<number, number>>;

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
    /** Messages that were received once more, by phase. */
    readonly duplicated: CountByPhase;
    /** Messages that came after one with a higher sequence, by phase. */
    readonly outOfOrder: CountByPhase;
  }[];
}

/** What a group received of what was acknowledged. */
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
  phase: number;
  readonly failed: RangeSet;
  readonly phases: [phase: number, from: number][];
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
   * @param phase - the phase's number
   */
  countSent(partition: number, phase: number): void {
    const counts = this.#of(partition);
    if (phase !== counts.phase) {
      counts.phase = phase;
      counts.phases.push([phase, counts.sent]);
    }
    counts.sent += 1;
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
   * Notes a message.
   *
   * @param producer - who sent it, below 65,536
   * @param partition - where it was read, below 2^32
   * @param sequence - its sequence there
   * @param phase - the phase's number
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
 * @param counts - whether the messages of a phase are looked at, by its number; all are where it is left out
 * @returns counts that sum: acknowledged = received + lost
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

/** The sequences of the messages of some phases. */
function sentIn({ sent, phases }: PartitionAccount, counts: (phase: number) => boolean): RangeSet {
  const all = new RangeSet();
  phases.forEach(([phase, from], index) => {
    const until = phases[index + 1]?.[1] ?? sent;
    if (counts(phase)) all.addAll(new RangeSet([from, until]));
  });
  return all;
}
