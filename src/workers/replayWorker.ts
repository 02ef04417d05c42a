import { setTimeout as pause } from 'node:timers/promises';
import { monotonicNs } from './clock.js';
import { hurryMs, type RunControl } from './control.js';
import { HealthMonitor } from './health.js';
import { drained, flatOutRows, runPhase, type PacingLoop } from './pacingLoop.js';
import { RowSender } from './rowSender.js';
import { AheadSource } from './aheadSource.js';
import { ShareSource } from './shareSource.js';
import { probePhase, stretchAt, unjudged } from './probeStretch.js';
import type { FromWorker, LoadPhase, ReplayTask, ToWorker } from './protocol.js';
import { AlertSimError } from '../errors.js';

const reportNs = 1e9;

/** How long the first phase may wait for what is read ahead, so that a slow broker does not delay the start. */
const readAheadMs = 1000;

/**
 * An idempotent producer needs an id from a broker. One that finds no broker ready for that asks again half a
 * second after it was made, and its first messages would wait for that (in 3 of 10 replays, up to 480 ms).
 * Source: `rd_kafka_idemp_pid_timer_restart` in rdkafka_idempotence.c of librdkafka 2.12.0.
 */
const producerIdMs = 600;

/**
 * The life of a producer: connect, take alerts into memory, report that it is ready, send one phase after the
 * other as the coordinator orders, report what was measured.
 *
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`, `BAD_INPUT_FILE`, `DELIVERY_FAILED`
 */
export async function runReplay(task: ReplayTask, control: RunControl): Promise<void> {
  const { port } = task;
  const post = (message: FromWorker): void => {
    port.postMessage(message);
  };
  const orders = new Orders(task);
  const health = new HealthMonitor();
  let toldNs = monotonicNs();
  const prepare = (): boolean => {
    const nowNs = monotonicNs();
    if (nowNs - toldNs >= reportNs) {
      toldNs = nowNs;
      post({ type: 'preparing' });
    }
    return control.stopped;
  };
  const { ahead } = task;
  const source =
    ahead === undefined
      ? await ShareSource.open(task, prepare)
      : await AheadSource.open(task, ahead, prepare);
  try {
    prepare();
    const openedMs = performance.now();
    const sender = await RowSender.open(task, source.memory, flatOutRows, health);
    try {
      const report = (phase: number): void => {
        const untilNs = monotonicNs();
        post({
          type: 'producer',
          phase,
          untilNs,
          counts: sender.takeCounts(),
          gaps: sender.takeGaps(),
          inFlight: sender.inFlight,
          latencies: sender.latencies.takeInterval(),
          health: health.take(),
          duePoints: sender.takeDuePoints(untilNs),
          disorder: source.kind === 'share' ? source.disorder : undefined,
        });
      };
      if (!control.stopped) await prepareFor(task.phases[0], source, readAheadMs);
      const waitMs = isIdempotent(task) ? openedMs + producerIdMs - performance.now() : 0;
      if (!control.stopped && waitMs > 0) await pause(waitMs);
      post({
        type: 'ready',
        alertsInMemory: source.kind === 'share' ? source.memory.count : 0,
        alertsOfShare: source.kind === 'share' ? source.alertsOfShare : Infinity,
      });
      for (let order = await orders.next(); order.type === 'phase'; order = await orders.next()) {
        await sendPhase({ task, source, sender, control }, order, report, post);
      }
      post({ type: 'sentAccount', account: sender.ledger.account() });
    } finally {
      await sender.close();
    }
  } finally {
    health.stop();
    await source.close();
  }
}

async function sendPhase(
  { control, ...parts }: Pick<PacingLoop, 'task' | 'source' | 'sender'> & { readonly control: RunControl },
  order: Extract<ToWorker, { type: 'phase' }>,
  report: (phase: number) => void,
  post: (message: FromWorker) => void,
): Promise<void> {
  const { task, sender } = parts;
  const phase = order.probe === undefined ? task.phases[order.phase] : probePhase(order.phase, order.probe);
  if (phase === undefined) throw new AlertSimError('INTERNAL', `there is no phase ${order.phase}`);
  sender.beginPhase(order.phase, phase.pacing.kind !== 'max', unjudged(order));
  let reportedNs = order.startNs;
  let stretch = stretchAt(order, order.startNs);
  const tick = (): void => {
    const nowNs = monotonicNs();
    const now = stretchAt(order, nowNs);
    if (now !== stretch) {
      // What was counted until here belongs to the stretch that has ended.
      report(stretch);
      stretch = now;
      reportedNs = nowNs;
      return;
    }
    if (nowNs - reportedNs < reportNs) return;
    // The next report is due a second after this one was, not after it came.
    reportedNs += Math.floor((nowNs - reportedNs) / reportNs) * reportNs;
    report(stretch);
  };
  const patienceMs = task.waitsForBroker ? Infinity : task.timeoutMs;
  const patienceNs = (): number => (control.hurried ? Math.min(patienceMs, hurryMs) : patienceMs) * 1e6;
  // With a broker that answers nothing, going on until the phase's end would only fill the queue.
  const stopped = (): boolean => {
    if (task.endsAtFailure && sender.hasFailed) control.stop();
    return control.stopped || isCut() || sender.silentNs > patienceNs();
  };
  const isCut = (): boolean => control.endedPhase === order.phase;
  const loop: PacingLoop = { ...parts, tick, patienceNs, stopped, isCut };
  const sent = await runPhase(loop, phase, order.startNs).catch((thrown: unknown) => ({ thrown }));
  const endNs = monotonicNs();
  const answered = await drained(loop);
  // When the broker has stopped answering, what is in flight counts as failed.
  if (answered) sender.endPhase();
  else sender.giveUp();
  report(stretch);
  if (typeof sent === 'number') {
    const done = { type: 'phaseDone', phase: order.phase, scheduled: sent, endNs } as const;
    if (answered) {
      const next = task.phases[order.phase + 1] ?? (task.repeats ? phase : undefined);
      if (!control.stopped) await prepareFor(next, parts.source, 0);
      post(done);
      return;
    }
    post({ ...done, gaveUp: true });
    // A user who interrupts has not waited until the broker counts as gone.
    if (control.hurried) return;
  }
  // The producer ends here: what it has sent until now is part of the result.
  post({ type: 'sentAccount', account: sender.ledger.account() });
  if (typeof sent !== 'number') throw sent.thrown;
  throw new AlertSimError(
    'BROKER_UNREACHABLE',
    `the broker acknowledged nothing for ${task.timeoutMs / 1000} s, ${sender.inFlight} messages have no answer`,
  );
}

/**
 * Prepares what the next phase needs to begin on time; a producer that reports that it is done is ready for it.
 */
async function prepareFor(
  next: LoadPhase | undefined,
  source: ShareSource | AheadSource,
  mostMs: number,
): Promise<void> {
  if (next?.pacing.kind === 'recorded' && source.kind === 'share') await source.prepare(mostMs);
}

function isIdempotent({ connection, properties }: ReplayTask): boolean {
  return String({ ...properties, ...connection.properties }['enable.idempotence']) === 'true';
}

/** The coordinator's orders, in order. */
class Orders {
  readonly #waiting: ToWorker[] = [];
  #wake: (() => void) | undefined;

  constructor({ port }: ReplayTask) {
    port.on('message', (message: ToWorker) => {
      this.#waiting.push(message);
      this.#wake?.();
    });
  }

  async next(): Promise<ToWorker> {
    for (;;) {
      const order = this.#waiting.shift();
      if (order !== undefined) return order;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
