import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runLoad } from '../../src/coordinator/loadRun.js';
import type { WorkerFailure } from '../../src/coordinator/pool.js';
import type { Plan } from '../../src/scenario/plan.js';
import { RunControl } from '../../src/workers/control.js';
import type { FromWorker } from '../../src/workers/protocol.js';
import { planFrom } from '../scenario/planFrom.js';
import { FalsePool, soundProducer, soundConsumer, type Behaviour, type FalseWorker } from './falsePool.js';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'hrtime'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const timeoutMs = 10_000;
const phaseMs = 20_000;

/** Two producers, and a group with two members. */
const planText = `
name: trouble
kafka: { bootstrap: 'nowhere:9092' }
alerts: { payload: { bytes: 100, count: 10 } }
reservoir: { topic: r, partitions: 2 }
stream: { topic: s, partitions: 2 }
replay:
  workers: 2
  phases:
    - { name: one, rate: 1/s, duration: 20s }
    - { name: two, rate: 1/s, duration: 20s }
consumers: { groups: 1, members: 2 }
limits: { drain: 30s }
`;
const plan = planFrom(planText);

/** How it went. */
interface Ending {
  readonly failures: readonly WorkerFailure[];
  /** Milliseconds from the start to the end of the load. */
  readonly tookMs: number;
  /** Phases that were told of as ended, with how many messages were due in each. */
  readonly phases: readonly (readonly [phase: number, scheduled: number])[];
  /** The workers that told their accounts. */
  readonly accounts: number;
  /** The workers that did not end. */
  readonly left: readonly string[];
  /** The workers that were started. */
  readonly started: readonly string[];
}

interface Trouble {
  /** How the worker in trouble behaves. */
  readonly behaviour?: (control: RunControl) => Behaviour;
  /** Which one it is. */
  readonly who?: string;
  /** When the run is stopped, milliseconds after its start. */
  readonly stopAtMs?: number;
  /** How many messages the broker has acknowledged: more than are read makes the drain wait. */
  readonly acked?: number;
  /** The scenario; that of two phases where it is left out. */
  readonly plan?: Plan;
  /** How long a producer takes for a phase, milliseconds. */
  readonly phaseMs?: number;
  /** From one start of the only phase to the next. */
  readonly repeatNs?: number;
  /** Told when a phase begins. */
  readonly onPhaseStart?: (phase: number, startNs: number) => void;
}

async function load(trouble: Trouble): Promise<Ending> {
  const { behaviour, who, stopAtMs, acked = 0 } = trouble;
  const { replay } = trouble.plan ?? plan;
  const control = new RunControl();
  const pool = new FalsePool((name, kind) => {
    if (name === who && behaviour !== undefined) return behaviour(control);
    return kind === 'replay' ? soundProducer(control, trouble.phaseMs ?? phaseMs) : soundConsumer(control);
  });
  const interrupt = new AbortController();
  const startMs = performance.now();
  if (stopAtMs !== undefined) {
    setTimeout(() => {
      interrupt.abort();
    }, stopAtMs);
  }
  const phases: [number, number][] = [];
  let accounts = 0;
  let tookMs = NaN;
  const running = runLoad({
    plan: trouble.plan ?? plan,
    connection: { bootstrap: 'nowhere:9092' },
    phases: replay.phases.map(({ name, pacing }) => ({ name, pacing })),
    shares: [[], []],
    repeatNs: trouble.repeatNs,
    spanUs: 0,
    starts: [],
    run: 1,
    pool,
    control,
    timeoutMs,
    signal: interrupt.signal,
    search: () => Promise.reject(new Error('there is no search')),
    listener: {
      onProducer: () => undefined,
      onConsumer: () => undefined,
      onAccount: () => {
        accounts += 1;
      },
      onPhaseStart: trouble.onPhaseStart ?? (() => undefined),
      onPhaseEnd: (phase, _endNs, scheduled) => phases.push([phase, scheduled]),
      answeredMessages: () => ({ acked, failed: 0 }),
      receivedMessages: () => new Map([['group', 0]]),
    },
  }).then((failures) => {
    tookMs = performance.now() - startMs;
    return failures;
  });
  // An hour is longer than every deadline together: what has not ended by then hangs.
  await vi.advanceTimersByTimeAsync(3_600_000);
  const failures = await Promise.race([running, Promise.resolve('hangs' as const)]);
  if (failures === 'hangs') throw new Error('the load hangs');
  const all = [...pool.workers];
  return {
    failures,
    tookMs,
    phases,
    accounts,
    left: all.filter(([, { ended }]) => !ended).map(([name]) => name),
    started: all.map(([name]) => name),
  };
}

const death = (name: string): WorkerFailure => ({ name, code: 'INTERNAL', message: `${name} died` });

/** Sound until an instant, and dead from then on. */
function dies(sound: (control: RunControl) => Behaviour, name: string, atMs: number) {
  return (control: RunControl): Behaviour => {
    const { onStart, ...rest } = sound(control);
    return {
      ...rest,
      onStart: (worker) => {
        if (atMs > 0) onStart?.(worker);
        setTimeout(() => {
          if (!worker.ended) worker.end(death(name));
        }, atMs);
      },
    };
  };
}

/** Sound until an instant, and then neither heard of nor ended. */
function hangs(sound: (control: RunControl) => Behaviour, atMs: number) {
  return (control: RunControl): Behaviour => {
    const startMs = performance.now();
    const awake = (): boolean => performance.now() - startMs < atMs;
    const { onStart, onTold } = sound(control);
    const asleep = (worker: FalseWorker): FalseWorker => ({
      ...worker,
      get ended() {
        return worker.ended || !awake();
      },
      say: (message: FromWorker) => {
        if (awake()) worker.say(message);
      },
      end: (failure) => {
        if (awake()) worker.end(failure);
      },
    });
    return {
      onStart: (worker) => {
        if (awake()) onStart?.(asleep(worker));
      },
      onTold: (worker, message) => {
        if (awake()) onTold?.(asleep(worker), message);
      },
    };
  };
}

const producer = (control: RunControl): Behaviour => soundProducer(control, phaseMs);
const all = ['consume group-1/1', 'consume group-1/2', 'replay 1', 'replay 2'];

describe('a load without trouble', () => {
  it('goes through its phases, and everybody ends', async () => {
    const ending = await load({});
    expect(ending).toMatchObject({ failures: [], left: [], started: all, accounts: 4 });
    expect(ending.phases).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(ending.tookMs).toBeGreaterThan(2 * phaseMs);
    expect(ending.tookMs).toBeLessThan(2 * phaseMs + 3000);
  });
});

describe('a phase that repeats', () => {
  it.each([
    ['an interval after its last start', 10, [0, 10, 20]],
    ['as soon as it has ended, where it takes longer', 1, [0, 3, 6, 9, 12, 15, 18, 21, 24]],
  ])('begins again %s, until the load is stopped', async (_when, intervalSeconds, expected) => {
    const starts: number[] = [];
    const ending = await load({
      plan: planFrom(planText.replace(/\n.*name: two.*/, '')),
      phaseMs: 3000,
      repeatNs: intervalSeconds * 1e9,
      stopAtMs: 25_500,
      onPhaseStart: (phase, startNs) => {
        expect(phase).toBe(0);
        starts.push(startNs / 1e9);
      },
    });
    expect(ending).toMatchObject({ failures: [], left: [], started: all, accounts: 4 });
    expect(ending.phases).toEqual(expected.map(() => [0, 2]));
    const offsets = starts.map((start) => start - (starts[0] ?? NaN));
    expect(offsets).toHaveLength(expected.length);
    expected.forEach((seconds, index) => {
      expect(Math.abs((offsets[index] ?? NaN) - seconds)).toBeLessThan(0.5);
    });
  });
});

describe('visits', () => {
  const visit = 'visits: {cadence: 37s, burst: 3s, alerts: 10}';
  const startsOf = async (second: string, stopAtMs?: number): Promise<number[]> => {
    const starts: number[] = [];
    const ending = await load({
      plan: planFrom(
        planText.replace(
          /phases:[^]*consumers/,
          `phases:\n    - {name: one, ${visit}}\n    - {name: two, ${second}}\nconsumers`,
        ),
      ),
      phaseMs: 3000,
      onPhaseStart: (_, startNs) => starts.push(startNs / 1e9),
      ...(stopAtMs === undefined ? {} : { stopAtMs }),
    });
    expect(ending.failures).toEqual([]);
    return starts;
  };

  it('of the next phase begin a cadence after the last visit, not when its alerts are sent', async () => {
    const [first = 0, second = 0] = await startsOf(visit);
    expect(second - first).toBeCloseTo(37, 6);
  });

  it('keep no phase of another kind waiting', async () => {
    const [first = 0, second = 0] = await startsOf('rate: 1/s, duration: 3s');
    expect(second - first).toBeLessThan(4);
  });

  it('are not begun any more where the run is ended while the next one is waited for', async () => {
    expect(await startsOf(visit, 10_000)).toHaveLength(1);
  });
});

/** The others have ended in order: each but the dead one has told its account. */
describe('a worker that dies', () => {
  it.each<[string, string, Trouble['behaviour'], [number, number][], number]>([
    ['a producer before it is ready', 'replay 2', dies(producer, 'replay 2', 0), [], 3000],
    ['a producer in the first phase', 'replay 1', dies(producer, 'replay 1', 5000), [[0, 1]], 8000],
    [
      'a producer in a later phase',
      'replay 2',
      dies(producer, 'replay 2', phaseMs + 5000),
      [
        [0, 2],
        [1, 1],
      ],
      phaseMs + 8000,
    ],
    [
      'a member before it is ready',
      'consume group-1/1',
      dies(soundConsumer, 'consume group-1/1', 0),
      [],
      3000,
    ],
    [
      'a member in the first phase',
      'consume group-1/2',
      dies(soundConsumer, 'consume group-1/2', 5000),
      [[0, 2]],
      8000,
    ],
  ])('%s is named, and the others end their part in order', async (_when, who, behaviour, phases, mostMs) => {
    const ending = await load({ who, ...(behaviour === undefined ? {} : { behaviour }) });
    expect(ending.failures).toEqual([death(who)]);
    expect(ending.left).toEqual([]);
    expect(ending.phases).toEqual(phases);
    expect(ending.accounts).toBe(ending.started.length - 1);
    expect(ending.tookMs).toBeLessThan(mostMs);
  });

  it('after it had ended its phase is not taken for one that still sends', async () => {
    const quick = (control: RunControl): Behaviour =>
      dies((flags) => soundProducer(flags, 1000), 'replay 1', 5000)(control);
    const ending = await load({ who: 'replay 1', behaviour: quick });
    expect(ending.failures).toEqual([death('replay 1')]);
    expect(ending).toMatchObject({ phases: [[0, 2]], left: [], accounts: 3 });
  });

  it('leaves the groups time to read what was acknowledged only while something comes', async () => {
    const ending = await load({ who: 'replay 1', behaviour: dies(producer, 'replay 1', 5000), acked: 10 });
    expect(ending.failures).toEqual([death('replay 1')]);
    expect(ending.tookMs).toBeGreaterThan(8000);
    expect(ending.tookMs).toBeLessThan(12_000);
  });

  it('counts as a failure when it says that it ended well, but before the load did', async () => {
    const behaviour = (control: RunControl): Behaviour => ({
      ...producer(control),
      onTold: (worker) => {
        worker.end();
      },
    });
    const ending = await load({ who: 'replay 2', behaviour });
    expect(ending.failures).toMatchObject([
      { name: 'replay 2', message: 'the worker replay 2 ended before the load did' },
    ]);
    expect(ending.tookMs).toBeLessThan(5000);
  });
});

describe('a worker that hangs', () => {
  it.each<[string, string, Trouble['behaviour'], RegExp, [number, number][]]>([
    [
      'a producer that never gets ready',
      'replay 1',
      hangs(producer, 0),
      /replay 1 has been unresponsive for 15 s while getting ready/,
      [],
    ],
    [
      'a producer in the first phase',
      'replay 1',
      hangs(producer, 5500),
      /replay 1 has been unresponsive for 15 s in a phase/,
      [[0, 1]],
    ],
    [
      'a member that never gets ready',
      'consume group-1/2',
      hangs(soundConsumer, 0),
      /consume group-1\/2 has been unresponsive for 15 s while getting ready/,
      [],
    ],
    [
      'a member in the first phase',
      'consume group-1/2',
      hangs(soundConsumer, 2500),
      /consume group-1\/2 has been unresponsive for 15 s while reading/,
      [[0, 2]],
    ],
  ])('%s is named with the deadline, and the others end', async (_when, who, behaviour, message, phases) => {
    const ending = await load({ who, ...(behaviour === undefined ? {} : { behaviour }) });
    expect(ending.failures).toMatchObject([
      { name: who, message: expect.stringMatching(message) as unknown },
    ]);
    expect(ending.left).toEqual([who]);
    expect(ending.phases).toEqual(phases);
    expect(ending.accounts).toBe(ending.started.length - 1);
    expect(ending.tookMs).toBeLessThan(30_000);
  });

  it('a member in the drain is named before the time of the drain is over', async () => {
    const atMs = 2 * phaseMs + 2500;
    const ending = await load({ who: 'consume group-1/1', behaviour: hangs(soundConsumer, atMs), acked: 10 });
    expect(ending.failures).toMatchObject([
      {
        message: expect.stringMatching(
          /consume group-1\/1 has been unresponsive for 15 s while reading/,
        ) as unknown,
      },
    ]);
    expect(ending.left).toEqual(['consume group-1/1']);
    expect(ending.tookMs).toBeLessThan(2 * phaseMs + 30_000);
  });

  it.each<[string, (control: RunControl) => Behaviour]>([
    [
      'consume group-1/1',
      (control) => ({ ...soundConsumer(control), onStart: endless(control, soundConsumer) }),
    ],
    ['replay 1', (control) => ({ ...producer(control), onTold: deafToTheEnd(control) })],
  ])('%s does not end when it is told to: that has a deadline, too', async (who, behaviour) => {
    const ending = await load({ who, behaviour });
    expect(ending.failures).toMatchObject([{ message: `the worker ${who} did not end within 15 s` }]);
    expect(ending.left).toEqual([who]);
    expect(ending.phases).toHaveLength(2);
    expect(ending.tookMs).toBeLessThan(2 * phaseMs + 20_000);
  });
});

function endless(control: RunControl, sound: (control: RunControl) => Behaviour) {
  return (worker: FalseWorker): void => {
    sound(control).onStart?.({ ...worker, ended: false, end: () => undefined });
  };
}

function deafToTheEnd(control: RunControl): NonNullable<Behaviour['onTold']> {
  return (worker, message) => {
    if (message.type !== 'end') producer(control).onTold?.(worker, message);
  };
}

describe('a stop', () => {
  it.each<[string, Partial<Trouble> & { stopAtMs: number }, [number, number][], readonly string[], number]>([
    ['before anybody was started', { stopAtMs: 0 }, [], all.slice(0, 2), 2000],
    ['in a phase', { stopAtMs: 5000 }, [[0, 2]], all, 9000],
    [
      'in the drain',
      { stopAtMs: 2 * phaseMs + 3000, acked: 10 },
      [
        [0, 2],
        [1, 2],
      ],
      all,
      2 * phaseMs + 6000,
    ],
  ])('%s ends everybody in order', async (_when, trouble, phases, started, mostMs) => {
    const ending = await load(trouble);
    expect(ending).toMatchObject({ failures: [], left: [], phases, started });
    expect(ending.tookMs).toBeLessThan(mostMs);
  });

  it('while a producer gets ready asks it to end, and does not wait for one that hangs', async () => {
    const behaviour = hangs(producer, 0);
    const ending = await load({ who: 'replay 1', behaviour, stopAtMs: 2000 });
    expect(ending).toMatchObject({ failures: [], left: ['replay 1'], phases: [], accounts: 3 });
    expect(ending.tookMs).toBeLessThan(5000);
  });
});
