import type { Zstd } from '@hpcc-js/wasm-zstd';
import { zstdFrame } from './zstdFrame.js';

export interface Zstandard {
  /** Into one frame. */
  readonly compress: (bytes: Buffer) => Buffer;
  /** Also frames that do not declare their size; throws an Error that says why not. */
  readonly decompress: (bytes: Buffer) => Buffer;
}

/** Parts of the library's class that its types keep private. */
interface Internals {
  readonly _mainModule?: {
    readonly heapView?: (data: unknown) => Uint8Array;
    heapToUint8Array?: (data: unknown) => Uint8Array;
  };
}

/**
 * Loads Zstandard, compiled to WebAssembly: Node has it built in only from 22.15 on.
 *
 * @param maxBytes - limit of what one call to decompress returns
 */
export async function loadZstandard(maxBytes: number): Promise<Zstandard> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const zstd = await Zstd.load();
  copyAtOnce(zstd);
  const contentOf = (frame: Buffer, contentBytes: number | undefined, boundBytes: number): Uint8Array => {
    if (boundBytes > maxBytes || (contentBytes ?? 0) > boundBytes) {
      throw new Error(`the block says that it decompresses to ${contentBytes ?? boundBytes} bytes`);
    }
    if (contentBytes === 0) return new Uint8Array(0);
    if (contentBytes === undefined) {
      zstd.reset();
      return zstd.decompressChunk(frame, boundBytes);
    }
    const content = zstd.decompress(frame);
    if (content.length !== contentBytes)
      throw new Error('the block decompresses to another size than it says');
    return content;
  };
  return {
    compress: (bytes) => asBuffer(zstd.compress(bytes)),
    decompress: (bytes) => {
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const { frameBytes, contentBytes, boundBytes } = zstdFrame(bytes, at);
        parts.push(asBuffer(contentOf(bytes.subarray(at, at + frameBytes), contentBytes, boundBytes)));
        at += frameBytes;
      }
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    },
  };
}

/** Version 1.12 copies results through a list of numbers, which makes it 30 times slower than necessary. */
function copyAtOnce(zstd: Zstd): void {
  const module = (zstd as unknown as Internals)._mainModule;
  const view = module?.heapView?.bind(module);
  if (module === undefined || view === undefined) return;
  module.heapToUint8Array = (data) => view(data).slice();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
