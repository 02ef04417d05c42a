import { describe, expect, it } from 'vitest';
import { RunControl } from '../../src/workers/control.js';

describe('RunControl', () => {
  it('lets a worker see in the shared memory what the coordinator says', () => {
    const coordinator = new RunControl();
    const worker = new RunControl(coordinator.shared);
    expect([worker.stopped, worker.finished]).toEqual([false, false]);
    coordinator.stop();
    expect([worker.stopped, worker.finished]).toEqual([true, false]);
    coordinator.finish();
    expect([worker.stopped, worker.finished]).toEqual([true, true]);
  });

  it('can end consumers while the load goes on, and says it the other way, too', () => {
    const coordinator = new RunControl();
    new RunControl(coordinator.shared).finish();
    expect([coordinator.stopped, coordinator.finished]).toEqual([false, true]);
  });
});
