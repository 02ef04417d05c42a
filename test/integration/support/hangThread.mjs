// Loaded with --import, which threads inherit: a thread of this process hangs a while after it has begun, as one would
// that got stuck in a loop. HANG_AFTER_MS says when.
import { isMainThread } from 'node:worker_threads';

const hang = () => {
  for (;;);
};
if (!isMainThread) setTimeout(hang, Number(process.env.HANG_AFTER_MS));
