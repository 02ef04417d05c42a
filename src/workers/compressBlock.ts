import { move } from 'piscina';
import { loadCodec, type CodecName } from '../alerts/codecs.js';

/** A block of a container to compress. */
export interface CompressTask {
  readonly records: Uint8Array<ArrayBuffer>;
  readonly codec: CodecName;
}

/** What a thread of the pool that compresses runs. */
export default async function compressBlock({ records, codec }: CompressTask): Promise<unknown> {
  const { compress } = await loadCodec(codec, '--codec');
  const stored = compress(Buffer.from(records.buffer, records.byteOffset, records.byteLength));
  // Of its own memory it need not be copied once more.
  return stored.byteLength === stored.buffer.byteLength && stored.buffer instanceof ArrayBuffer
    ? move(new Uint8Array(stored.buffer))
    : new Uint8Array(stored);
}
