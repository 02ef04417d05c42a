// Loaded with --import, which threads inherit: the threads of this process hang, asleep, once the file HANG_WHEN exists.
import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const { HANG_WHEN = '' } = process.env;
const hang = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
if (!isMainThread) setInterval(() => existsSync(HANG_WHEN) && hang(), 100).unref();
