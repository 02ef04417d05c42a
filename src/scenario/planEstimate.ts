import { aheadOf, ownGroups, type Plan } from './plan.js';

/** A phase's schedule, as known before it runs. */
export interface PhaseFigures {
  /** Undefined where it sends as many messages as possible. */
  readonly count: number | undefined;
  readonly durationNs: number;
  /** Messages per second; undefined where nothing limits it. */
  readonly peakPerSecond: number | undefined;
  /** Number of probes of a search, at most and usually; undefined for other phases. */
  readonly probes?: { readonly most: number; readonly usual: number } | undefined;
}

/** What an estimate needs besides the plan. */
export interface EstimateInputs {
  /** Number of alerts in the reservoir. */
  readonly alertCount: number;
  /** Whether they are read as a stream, out of archives or single files. */
  readonly isStreamed?: boolean;
  /** Of a message on the wire. */
  readonly meanBytes: number;
  /** In the plan's order. */
  readonly phases: readonly PhaseFigures[];
  /** Undefined without a warm-up. */
  readonly warmup?: PhaseFigures | undefined;
}

export interface PhaseEstimate extends PhaseFigures {
  readonly name: string;
  /** Undefined where it sends as many messages as possible. */
  readonly bytes: number | undefined;
  /** Undefined where nothing limits it. */
  readonly peakBitsPerSecond: number | undefined;
}

/** What a run will come to and need. */
export interface PlanEstimate {
  readonly phases: readonly PhaseEstimate[];
  readonly preloadMessages: number;
  readonly preloadBytes: number;
  /** Warm-up included. */
  readonly messages: number;
  /** Warm-up included. */
  readonly bytes: number;
  /** Undefined where every phase is without a rate. */
  readonly peakBitsPerSecond: number | undefined;
  /** Warm-up and phases. */
  readonly replayNs: number;
  /** Approximate. */
  readonly preloadNs: number;
  /** Approximate time of the run from start to end: preload, replay, and everything else. */
  readonly wholeNs: number;
  /** Of the harness, at most. */
  readonly memoryBytes: number;
  /** For both topics, uncompressed, all replicas; limited by a stream's retention. */
  readonly diskBytes: number;
  readonly runFolderBytes: number;
  /** Whether a phase without a rate makes messages, bytes and disk lower bounds. */
  readonly isLowerBound: boolean;
}

/** What is written to a disk: the topics, by the broker, or the run folder. */
export type DiskUse = 'topics' | 'run folder';

/** A disk that a run writes to. */
export interface UsedDisk {
  readonly use: DiskUse;
  readonly path: string;
  readonly freeBytes: number;
  /** The same for all paths on one file system. */
  readonly device: number;
}

export interface Resources {
  /** The disks that are written to, as far as they are known: those of another machine's broker are not. */
  readonly disks: readonly UsedDisk[];
  /** Undefined where it is not known. */
  readonly freeMemoryBytes?: number | undefined;
}

/** A resource that a machine has too little of for a plan. */
export type Lack =
  | { readonly kind: 'memory'; readonly neededBytes: number; readonly freeBytes: number }
  | {
      readonly kind: 'disk';
      /** Everything that is written to this disk. */
      readonly uses: readonly DiskUse[];
      /** Where most of it is written. */
      readonly path: string;
      readonly neededBytes: number;
      readonly freeBytes: number;
      /** Whether a phase without a rate may need more. */
      readonly isLowerBound: boolean;
    };

/** Allowance for record framing, our headers and index entries, per message. */
const overheadBytes = 100;
/** The page of a run, with its charts' library, and its manifest: measured 1.3 MB. */
const reportBytes = 3e6;
/** Per second in the run folder, intervals and histograms: measured 4 kB with two phases and one group. */
const intervalBytes = 10e3;
/** Allowance for the main thread with its buffers. */
const mainThreadBytes = 150e6;
/** Allowance for a worker thread's own heap. */
const workerBytes = 60e6;
/** librdkafka's queues where the scenario does not set them. */
const producerQueueBytes = 128 * 1024 * 1024;
const consumerQueueBytes = 64 * 1024 * 1024;

/**
 * What a run needs besides preload and phases: topics, clients, consumers that join and catch up. Measured.
 */
const besideNs = 4e9;
/**
 * Throughput of a preload, measured on two cores that it shared with the broker. Synthetic alerts are made
 * meanwhile.
 */
const preloadBytesPerSecond = { file: 150e6, topic: 100e6, payload: 150e6, synthetic: 80e6 } as const;
const preloadAlertsPerSecond = 50_000;
/** Out of archives, of small alerts; measured with 100,000 of 1.9 kB in a `tar.gz`. */
const streamedAlertsPerSecond = 10_000;

/** Something legal that is probably not intended, known from the alerts. Times are those of the recording. */
export type PlanWarning =
  | {
      /** Alerts that come after later ones: at the recorded pace these are sent in clumps. */
      readonly kind: 'disorder';
      readonly alerts: number;
      readonly of: number;
      readonly firstIndex: number;
      readonly firstBehindUs: number;
    }
  | {
      /** Nothing is sent for more than a day. */
      readonly kind: 'gap';
      readonly beforeIndex: number;
      readonly us: number;
      readonly speed: number;
    }
  | {
      /** Files, or alerts in them, are not sent. */
      readonly kind: 'leftOut';
      readonly leftOut: LeftOut;
    };

/** What was left out of the alerts, or lies beside them. */
export interface LeftOut {
  /** Alerts that are damaged or have no usable time, as far as they could be counted. */
  readonly invalidAlerts: number;
  /** Stretches of files, of unknown many alerts. */
  readonly invalidStretches: number;
  /** The first errors. */
  readonly firstInvalid: readonly string[];
  /** Files that are not alerts. */
  readonly passedOver: number;
  /** The first of these: place and what it is. */
  readonly firstPassedOver: readonly string[];
}

/** The times of recorded alerts, as far as warnings need them. */
export interface RecordedTimes {
  readonly alerts: number;
  /** Undefined where all alerts are in order of time. */
  readonly disorder?:
    { readonly alerts: number; readonly firstIndex: number; readonly firstBehindUs: number } | undefined;
  readonly leftOut?: LeftOut | undefined;
  /** The longest time without an alert; undefined where it is not known. */
  readonly longestGap?: { readonly beforeIndex: number; readonly us: number } | undefined;
}

const dayUs = 86_400e6;

/** Problems because of the times of a plan's alerts; none where no phase keeps the recorded pace. */
export function planWarnings({ replay }: Plan, times: RecordedTimes): PlanWarning[] {
  return [...leftOutWarnings(times), ...timeWarnings(replay, times)];
}

function leftOutWarnings({ leftOut }: RecordedTimes): PlanWarning[] {
  if (leftOut === undefined) return [];
  const { invalidAlerts, invalidStretches, passedOver } = leftOut;
  return invalidAlerts + invalidStretches + passedOver === 0 ? [] : [{ kind: 'leftOut', leftOut }];
}

function timeWarnings(replay: Plan['replay'], times: RecordedTimes): PlanWarning[] {
  const speeds = replay.phases.flatMap(({ pacing }) => (pacing.kind === 'recorded' ? [pacing.speed] : []));
  if (speeds.length === 0) return [];
  const speed = Math.min(...speeds);
  const { disorder, longestGap, alerts: of } = times;
  return [
    ...(disorder === undefined ? [] : [{ kind: 'disorder', ...disorder, of } as const]),
    ...(longestGap === undefined || longestGap.us / speed <= dayUs
      ? []
      : [{ kind: 'gap', ...longestGap, speed } as const]),
  ];
}

/**
 * What a plan will come to: messages, bytes, time, and what it needs. Sizes are upper bounds of what is
 * planned, because compression is not counted on.
 */
export function planEstimate(plan: Plan, inputs: EstimateInputs): PlanEstimate {
  const { meanBytes, alertCount, warmup } = inputs;
  const phases = plan.replay.phases.map(({ name }, index): PhaseEstimate => {
    const figures = inputs.phases[index] ?? { count: undefined, durationNs: 0, peakPerSecond: undefined };
    const { count, peakPerSecond } = figures;
    return {
      name,
      ...figures,
      bytes: count === undefined ? undefined : count * meanBytes,
      peakBitsPerSecond: peakPerSecond === undefined ? undefined : peakPerSecond * meanBytes * 8,
    };
  });
  const all: readonly PhaseFigures[] = warmup === undefined ? phases : [warmup, ...phases];
  const messages = sum(all.map(({ count }) => count ?? 0));
  const peaks = phases.flatMap(({ peakBitsPerSecond }) => peakBitsPerSecond ?? []);
  const isLowerBound = all.some(({ count }) => count === undefined);
  const preloadBytes = alertCount * meanBytes;
  const bytes = messages * meanBytes;
  const replayNs = sum(all.map(({ durationNs }) => durationNs));
  const alertsPerSecond = inputs.isStreamed === true ? streamedAlertsPerSecond : preloadAlertsPerSecond;
  const preloadNs =
    1e9 * Math.max(preloadBytes / preloadBytesPerSecond[plan.alerts.kind], alertCount / alertsPerSecond);
  return {
    phases,
    preloadMessages: alertCount,
    preloadBytes,
    messages,
    bytes,
    peakBitsPerSecond: peaks.length === 0 ? undefined : Math.max(...peaks),
    replayNs,
    preloadNs,
    wholeNs: preloadNs + replayNs + besideNs,
    memoryBytes: memoryOf(plan, isLowerBound ? Infinity : bytes, preloadBytes, meanBytes),
    diskBytes:
      alertCount * (meanBytes + overheadBytes) * replicas(plan.reservoir) +
      keptBytes(plan, all, meanBytes + overheadBytes) * replicas(plan.stream),
    runFolderBytes: reportBytes + (sum(all.map(({ durationNs }) => durationNs)) / 1e9) * intervalBytes,
    isLowerBound,
  };
}

/** The cluster's own default is not known here: it counts as one. */
function replicas({ replication }: Plan['stream'] | Plan['reservoir']): number {
  return Math.max(1, replication);
}

/**
 * What a machine has too little of for a plan; none where everything fits or is not known. What goes to the
 * same disk is added up.
 */
export function lacksOf(estimate: PlanEstimate, { disks, freeMemoryBytes }: Resources): Lack[] {
  const lacks: Lack[] = [];
  for (const device of new Set(disks.map((disk) => disk.device))) {
    const here = disks.filter((disk) => disk.device === device);
    const [first] = here;
    if (first === undefined) continue;
    const neededBytes = sum(
      here.map(({ use }) => (use === 'topics' ? estimate.diskBytes : estimate.runFolderBytes)),
    );
    const { path, freeBytes } = first;
    if (neededBytes <= freeBytes) continue;
    const uses = here.map(({ use }) => use);
    const isLowerBound = estimate.isLowerBound && uses.includes('topics');
    lacks.push({ kind: 'disk', uses, path, neededBytes, freeBytes, isLowerBound });
  }
  if (freeMemoryBytes !== undefined && estimate.memoryBytes > freeMemoryBytes) {
    lacks.push({ kind: 'memory', neededBytes: estimate.memoryBytes, freeBytes: freeMemoryBytes });
  }
  return lacks;
}

/**
 * Kafka looks every five minutes for segments to delete, and deletes whole segments, of a gigabyte by
 * default.
 */
const retentionCheckNs = 300e9;
const segmentBytesByDefault = 1024 ** 3;

/**
 * Maximum size of one replica of a stream: all that is sent, or what its own retention leaves of it, with a
 * segment of each partition more, and what comes until Kafka looks again. The retention of the cluster is not
 * known.
 *
 * @remarks Worked example: 10 MB/s for an hour are 36 GB. With `retention.ms=60000` the last 60 s and 300 s
 * count, 3.6 GB, and with `segment.bytes=100000000` in 4 partitions 0.4 GB more: 4 GB.
 */
function keptBytes({ stream }: Plan, phases: readonly PhaseFigures[], messageBytes: number): number {
  const { config, partitions } = stream;
  const total = sum(phases.map(({ count = 0 }) => count * messageBytes));
  if ((config['cleanup.policy'] ?? 'delete') !== 'delete') return total;
  const segments = partitions * (limitOf(config, 'segment.bytes') ?? segmentBytesByDefault);
  const perPartition = limitOf(config, 'retention.bytes');
  const retentionMs = limitOf(config, 'retention.ms');
  const within = (windowNs: number): number => mostMessagesWithin(phases, windowNs) * messageBytes;
  return Math.min(
    total,
    perPartition === undefined ? Infinity : partitions * perPartition + segments + within(retentionCheckNs),
    retentionMs === undefined ? Infinity : within(retentionMs * 1e6 + retentionCheckNs) + segments,
  );
}

/** Undefined where it is not set, or -1 for none. */
function limitOf(config: Plan['stream']['config'], name: string): number | undefined {
  const value = Number(config[name] ?? -1);
  return value >= 0 ? value : undefined;
}

/**
 * Maximum number of messages of any window, each phase at its mean rate: a window that counts begins or ends
 * with a phase.
 */
function mostMessagesWithin(phases: readonly PhaseFigures[], windowNs: number): number {
  const ends = phases.map((_, index) => sum(phases.slice(0, index + 1).map(({ durationNs }) => durationNs)));
  const messagesFrom = (fromNs: number): number =>
    sum(
      phases.map(({ count = 0, durationNs }, index) => {
        const endNs = ends[index] ?? 0;
        const overlapNs = Math.min(endNs, fromNs + windowNs) - Math.max(endNs - durationNs, fromNs);
        if (durationNs === 0) return overlapNs >= 0 ? count : 0;
        return (count * Math.max(0, overlapNs)) / durationNs;
      }),
    );
  return Math.max(0, ...[0, ...ends].flatMap((edgeNs) => [edgeNs, edgeNs - windowNs]).map(messagesFrom));
}

function memoryOf(plan: Plan, sentBytes: number, preloadBytes: number, meanBytes: number): number {
  const { workers, producersPerWorker, prefetchBytes } = plan.replay;
  const groups = ownGroups(plan.consumers);
  const members = sum(groups.map((group) => group.members));
  const queue = clientKilobytes(plan, 'queue.buffering.max.kbytes') ?? producerQueueBytes;
  const fetched = clientKilobytes(plan, 'queued.max.messages.kbytes') ?? consumerQueueBytes;
  // No buffer holds more than there is to send.
  const readAhead =
    aheadOf(plan.alerts) === undefined
      ? Math.min(workers * prefetchBytes, preloadBytes)
      : aheadBytes(plan, meanBytes);
  const queued = Math.min(workers * producersPerWorker * queue, sentBytes);
  const read = Math.min(members * fetched, sentBytes * groups.length);
  return mainThreadBytes + workers * workerBytes + readAhead + queued + (members === 0 ? 0 : read);
}

/** What is made ahead: what was asked for, or a visit, as far as there is room. */
function aheadBytes({ alerts }: Plan, meanBytes: number): number {
  if (alerts.kind !== 'synthetic') return 0;
  return alerts.ahead?.bufferBytes ?? Math.min(1e9, alerts.alertsPerVisit * meanBytes);
}

function clientKilobytes(plan: Plan, property: string): number | undefined {
  const value = Number(plan.kafka.client[property] ?? NaN);
  return Number.isFinite(value) ? value * 1024 : undefined;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
