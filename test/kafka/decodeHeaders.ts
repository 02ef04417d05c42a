/**
 * Decodes what `encodeHeaders` encoded. A header without a value comes out with an empty one.
 *
 * @param bytes - the encoded headers
 * @returns one object a header
 */
export function decodeHeaders(bytes: Buffer): Record<string, Buffer>[] {
  const headers: Record<string, Buffer>[] = [];
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 4 + bytes.readUInt32LE(at);
    const name = bytes.toString('utf8', at + 4, nameEnd);
    const length = bytes.readUInt32LE(nameEnd);
    const valueEnd = nameEnd + 4 + (length === 0xffff_ffff ? 0 : length);
    headers.push({ [name]: bytes.subarray(nameEnd + 4, valueEnd) });
    at = valueEnd;
  }
  return headers;
}
