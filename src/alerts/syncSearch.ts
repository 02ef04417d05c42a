import type { FileHandle } from 'node:fs/promises';

const windowBytes = 1024 * 1024;

/**
 * Finds the first marker that begins in a stretch of a file.
 *
 * @param toBytes - exclusive; a marker that begins before this byte may end after it
 */
export async function findMarker(
  file: FileHandle,
  marker: Buffer,
  fromBytes: number,
  toBytes: number,
): Promise<number | undefined> {
  // A marker may span two windows: they overlap by one byte less than its length.
  const overlapBytes = marker.length - 1;
  const window = Buffer.allocUnsafe(windowBytes + overlapBytes);
  for (let start = fromBytes; start < toBytes; start += windowBytes) {
    const wanted = Math.min(windowBytes, toBytes - start) + overlapBytes;
    const { bytesRead } = await file.read(window, 0, wanted, start);
    const found = window.subarray(0, bytesRead).indexOf(marker);
    if (found >= 0) return start + found;
    if (bytesRead < wanted) return undefined;
  }
  return undefined;
}
