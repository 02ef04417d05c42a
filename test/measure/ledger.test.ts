import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProducerLedger, ReceiverLedger, settleGroup } from '../../src/measure/ledger.js';

/**
 * A message of the model: producer and partition, what became of it, and the members that read it, in this
 * order.
 */
interface Told {
  readonly producer: number;
  readonly partition: number;
  /** Whether it was reported as failed. */
  readonly failed: boolean;
  /** With repetitions; empty for a message that was not read. */
  readonly readBy: readonly number[];
}

const memberCount = 3;

const told: fc.Arbitrary<Told> = fc.record({
  producer: fc.nat({ max: 2 }),
  partition: fc.nat({ max: 2 }),
  failed: fc.boolean(),
  readBy: fc.oneof(
    { weight: 5, arbitrary: fc.nat({ max: memberCount - 1 }).map((member) => [member]) },
    { weight: 2, arbitrary: fc.array(fc.nat({ max: memberCount - 1 }), { maxLength: 5 }) },
  ),
});

/** Numbers that put the events into some order. */
const shuffles = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });

function shuffled<T>(items: readonly T[], by: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, rank: ((by[index % by.length] ?? 0) * (index + 1)) % 9973 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Gives each message its sequence, as a producer does, and one of three phases, which follow upon each other. */
function numbered(messages: readonly Told[]): (Told & { sequence: number; phase: number })[] {
  const next = new Map<string, number>();
  return messages.map((message, index) => {
    const key = `${message.producer}/${message.partition}`;
    const sequence = next.get(key) ?? 0;
    next.set(key, sequence + 1);
    return { ...message, sequence, phase: Math.floor((3 * index) / messages.length) };
  });
}

describe('the ledger', () => {
  it('sums for any losses, failures, repetitions and orders, and for members that exchange partitions', () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 60 }), shuffles, shuffles, (toldOf, answers, reads) => {
        const messages = numbered(toldOf);
        const producers = Array.from({ length: 3 }, (_, producer) => new ProducerLedger(producer));
        const members = Array.from({ length: memberCount }, () => new ReceiverLedger());
        for (const { producer, partition, phase } of messages)
          producers[producer]?.countSent(partition, phase);
        for (const { producer, partition, failed, sequence } of shuffled(messages, answers)) {
          if (failed) producers[producer]?.countFailed(partition, sequence, -192);
          else producers[producer]?.countAcked(partition);
        }
        const arrivals = messages.flatMap((message) => message.readBy.map((member) => ({ member, message })));
        for (const { member, message } of shuffled(arrivals, reads)) {
          members[member]?.receive(message.producer, message.partition, message.sequence, message.phase);
        }

        const producerAccounts = producers.map((producer) => producer.account());
        const memberAccounts = members.map((member) => member.account());
        // All phases, one of them, and the others: a warm-up is looked at apart.
        for (const counts of [() => true, (phase: number) => phase === 0, (phase: number) => phase > 0]) {
          const account = settleGroup(producerAccounts, memberAccounts, counts);
          const looked = messages.filter(({ phase }) => counts(phase));
          const acked = looked.filter(({ failed }) => !failed);
          const readOnce = ({ readBy }: Told): boolean => readBy.length > 0;
          const sumOf = (count: (message: Told) => number): number =>
            looked.reduce((sum, message) => sum + count(message), 0);
          expect(account.received + account.lost).toBe(acked.length);
          expect(account.received).toBe(acked.filter(readOnce).length);
          expect(account.receivedThoughFailed).toBe(
            looked.filter(({ failed }) => failed).filter(readOnce).length,
          );
          // Each reading after a member's first of a message is a repetition; each member after the first reads it again.
          expect(account.duplicated).toBe(sumOf(({ readBy }) => readBy.length - new Set(readBy).size));
          expect(account.reread).toBe(sumOf(({ readBy }) => Math.max(0, new Set(readBy).size - 1)));
        }
      }),
    );
  });

  it('loses nothing and repeats nothing when every message is read once, in order', () => {
    const producer = new ProducerLedger(7);
    const member = new ReceiverLedger();
    for (let sequence = 0; sequence < 1000; sequence += 1) {
      producer.countSent(45, 0);
      producer.countAcked(45);
      member.receive(7, 45, sequence, 0);
    }
    expect(settleGroup([producer.account()], [member.account()])).toEqual({
      received: 1000,
      lost: 0,
      duplicated: 0,
      reread: 0,
      outOfOrder: 0,
      receivedThoughFailed: 0,
    });
    expect(producer.account().partitions).toEqual([
      { partition: 45, sent: 1000, acked: 1000, failed: [], phases: [[0, 0]] },
    ]);
  });

  it.each([
    ['nothing in order', [0, 1, 2, 3], 0, 0],
    ['nothing where a gap stays open', [0, 2, 5], 0, 0],
    ['the one that comes late', [0, 2, 1, 3], 1, 0],
    ['each one that comes after a later one', [3, 2, 1, 0], 3, 0],
    ['a repetition as such, and not as out of order', [0, 1, 2, 1], 0, 1],
    ['a repetition of the last one', [0, 1, 1], 0, 1],
    ['a late one once, and then its repetition', [2, 0, 0], 1, 1],
  ])('counts as out of order %s', (_, sequences, outOfOrder, duplicated) => {
    const member = new ReceiverLedger();
    for (const sequence of sequences) member.receive(0, 0, sequence, 5);
    const counted = (count: number): object => (count === 0 ? {} : { 5: count });
    expect(member.account().streams[0]).toMatchObject({
      outOfOrder: counted(outOfOrder),
      duplicated: counted(duplicated),
    });
  });

  it('keeps producers and partitions apart, to the largest of both', () => {
    const member = new ReceiverLedger();
    const streams = [
      [0, 1],
      [1, 0],
      [65_535, 0],
      [0, 65_535],
      [65_535, 2 ** 32 - 1],
    ] as const;
    for (const [producer, partition] of streams) member.receive(producer, partition, 0, 0);
    expect(member.account().streams.map(({ producer, partition }) => [producer, partition])).toEqual(streams);
  });

  it('counts failures by their code', () => {
    const producer = new ProducerLedger(0);
    for (let sequence = 0; sequence < 3; sequence += 1) producer.countSent(1, 0);
    producer.countFailed(1, 0, -192);
    producer.countFailed(1, 2, -192);
    producer.countFailed(1, 1, 10);
    expect(producer.account()).toEqual({
      producer: 0,
      partitions: [{ partition: 1, sent: 3, acked: 0, failed: [0, 3], phases: [[0, 0]] }],
      errors: { '-192': 2, '10': 1 },
    });
  });

  it('leaves aside what members read of producers that told no account', () => {
    const member = new ReceiverLedger();
    member.receive(3, 0, 0, 0);
    expect(settleGroup([], [member.account()])).toMatchObject({ received: 0, lost: 0 });
  });

  it('calls all lost where no member told anything', () => {
    const producer = new ProducerLedger(0);
    producer.countSent(0, 0);
    producer.countAcked(0);
    expect(settleGroup([producer.account()], [])).toMatchObject({ received: 0, lost: 1 });
  });
});
