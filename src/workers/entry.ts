import { AlertSimError, messageOf } from '../errors.js';
import { runConsumer } from './consumeLane.js';
import { RunControl } from './control.js';
import { runPreload } from './preloadLane.js';
import type { FromWorker, WorkerTask } from './protocol.js';
import { runReplay } from './replayLane.js';

/**
 * What a thread of the Piscina pool runs: one task is the whole life of a worker, so that its Kafka clients
 * are made and ended inside their thread.
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

function run(task: WorkerTask, control: RunControl): Promise<void> {
  switch (task.kind) {
    case 'preload':
      return runPreload(task, control);
    case 'replay':
      return runReplay(task, control);
    case 'consume':
      return runConsumer(task, control);
  }
}
