import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { AlertSimError } from '../errors.js';
import { withProducerTimestamp } from '../kafka/producerTimestamp.js';
import { encodeHeaders, producedRow, type RowMemory } from '../kafka/rows.js';
import { scheduleOf } from '../schedule/schedule.js';
import { installationFolder } from '../version.js';
import { AheadOrder, isForAhead, type AheadPhase } from './aheadOrder.js';
import { AheadRing, type RingEntry } from './aheadRing.js';
import type { AheadFault, AheadThreadData } from './aheadThread.js';
import type { AheadPlan, LoadPhase, ReplayTask } from './protocol.js';

/** For the headers, which all messages have in common. */
const headersRoom = 256;

/** How often a message that is being made is looked for. */
const lookMs = 1;

/**
 * The alerts of a producer, made by threads of its own while they are sent: as far ahead as the buffer holds. Each
 * thread writes into a ring of its own; they take turns.
 */
export class AheadSource {
  readonly kind = 'ahead';
  readonly memory: RowMemory;
  readonly #plan: AheadPlan;
  readonly #phases: readonly LoadPhase[];
  readonly #order: AheadOrder;
  readonly #rings: readonly AheadRing[];
  readonly #threads: Worker[] = [];
  readonly #headers: { readonly at: number; readonly bytes: number };
  #fault: AlertSimError | undefined;
  #fetched: (RingEntry & { readonly ring: AheadRing }) | undefined;

  private constructor(task: ReplayTask, plan: AheadPlan) {
    const { producer, phases } = task;
    const { threads, bufferBytes } = plan;
    const ringBytes = Math.floor(bufferBytes / threads / 8) * 8;
    const shared = new SharedArrayBuffer(threads * ringBytes + headersRoom);
    const bytes = Buffer.from(shared);
    // librdkafka copies what it takes, so that the room of a message is free at once.
    this.memory = { bytes, lastingBytes: 0 };
    const headers = encodeHeaders(task.producerTimestamp ? withProducerTimestamp([]) : []);
    this.#headers = { at: threads * ringBytes, bytes: headers.copy(bytes, threads * ringBytes) };
    this.#plan = plan;
    this.#phases = phases;
    const ahead = phases.map(phaseOf);
    this.#order = new AheadOrder(ahead, producer, plan.firstIndex);
    this.#rings = Array.from(
      { length: threads },
      (_, ring) => new AheadRing(shared, ring * ringBytes, ringBytes),
    );
    for (const ring of this.#rings.keys()) {
      this.#start({
        ...{ alerts: plan.alerts, shared, phases: ahead, producer, firstIndex: plan.firstIndex },
        ...{ from: ring * ringBytes, bytes: ringBytes, share: { index: ring, of: threads } },
      });
    }
  }

  /**
   * Starts the threads, and waits until they are ahead. Close the source after use.
   *
   * @param tick - called after each step; true when the producer must stop
   * @throws what a thread throws
   */
  static async open(task: ReplayTask, plan: AheadPlan, tick: () => boolean): Promise<AheadSource> {
    const source = new AheadSource(task, plan);
    try {
      const deadlineMs = performance.now() + plan.fillMs;
      const isAhead = (): boolean => source.#rings.every((ring) => ring.isAhead);
      while (!isAhead() && performance.now() < deadlineMs && !tick()) {
        source.#check();
        await pause(lookMs);
      }
      source.#check();
      return source;
    } catch (thrown) {
      await source.close();
      throw thrown;
    }
  }

  /** Messages of this producer before those of a phase, by its name. */
  ownBefore(phase: string): number {
    return this.#order.ownBefore(this.#phases.findIndex(({ name }) => name === phase));
  }

  /** How late an alert may be sent. */
  get mostLateNs(): number {
    return this.#plan.mostLateNs;
  }

  /** Whether a message is there; what was made for those before it is given up. */
  has(number: number): boolean {
    if (this.#fetched?.number === number) return true;
    const ring = this.#rings[number % this.#rings.length];
    if (this.#fetched !== undefined) this.#fetched.ring.release(this.#fetched);
    this.#fetched = undefined;
    for (let entry = ring?.peek(); ring !== undefined && entry !== undefined; entry = ring.peek()) {
      if (entry.number >= number) {
        this.#fetched = { ...entry, ring };
        return entry.number === number;
      }
      ring.release(entry);
    }
    return false;
  }

  /** Waits for a message; false where there is none any more. */
  async waitFor(number: number): Promise<boolean> {
    while (!this.has(number)) {
      this.#check();
      const ring = this.#rings[number % this.#rings.length];
      if (ring === undefined || ring.stopped) return false;
      // What was published just before the end is still there.
      if (ring.ended && !this.has(number)) return false;
      await pause(lookMs);
    }
    return true;
  }

  /** What is before this message is not sent any more, and need not be made. */
  skipTo(number: number): void {
    for (const ring of this.#rings) ring.want(number);
  }

  /** Points a row at the message that was asked for last. */
  point(rows: Float64Array, row: number): void {
    const to = row * producedRow.fields;
    rows[to + producedRow.partition] = -1;
    rows[to + producedRow.valueAt] = this.#fetched?.at ?? 0;
    rows[to + producedRow.valueBytes] = this.#fetched?.bytes ?? 0;
    rows[to + producedRow.keyAt] = 0;
    rows[to + producedRow.keyBytes] = -1;
    rows[to + producedRow.headersAt] = this.#headers.at;
    rows[to + producedRow.headersBytes] = this.#headers.bytes;
  }

  async close(): Promise<void> {
    for (const ring of this.#rings) ring.stop();
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** It has no Kafka client, and can be ended at any time. */
  #start(data: AheadThreadData): void {
    // The compiled file, even when this one runs from its source in a test.
    const file = join(installationFolder, 'dist', 'src', 'workers', 'aheadThread.js');
    const thread = new Worker(file, { workerData: data });
    thread.on('message', ({ code, message }: AheadFault) => {
      this.#fault ??= new AlertSimError(code, message);
    });
    thread.on('error', (error: Error) => {
      this.#fault ??= new AlertSimError(
        'INTERNAL',
        `a thread that makes alerts died: ${error.message}`,
        error,
      );
    });
    this.#threads.push(thread);
  }

  #check(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }
}

/** A phase that goes by what is recorded, or by outcomes, has no such schedule; a scenario with one is rejected. */
function phaseOf({ name, pacing }: LoadPhase): AheadPhase {
  if (!isForAhead(pacing))
    throw new AlertSimError('INTERNAL', `${name} cannot send alerts that are made ahead`);
  const size = pacing.kind === 'visits' ? pacing.size : undefined;
  return { count: scheduleOf(pacing).count, visitAlerts: size?.kind === 'fixed' ? size.alerts : 1 };
}
