/** A value at an instant. */
export interface LinePoint {
  readonly seconds: number;
  readonly value: number;
}

/** A straight line through points, by least squares. */
export interface Line {
  /** Per second. */
  readonly slope: number;
  /** From the first to the last point, along the line. */
  readonly growth: number;
  /** From the lowest to the highest point, beside the line. */
  readonly noise: number;
  readonly seconds: number;
}

/**
 * The line through points in order of time.
 *
 * @returns undefined where they are fewer than `fewest`, or all at one instant
 */
export function lineThrough(points: readonly LinePoint[], fewest: number): Line | undefined {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < fewest || last.seconds <= first.seconds)
    return undefined;
  const mean = (of: (point: LinePoint) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const at = mean(({ seconds }) => seconds);
  const level = mean(({ value }) => value);
  const slope =
    mean(({ seconds, value }) => (seconds - at) * (value - level)) /
    mean(({ seconds }) => (seconds - at) ** 2);
  let [lowest, highest] = [Infinity, -Infinity];
  for (const point of points) {
    const beside = point.value - level - slope * (point.seconds - at);
    lowest = Math.min(lowest, beside);
    highest = Math.max(highest, beside);
  }
  const seconds = last.seconds - first.seconds;
  return { slope, growth: slope * seconds, noise: highest - lowest, seconds };
}
