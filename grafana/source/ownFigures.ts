/**
 * Queries for the figures that the program itself writes (measurements `alertsim_*`).
 *
 * A point is a second of a run. Where a pixel stands for several, rates are sums over sums, means are weighted by
 * their counts, and of percentiles the worst second is shown: percentiles are never averaged.
 */

/** What the variables of a dashboard choose. */
export const chosenRuns = `"run" =~ /^$run$/ AND "variant" =~ /^$variant$/`;
const chosen = `${chosenRuns} AND "phase" =~ /^$phase$/ AND $timeFilter`;
const byTime = `GROUP BY time($__interval), "run" fill(none)`;

/** The four latencies, in the order of an alert's way. */
export const latencies = ['scheduleLag', 'ack', 'response', 'endToEnd'] as const;

export type Latency = (typeof latencies)[number];

/** Acknowledged alerts per second. */
export const achievedRate = `SELECT sum("acked") / sum("seconds") FROM "alertsim_rate" WHERE ${chosen} ${byTime}`;

/** Alerts due per second; flat-out phases have no target. */
export const targetRate =
  `SELECT sum("due") / sum("seconds") FROM (SELECT "target" * "seconds" AS "due", "seconds" AS "seconds" ` +
  `FROM "alertsim_rate" WHERE "target" >= 0 AND ${chosen} GROUP BY "run") WHERE $timeFilter ${byTime}`;

/** Acknowledged alerts of those that were due, percent. */
export const achievedShare =
  `SELECT 100 * sum("acked") / sum("due") FROM (SELECT "acked" AS "acked", "target" * "seconds" AS "due" ` +
  `FROM "alertsim_rate" WHERE "target" > 0 AND ${chosen} GROUP BY "run") WHERE $timeFilter ${byTime}`;

/**
 * A field of the points, aggregated over each pixel.
 *
 * @param how - InfluxQL's function: `max`
 * @param tag - a further tag that separates the series
 */
export function ownField(how: string, field: string, measurement: string, tag?: string): string {
  const groups = tag === undefined ? '"run"' : `"run", "${tag}"`;
  return (
    `SELECT ${how}("${field}") FROM "${measurement}" WHERE ${chosen} ` +
    `GROUP BY time($__interval), ${groups} fill(none)`
  );
}

const ofGroups = `"group" =~ /^$group$/ AND ${chosen}`;

/**
 * A field of the chosen watched groups: the largest of each pixel.
 *
 * @param field - `lagMessages`
 */
export function ofGroup(field: string): string {
  return `SELECT max("${field}") FROM "alertsim_group" WHERE ${ofGroups} GROUP BY time($__interval), "run", "group" fill(none)`;
}

/** Messages a second that a group commits: the slope of its offsets. */
export const committedRate =
  `SELECT non_negative_derivative(max("committed"), 1s) FROM "alertsim_group" WHERE ${ofGroups} ` +
  `GROUP BY time($__interval), "run", "group" fill(none)`;

/** The lag of partitions, or of rows of neighbouring ones; where nothing is behind there is no point. */
export const partitionLag =
  `SELECT max("lag") FROM "alertsim_group_partition" WHERE ${ofGroups} ` +
  `GROUP BY time($__interval), "run", "group", "partition" fill(0)`;

/**
 * A percentile of a latency: the worst second of each pixel, microseconds.
 *
 * @param field - `p50`, `p99`, `max`
 * @param latency - a latency, or the variable that chooses one
 */
export function percentile(field: string, latency: string): string {
  return `SELECT max("${field}") FROM "alertsim_latency" WHERE "latency" = '${latency}' AND ${chosen} ${byTime}`;
}

/** Values in each bucket of the latency that the variable chooses. */
export const histogram =
  `SELECT sum("count") FROM "alertsim_histogram" WHERE "latency" = '$latency' AND ${chosen} ` +
  `GROUP BY time($__interval), "le" fill(0)`;

/** The mean of a latency over each pixel, weighted by the counts, microseconds. */
export function meanLatency(latency: Latency): string {
  return `SELECT "mean" FROM (${meanSource(latency, 1)}) WHERE $timeFilter GROUP BY "run"`;
}

/**
 * The part of the mean end-to-end latency that comes after the acknowledgement, microseconds. It is the
 * difference of two means: InfluxQL adds two sources up, but does not subtract one from the other, so one of
 * them is negative.
 */
export const afterAcknowledgement =
  `SELECT sum("mean") FROM (${meanSource('endToEnd', 1)}), (${meanSource('response', -1)}) ` +
  `WHERE $timeFilter ${byTime}`;

/** Runs, their phases and their ends. */
export const events = `SELECT "title", "text", "timeEnd" FROM "alertsim_event" WHERE ${chosenRuns} AND $timeFilter`;

function meanSource(latency: Latency, sign: 1 | -1): string {
  return (
    `SELECT ${sign} * sum("total") / sum("count") AS "mean" FROM (SELECT "mean" * "count" AS "total", "count" AS "count" ` +
    `FROM "alertsim_latency" WHERE "latency" = '${latency}' AND ${chosen} GROUP BY "run") WHERE $timeFilter ${byTime}`
  );
}
