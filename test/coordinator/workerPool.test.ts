import { describe, expect, it } from 'vitest';
import { ThisThread } from '../../src/coordinator/pool.js';
import { WorkerPool } from '../../src/coordinator/workerPool.js';
import { RunControl } from '../../src/workers/control.js';
import type { ConsumeTask, FromWorker } from '../../src/workers/protocol.js';

const member = {
  kind: 'consume' as const,
  name: 'consume group-1/1',
  // It would join a minute after the load's start: until then its thread waits, without any broker.
  connection: { bootstrap: '127.0.0.1:1' },
  timeoutMs: 60_000,
  topic: 'stream',
  group: 'group',
  properties: {},
  run: 1,
  commonClockNs: 0,
  maxPerSecond: undefined,
  startAfterNs: 60e9,
  starts: [],
};

describe('a thread that is ended by force', () => {
  it('is a failure with its name, and nobody waits for it any more', async () => {
    const pool = new WorkerPool(1, new RunControl());
    let worker: ReturnType<WorkerPool['start']> | undefined;
    await new Promise<void>((resolve) => {
      worker = pool.start<ConsumeTask>(member, (message) => {
        if (message.type === 'ready') resolve();
      });
    });
    await pool.close();
    expect(await worker?.ended).toMatchObject({
      name: 'consume group-1/1',
      code: 'INTERNAL',
      message: expect.stringMatching(/^the worker consume group-1\/1 died: /) as unknown,
    });
  });
});

describe('a worker in this thread', () => {
  it('takes messages and reports, until its task has ended', async () => {
    const control = new RunControl();
    const heard: string[] = [];
    const worker = new ThisThread(control).start<ConsumeTask>(member, ({ type }) => {
      heard.push(type);
      control.stop();
      control.finish();
    });
    expect(await worker.ended).toBeUndefined();
    expect(heard).toEqual(['ready', 'receivedAccount']);
  });

  it('that fails is a failure with its name, and the reason without it', async () => {
    const broken = { ...member, startAfterNs: 0, timeoutMs: 200 };
    const worker = new ThisThread(new RunControl()).start<ConsumeTask>(broken, () => undefined);
    const failure = await worker.ended;
    expect(failure).toMatchObject({ name: member.name, code: 'BROKER_UNREACHABLE' });
    expect(failure?.message).toBe(`${member.name}: ${failure?.reason ?? ''}`);
  });
});

describe('a thread that still works when its result is told', () => {
  it('is left alone, and nobody waits for it', async () => {
    const control = new RunControl();
    const pool = new WorkerPool(1, control);
    const worker = pool.start<ConsumeTask>(member, () => undefined);
    await pool.close('leave');
    control.stop();
    control.finish();
    expect(await worker.ended).toBeUndefined();
    await pool.close('leave');
  });
});

describe('a member whose time has not come', () => {
  it('ends with an empty account when the load was stopped before its first phase', async () => {
    const control = new RunControl();
    const pool = new WorkerPool(1, control);
    const heard: FromWorker[] = [];
    const worker = pool.start<ConsumeTask>(member, (message) => {
      heard.push(message);
      control.stop();
      control.finish();
    });
    expect(await worker.ended).toBeUndefined();
    await pool.close();
    expect(heard).toMatchObject([
      { type: 'ready' },
      { type: 'receivedAccount', group: 'group', account: { streams: [] }, positions: [] },
    ]);
  });
});
