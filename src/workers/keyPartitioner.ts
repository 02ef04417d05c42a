import { crc32 } from '../alerts/codecs.js';

/**
 * The partition of a message by its key; undefined where the key does not decide.
 *
 * @param key - undefined for a message without a key
 */
export type KeyPartitioner = (key: Uint8Array | undefined) => number | undefined;

/**
 * Chooses partitions by key as librdkafka does, so that the alerts of a key stay together, and where other
 * clients look for them: docs/adr/0019-keys-decide.md. librdkafka's own choice would be known too late, as
 * messages are numbered for each partition before they are sent.
 *
 * Source: `rd_kafka_msg_partitioner_…` in rdkafka_msg.c of librdkafka 2.12.0.
 *
 * @param partitioner - librdkafka's property of this name
 */
export function keyPartitioner(partitions: number, partitioner = 'consistent_random'): KeyPartitioner {
  const [, name = '', random] = /^(consistent|murmur2|fnv1a)(_random)?$/.exec(partitioner) ?? [];
  const hash = hashes[name];
  if (hash === undefined) return () => undefined;
  // Of the partitioners that spread messages without a key, one counts an empty key as none.
  const fewest = random === undefined ? -1 : name === 'consistent' ? 1 : 0;
  return (key) => ((key?.length ?? -1) < fewest ? undefined : hash(key ?? new Uint8Array(0)) % partitions);
}

/** 32 bits, unsigned. */
const hashes: Readonly<Record<string, (key: Uint8Array) => number>> = {
  consistent: crc32,
  murmur2: (key) => murmur2(key) & 0x7fffffff,
  fnv1a,
};

/** MurmurHash2 with the seed of Kafka's Java client. */
function murmur2(key: Uint8Array): number {
  const factor = 0x5bd1e995;
  const end = key.length - (key.length % 4);
  let hash = 0x9747b28c ^ key.length;
  for (let at = 0; at < end; at += 4) {
    const word =
      (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16) | ((key[at + 3] ?? 0) << 24);
    const mixed = Math.imul(word, factor);
    hash = Math.imul(hash, factor) ^ Math.imul(mixed ^ (mixed >>> 24), factor);
  }
  if (end < key.length) {
    for (let at = key.length - 1; at >= end; at -= 1) hash ^= (key[at] ?? 0) << (8 * (at - end));
    hash = Math.imul(hash, factor);
  }
  hash = Math.imul(hash ^ (hash >>> 13), factor);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** FNV-1a as an absolute value, as Sarama takes it. */
function fnv1a(key: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x01000193);
  return Math.abs(hash);
}
