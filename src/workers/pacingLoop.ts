import { setTimeout as pause } from 'node:timers/promises';
import { AlertSimError } from '../errors.js';
import { producedRow } from '../kafka/rows.js';
import { FlatOutWindow } from '../schedule/flatOutWindow.js';
import type { MaxPacing } from '../schedule/pacing.js';
import { monotonicNs } from './clock.js';
import { aheadFeed, pacedFeed, recordedFeed, type AlertFeed } from './alertFeed.js';
import { mostInFlight, type RowSender } from './rowSender.js';
import type { AheadSource } from './aheadSource.js';
import type { ShareSource } from './shareSource.js';
import type { LoadPhase, ReplayTask } from './protocol.js';
import { indexesOf } from '../schedule/split.js';
import { sleep } from './sleep.js';
import { waitUntil } from './waitUntil.js';

/** What a pacing loop works with. */
export interface PacingLoop {
  readonly task: ReplayTask;
  readonly source: ShareSource | AheadSource;
  readonly sender: RowSender;
  /** Whether to send no more: the run is ended, or the broker has stopped answering. */
  readonly stopped: () => boolean;
  /** Whether the phase was ended before its schedule, as it was meant to be: what was not sent was not due. */
  readonly isCut: () => boolean;
  /** For how long the broker may answer nothing until it is given up. */
  readonly patienceNs: () => number;
  /** Called often: reports to the coordinator when a second has passed. */
  readonly tick: () => void;
}

/** The most rows that one call sends flat out. */
export const flatOutRows = 512;

/**
 * A producer whose messages follow each other this closely serves its reports itself, as flat out, and sleeps
 * through several messages at once: a thread that serves, and one that wakes up for each message, take from
 * the broker the cores that both wait for. Its `ack` counts up to the end of such a sleep.
 */
const denseGapNs = 20_000;

/** How long such a producer sleeps; the kernel adds some 60 µs. */
const denseSleepNs = 200_000;

/**
 * For so long a drain looks for the answers often: where each alert is flushed, the next one waits for it.
 */
const shortDrainNs = 10e6;

/** How often that is; a timer would take a millisecond and more. */
const shortDrainSleepNs = 100_000;

/** How often the client's events are served while an alert is waited for. */
const serveMs = 20;

/** How often a loop that never waits lets the event loop have a turn. */
const turnNs = 20e6;

/**
 * Sends one phase of a producer, and returns the number of messages that were due, sent or not.
 *
 * @param startNs - its first instant, on the machine's monotonic clock
 */
export function runPhase(loop: PacingLoop, phase: LoadPhase, startNs: number): Promise<number> {
  const { name, pacing } = phase;
  const { task, source } = loop;
  if (pacing.kind === 'search' || pacing.kind === 'backlog' || pacing.kind === 'catchUp')
    throw new AlertSimError('INTERNAL', `${name} is a ${pacing.kind}, but its order names no rate`);
  if (source.kind === 'ahead') {
    if (pacing.kind === 'recorded')
      throw new AlertSimError('INTERNAL', `${name} goes by recorded times, but no alerts were recorded`);
    return runFeed(loop, aheadFeed(task, source, { name, pacing }), startNs);
  }
  switch (pacing.kind) {
    case 'recorded':
      return runFeed(loop, recordedFeed(task, source, pacing), startNs);
    case 'max':
      return runMax(loop, source, pacing, startNs);
    default:
      return runFeed(loop, pacedFeed(task, source, pacing), startNs);
  }
}

/** Sends each message when it is due: as many as are due with one call. */
async function runFeed(loop: PacingLoop, feed: AlertFeed, startNs: number): Promise<number> {
  const { sender, task, stopped } = loop;
  const serveLoop = (): void => {
    serve(loop);
  };
  const { rows } = sender;
  const { count: scheduled, rowsAtOnce } = feed;
  const deadlineNs = startNs + feed.untilNs;
  const gapNsAt = (atNs: number): number => feed.gapNsAt(Math.max(0, atNs - startNs));
  const breather = new Breather();
  let done = 0;
  while (done < scheduled && !stopped()) {
    const missed = feed.skip?.(done, monotonicNs() - startNs) ?? 0;
    if (missed > 0) {
      sender.countMissed(missed);
      done += missed;
      continue;
    }
    const fetched = feed.fetch?.(done) ?? true;
    if (fetched !== true) {
      const askedNs = Math.max(monotonicNs(), startNs + feed.dueNs(done));
      if (!(await unlessStopped(loop, fetched))) break;
      sender.countAwaited(Math.max(0, monotonicNs() - askedNs));
    }
    const nowNs = monotonicNs();
    if (nowNs > deadlineNs) break;
    const isDense = !task.flushEach && gapNsAt(nowNs) <= denseGapNs;
    // After a burst until its last answer: the thread takes over only when no one has served for a while.
    sender.serves = isDense || (sender.serves && sender.inFlight > 0);
    let filled = 0;
    let nextDueNs = Infinity;
    for (; filled < rowsAtOnce && done + filled < scheduled; filled += 1) {
      const dueNs = startNs + feed.dueNs(done + filled);
      if (dueNs > nowNs) {
        nextDueNs = dueNs;
        break;
      }
      feed.point(done + filled, rows, filled);
      rows[filled * producedRow.fields + producedRow.dueNs] = dueNs;
    }
    const count = task.flushEach ? Math.min(1, filled) : filled;
    const taken = count > 0 ? sender.send(count) : 0;
    done += taken;
    if (taken < count) sender.waitForRoom();
    else if (task.flushEach && count > 0) await drained(loop);
    sender.poll();
    loop.tick();
    // Before the wait: after it, the message is due.
    await breather.breathe();
    // A dense producer that has sent all that was due sleeps at once: the next message is due before it could
    // look again, and it would send one or two with each call, and never sleep.
    const isAhead = isDense && taken === count && nextDueNs < Infinity;
    if (filled === 0 || isAhead) {
      const isClose = nextDueNs - nowNs < denseSleepNs;
      if (isClose ? isDense : sender.serves && sender.inFlight > 0) sleep(denseSleepNs);
      else await waitUntil(nextDueNs, serveLoop, stopped, gapNsAt(nextDueNs));
    }
  }
  return loop.isCut() ? done : scheduled;
}

/** As fast as possible: each message is due when it is handed over, so there is no lag. */
async function runMax(
  loop: PacingLoop,
  source: ShareSource,
  pacing: MaxPacing,
  startNs: number,
): Promise<number> {
  const { sender, task } = loop;
  const { stopped } = loop;
  const serveLoop = (): void => {
    serve(loop);
  };
  const { rows } = sender;
  const { count } = source.memory;
  const endNs = startNs + pacing.durationNs;
  const all = pacing.count === undefined ? Infinity : indexesOf(task.producer, pacing.count);
  const breather = new Breather();
  const batch = task.flushEach ? 1 : flatOutRows;
  const window = new FlatOutWindow(mostInFlight, source.memory.usedBytes / count);
  sender.serves = !task.flushEach;
  let sent = 0;
  let next = 0;
  await waitUntil(startNs, serveLoop, stopped);
  for (let nowNs = monotonicNs(); nowNs < endNs && sent < all && !stopped(); nowNs = monotonicNs()) {
    const room = Math.max(0, window.messages - sender.inFlight);
    const most = Math.min(batch, room, all - sent);
    for (let row = 0, alert = next; row < most; row += 1) {
      source.memory.point(alert, rows, row);
      rows[row * producedRow.fields + producedRow.dueNs] = nowNs;
      alert = alert + 1 === count ? 0 : alert + 1;
    }
    const taken = sender.send(most);
    sent += taken;
    next = (next + taken) % count;
    if (room < batch) window.noteFull();
    window.judge(nowNs, sent - sender.inFlight);
    if (taken < batch && sent < all) sender.waitForRoom();
    else if (task.flushEach) await drained(loop);
    sender.poll();
    loop.tick();
    await breather.breathe();
  }
  return sent;
}

/** Waits until every message in flight is answered; false when nothing was answered for too long. */
export async function drained(loop: PacingLoop): Promise<boolean> {
  const { sender, patienceNs } = loop;
  const startNs = monotonicNs();
  while (sender.inFlight > 0) {
    if (sender.poll() === 0 && sender.silentNs > patienceNs()) return false;
    loop.tick();
    if (sender.inFlight === 0) break;
    if (monotonicNs() - startNs < shortDrainNs) sleep(shortDrainSleepNs);
    else {
      sender.serves = false;
      await pause(1);
    }
  }
  return true;
}

/** Waits for an alert that is being read; false where there is none, or where sending must end before it comes. */
async function unlessStopped(loop: PacingLoop, fetched: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const ends = new Promise<false>((resolve) => {
    timer = setInterval(() => {
      serve(loop);
      if (loop.stopped()) resolve(false);
    }, serveMs);
  });
  return Promise.race([fetched, ends]).finally(() => {
    clearInterval(timer);
  });
}

function serve(loop: PacingLoop): void {
  loop.sender.poll();
  loop.tick();
}

/** Lets the event loop have a turn now and then in a loop that never waits. */
class Breather {
  #turnNs = monotonicNs();

  async breathe(): Promise<void> {
    const nowNs = monotonicNs();
    if (nowNs - this.#turnNs < turnNs) return;
    this.#turnNs = nowNs;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
