/**
 * Encodes an Avro int or long as a zigzag number of variable length.
 *
 * @param value - a whole number of at most 2^52 in size, as counts and lengths are
 */
export function encodeLong(value: number): Buffer {
  // Zigzag without 32-bit operators, which would cut a long: 2n for n ≥ 0, -2n - 1 below.
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  const bytes: number[] = [];
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/**
 * Position after an Avro int or long; -1 when the bytes end before it does or it is longer than ten bytes.
 */
export function longEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < start + 10; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return -1;
    if (byte < 0x80) return at + 1;
  }
  return -1;
}

/**
 * Decodes an Avro int or long as a double: exact up to 2^52 in size, near it beyond.
 *
 * @param bytes - the bytes that hold it
 * @param end - the position after it, from {@link longEnd}
 */
export function decodeLong(bytes: Uint8Array, start: number, end: number): number {
  let zigzag = 0;
  for (let at = end - 1; at >= start; at -= 1) zigzag = zigzag * 128 + ((bytes[at] ?? 0) & 0x7f);
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

/**
 * Decodes an Avro long in all of its 64 bits, signed.
 *
 * @param bytes - the bytes that hold it
 * @param end - the position after it, from {@link longEnd}
 */
export function decodeBigLong(bytes: Uint8Array, start: number, end: number): bigint {
  let low = 0;
  let high = 0;
  // Two halves of 35 bits each stay exact in doubles: one BigInt operation for each byte would be slow.
  for (let at = end - 1; at >= start + 5; at -= 1) high = high * 128 + ((bytes[at] ?? 0) & 0x7f);
  for (let at = Math.min(end, start + 5) - 1; at >= start; at -= 1)
    low = low * 128 + ((bytes[at] ?? 0) & 0x7f);
  const zigzag = BigInt.asUintN(64, (BigInt(high) << 35n) | BigInt(low));
  return (zigzag >> 1n) ^ -(zigzag & 1n);
}

/**
 * Writes an Avro long in all of its 64 bits and returns the position after it.
 *
 * @param into - room for ten bytes
 */
export function writeBigLong(value: bigint, into: Uint8Array, start: number): number {
  const zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  // Two halves again, as in reading.
  let low = Number(zigzag & 0x7_ffff_ffffn);
  let high = Number(zigzag >> 35n);
  let at = start;
  for (let septets = 1; high > 0 || low > 0x7f; septets += 1) {
    into[at] = (low % 128) | 0x80;
    at += 1;
    low = Math.floor(low / 128);
    if (septets === 5) {
      low = high;
      high = 0;
    }
  }
  into[at] = low;
  return at + 1;
}
