import { localBrokers } from '../broker/localProcesses.js';
import type { RunOutput } from '../outputs/runOutput.js';
import type { BrokerMetrics } from '../results/values.js';
import type { RunFolder } from '../results/writeRunFolder.js';
import type { Plan } from '../scenario/plan.js';
import type { PlannedVisit } from '../measure/groupLag.js';
import { scheduleOf } from '../schedule/schedule.js';
import { targetCountBy } from '../schedule/timetable.js';
import { visitsOf } from '../schedule/visitsSchedule.js';
import { monotonicNs } from '../workers/clock.js';
import type { LoadPhase } from '../workers/protocol.js';
import { Collector } from './collector.js';
import type { GroupWatch } from './groupWatch.js';
import { IntervalClock } from './intervalClock.js';
import type { LoadListener, ProbeDriver } from './loadRun.js';
import { isSearch, runSearch, type FinishedSearch } from './searchRun.js';
import { Surroundings } from './surroundings.js';

export interface LoadRecordOptions {
  readonly plan: Plan;
  /** Destinations of results besides the run folder. */
  readonly outputs: readonly RunOutput[];
  /** The brokers' metrics of an interval, since 1970; undefined where there are none. */
  readonly brokerFigures: ((fromMs: number, toMs: number) => BrokerMetrics | null) | undefined;
  /** Processes that were started to measure with; their CPU time is ours. */
  readonly helperPids: readonly number[] | undefined;
  readonly folder: RunFolder;
  /** The warm-up first, where there is one. */
  readonly phases: readonly LoadPhase[];
  /** Whether a phase's results count. */
  readonly isMeasured: (phase: string) => boolean;
  /** The ids of the groups. */
  readonly groups: readonly string[];
  /** Of all machines. */
  readonly producerCount: number;
  /** How far a time from one machine to another may be off; 0 on one machine. */
  readonly clockBoundUs: () => number;
  /** Of groups that are not ours; undefined without any. */
  readonly watch?: GroupWatch | undefined;
  /** CPU time until now of programs that were started as consumers. */
  readonly consumersCpuSeconds?: (() => number) | undefined;
}

/** Takes what workers report while a load goes on; the run folder and the outputs get it as it comes. */
export class LoadRecord {
  readonly collector: Collector;
  readonly surroundings: Surroundings;
  readonly searches: FinishedSearch[] = [];
  readonly #plan: Plan;
  readonly #outputs: LoadRecordOptions['outputs'];
  readonly #names: readonly string[];
  readonly #phases: readonly LoadPhase[];
  readonly #watch: GroupWatch | undefined;
  readonly #brokerFigures: LoadRecordOptions['brokerFigures'];
  readonly #clock: IntervalClock;
  /** How many messages are due within so many milliseconds of each stretch of a search, by its number. */
  readonly #searched = new Map<number, (afterMs: number) => number>();

  private constructor(options: LoadRecordOptions, surroundings: Surroundings) {
    const { folder, phases, groups, outputs, isMeasured, clockBoundUs } = options;
    this.#plan = options.plan;
    this.#outputs = outputs;
    this.#brokerFigures = options.brokerFigures;
    this.#names = phases.map(({ name }) => name);
    this.#phases = phases;
    this.#watch = options.watch;
    this.surroundings = surroundings;
    const targetBy = targetsOf(phases);
    this.collector = new Collector({
      ...{ folder, groups, isMeasured, clockBoundUs },
      startMs: Date.now(),
      phases: this.#names,
      targetBy: (phase, afterMs) => {
        const searched = this.#searched.get(phase);
        return searched === undefined ? targetBy(phase, afterMs) : searched(afterMs);
      },
      onInterval: (record) => {
        for (const output of outputs) output.onInterval?.(record);
      },
      brokerFigures: options.brokerFigures ?? (() => null),
      watched: options.watch?.takeInterval.bind(options.watch),
    });
    this.#clock = new IntervalClock(options.producerCount, (endMs) => {
      this.collector.flush(endMs);
    });
  }

  static async begin(options: LoadRecordOptions): Promise<LoadRecord> {
    const brokers = await localBrokers(options.plan.kafka.bootstrap);
    return new LoadRecord(
      options,
      new Surroundings(brokers, options.helperPids ?? [], options.consumersCpuSeconds),
    );
  }

  readonly listener: LoadListener = {
    onProducer: (worker, message) => {
      const untilMs = wallMs(message.untilNs);
      this.collector.onProducer(worker, message, untilMs);
      const phase = this.collector.phases[message.phase]?.name ?? '';
      this.#watch?.addPoints(phase, message.duePoints ?? [], (beforeUs) => untilMs - beforeUs / 1000);
      this.#clock.reported(worker, untilMs);
    },
    onConsumer: (worker, message) => {
      this.collector.onConsumer(worker, message);
    },
    onAccount: (message, worker) => {
      this.collector.onAccount(message, worker);
    },
    onPhaseStart: (phase, startNs) => {
      // Read once, so that everything agrees to the millisecond.
      const atMs = wallMs(startNs);
      this.collector.beginPhase(phase, atMs);
      this.#clock.phase(true, atMs);
      this.#watch?.onPhase(this.#names[phase] ?? '', this.#visitsFrom(phase, atMs));
      this.#announce(phase, 'start', atMs);
    },
    onPhaseEnd: (phase, endNs, scheduled, done) => {
      const atMs = wallMs(endNs);
      this.collector.endPhase(phase, atMs, scheduled, Date.now(), done);
      this.#clock.phase(false, Date.now());
      this.#watch?.onPhase(null);
      this.#announce(phase, 'end', atMs);
    },
    answeredMessages: () => ({ acked: this.collector.acked, failed: this.collector.failed }),
    receivedMessages: () => this.collector.received,
  };

  /** Runs the phase of this number, a search. */
  readonly search = async (index: number, driver: ProbeDriver): Promise<void> => {
    const plan = this.#plan;
    const phase = plan.replay.phases.find(({ name }) => name === this.#names[index]);
    if (!isSearch(phase)) return;
    const onLoad = (stretch: number, targets: (afterMs: number) => number): void => {
      this.#searched.set(stretch, targets);
    };
    this.#announce(index, 'start', Date.now());
    this.#watch?.onPhase(phase.name);
    this.#clock.phase(true, Date.now());
    this.searches.push(
      await runSearch({
        ...{ plan, phase, collector: this.collector, driver, wallMs, onLoad },
        brokerFigures: this.#brokerFigures,
        watch: this.#watch,
      }),
    );
    this.#clock.phase(false, Date.now());
    this.#watch?.onPhase(null);
    this.#announce(index, 'end', Date.now());
  };

  /** No interval ends by itself any more. */
  stop(): void {
    this.#clock.stop();
  }

  /** The load has ended: the last interval, too. */
  end(): void {
    this.stop();
    this.collector.flush(Date.now());
  }

  #visitsFrom(index: number, startMs: number): readonly PlannedVisit[] {
    const { name = '', pacing } = this.#phases[index] ?? {};
    if (pacing?.kind !== 'visits') return [];
    return visitsOf(pacing).map(({ alerts, dueNs, lastDueNs }, visit) => ({
      ...{ phase: name, visit: visit + 1, alerts },
      ...{ dueMs: startMs + dueNs / 1e6, lastDueMs: startMs + lastDueNs / 1e6 },
    }));
  }

  #announce(index: number, kind: 'start' | 'end', atMs: number): void {
    const phase = this.#names[index] ?? '';
    this.surroundings.onPhase(phase, kind, atMs);
    for (const output of this.#outputs) output.onPhase?.({ phase, kind, atMs });
  }
}

/**
 * How many messages of a phase are due before an instant; undefined flat out, for recorded times and for
 * probes.
 */
function targetsOf(phases: readonly LoadPhase[]): (phase: number, afterMs: number) => number | undefined {
  const schedules = phases.map(({ pacing }) =>
    pacing.kind === 'recorded' ||
    pacing.kind === 'max' ||
    pacing.kind === 'search' ||
    pacing.kind === 'backlog' ||
    pacing.kind === 'catchUp'
      ? undefined
      : scheduleOf(pacing),
  );
  return (phase, afterMs) => {
    const schedule = schedules[phase];
    return schedule === undefined ? undefined : targetCountBy(schedule, afterMs * 1e6);
  };
}

function wallMs(atNs: number): number {
  return Date.now() + (atNs - monotonicNs()) / 1e6;
}
