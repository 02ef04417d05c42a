import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { AlertSimError, messageOf, type ErrorCode } from '../errors.js';
import { openAheadMaker } from './aheadAlerts.js';
import { AheadOrder, type AheadPhase } from './aheadOrder.js';
import { AheadRing } from './aheadRing.js';
import { forgetRecentGarbage } from './forgetGarbage.js';
import type { AheadAlerts } from './protocol.js';
import type { Share } from '../schedule/split.js';

/** What a thread is given that makes alerts. */
export interface AheadThreadData {
  readonly alerts: AheadAlerts;
  readonly shared: SharedArrayBuffer;
  /** Where its ring lies. */
  readonly from: number;
  readonly bytes: number;
  readonly phases: readonly AheadPhase[];
  readonly producer: Share;
  readonly firstIndex: number;
  /** Among the threads of its producer: it makes the messages n with n mod of = index. */
  readonly share: Share;
}

/** Why a thread has ended. */
export interface AheadFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** As often as so much was made, the buffers that it was made in are collected. */
const garbageBytes = 32 * 1024 * 1024;

/** Makes a producer's messages until nothing more is wanted. */
async function makeAhead(data: AheadThreadData): Promise<void> {
  const { alerts, shared, from, bytes, phases, producer, firstIndex, share } = data;
  const ring = new AheadRing(shared, from, bytes);
  const order = new AheadOrder(phases, producer, firstIndex);
  const maker = openAheadMaker(alerts);
  const isWanted = (number: number): boolean => !ring.stopped && ring.wanted <= number;
  let madeBytes = 0;
  try {
    for (let number = share.index; number < order.total && !ring.stopped;) {
      const wanted = nextOf(ring.wanted, share);
      if (wanted > number) {
        number = wanted;
        continue;
      }
      const value = await maker.valueAt(order.indexAt(number));
      checkSize(value.length, ring.largestBytes);
      let room = ring.roomFor(number, value.length);
      while (room === undefined && isWanted(number)) {
        ring.waitForRoom();
        room = ring.roomFor(number, value.length);
      }
      if (room !== undefined) {
        room.set(value);
        ring.publish();
      }
      number += share.of;
      madeBytes += value.length;
      if (madeBytes < garbageBytes) continue;
      madeBytes = 0;
      forgetRecentGarbage();
      await turn();
    }
  } finally {
    ring.end();
    await maker.close();
  }
}

/** The first of a thread's messages that is not below a number. */
function nextOf(number: number, { index, of }: Share): number {
  return index + Math.max(0, Math.ceil((number - index) / of)) * of;
}

function checkSize(bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new AlertSimError(
    'BAD_USAGE',
    `an alert of ${bytes} bytes does not fit into the buffer of what is made ahead, which holds ${most}: make it larger`,
  );
}

makeAhead(workerData as AheadThreadData).catch((thrown: unknown) => {
  const fault: AheadFault = {
    code: thrown instanceof AlertSimError ? thrown.code : 'INTERNAL',
    message: messageOf(thrown),
  };
  parentPort?.postMessage(fault);
});
