import type { MessagePort } from 'node:worker_threads';
import type { PreloadSource, PreloadTask } from '../../../src/workers/protocol.js';

/** A task of the only preload worker, which connects to nothing. */
export function preloadTaskOf(
  port: MessagePort,
  source: PreloadSource,
  more: Partial<PreloadTask> = {},
): PreloadTask {
  return {
    kind: 'preload',
    name: 'preload',
    port,
    control: new SharedArrayBuffer(4),
    connection: { bootstrap: 'localhost:9' },
    timeoutMs: 1000,
    topic: 'reservoir',
    partitions: 1,
    share: { index: 0, of: 1 },
    source,
    fingerprint: 'none',
    schemaId: undefined,
    notePlaces: false,
    ...more,
  };
}
