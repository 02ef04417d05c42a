/** Each rate is a count divided by a time that is stored beside it. */
export interface Rate {
  /** The time of `achievedPerSecond` and `bytesPerSecond`. */
  readonly seconds: number;
  /** Values that were handed over. */
  readonly bytes: number;
  /** What the schedule asks for; null flat out, and over phases of which one is flat out. */
  readonly planned: PlannedLoad | null;
  /** Messages due: `planned.messages / planned.seconds`; null as `planned` is. */
  readonly targetPerSecond: number | null;
  /** Messages acknowledged: `counts.acked / seconds`. */
  readonly achievedPerSecond: number;
  /** Handed over: `bytes / seconds`. */
  readonly bytesPerSecond: number;
  /**
   * The achieved rate as a share of the target, over the phases that have a target; null where none has one.
   */
  readonly ofTarget: number | null;
}

export interface PlannedLoad {
  readonly messages: number;
  /** Above 0. */
  readonly seconds: number;
}

export interface MeasuredLoad {
  readonly acked: number;
  /** Values that were handed over. */
  readonly bytes: number;
  /** Above 0. */
  readonly seconds: number;
  /** Null flat out, or where nothing was due. */
  readonly planned: PlannedLoad | null;
}

/** The rates of a phase: counts divided by times. */
export function rateOf({ acked, bytes, seconds, planned }: MeasuredLoad): Rate {
  const targetPerSecond = planned === null ? null : planned.messages / planned.seconds;
  const achievedPerSecond = acked / seconds;
  return {
    seconds,
    bytes,
    planned,
    targetPerSecond,
    achievedPerSecond,
    bytesPerSecond: bytes / seconds,
    ofTarget: targetPerSecond === null || targetPerSecond === 0 ? null : achievedPerSecond / targetPerSecond,
  };
}

/**
 * The rates of several phases together: what was done in them, by the time that they took together; all zero
 * without phases. Worked example: 100/s for 10 s, fully reached, and then 9,000 messages flat out in 3 s:
 * 10,000 in 13 s are 769/s, there is no target for all of it, and `ofTarget` is 1, that of the first phase.
 */
export function overallRate(
  phases: readonly { readonly counts: { readonly acked: number }; readonly rate: Rate }[],
): Rate {
  const withTarget = phases.filter(({ rate }) => rate.planned !== null);
  const all = rateOf(loadOf(phases));
  return {
    ...(withTarget.length === phases.length ? all : { ...all, planned: null, targetPerSecond: null }),
    ofTarget: withTarget.length === 0 ? null : rateOf(loadOf(withTarget)).ofTarget,
  };
}

function loadOf(phases: Parameters<typeof overallRate>[0]): MeasuredLoad {
  const sum = (of: (phase: (typeof phases)[number]) => number): number =>
    phases.reduce((total, phase) => total + of(phase), 0);
  const planned = {
    messages: sum(({ rate }) => rate.planned?.messages ?? 0),
    seconds: sum(({ rate }) => rate.planned?.seconds ?? 0),
  };
  return {
    acked: sum(({ counts }) => counts.acked),
    bytes: sum(({ rate }) => rate.bytes),
    // Without a phase nothing was counted: any time gives 0.
    seconds: phases.length === 0 ? 1 : sum(({ rate }) => rate.seconds),
    planned: planned.seconds > 0 ? planned : null,
  };
}
