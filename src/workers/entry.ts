import { AlertSimError, messageOf } from '../errors.js';
import { RunControl } from './control.js';
import type { FromWorker, WorkerTask } from './protocol.js';

/**
 * What a thread of the Piscina pool runs, and the coordinator itself for a single worker: one task is the
 * whole life of a worker, so that its Kafka clients are made and ended inside their thread.
 *
 * @param task - its port is closed at the end
 */
export default async function work(task: WorkerTask): Promise<void> {
  const control = new RunControl(task.control);
  try {
    await run(task, control);
  } catch (thrown) {
    const failed: FromWorker = {
      type: 'failed',
      code: thrown instanceof AlertSimError ? thrown.code : 'INTERNAL',
      message: messageOf(thrown),
    };
    task.port.postMessage(failed);
  } finally {
    task.port.close();
  }
}

/** A thread loads what its task needs: a consumer's has no use for container files and their codecs. */
async function run(task: WorkerTask, control: RunControl): Promise<void> {
  switch (task.kind) {
    case 'preload':
      return (await import('./preloadWorker.js')).runPreload(task, control);
    case 'replay':
      return (await import('./replayWorker.js')).runReplay(task, control);
    case 'consume':
      return (await import('./consumeWorker.js')).runConsumer(task, control);
  }
}
