import { chosenRuns } from './ownFigures.js';

/**
 * Queries that overlay several runs.
 *
 * InfluxQL cannot shift one run's time to another's. It can compute how long after the one before a point is,
 * and sum that up: `elapsed` is the seconds since the run's first point in the chosen phases. The result is a
 * table with the columns time, run, elapsed and a value; Grafana splits it by run and draws the value over
 * `elapsed`.
 */
const chosen = `${chosenRuns} AND "phase" =~ /^$phase$/ AND $timeFilter`;
const bySecond = `GROUP BY time($resolution), "run" fill(none)`;

/**
 * A value over the seconds since its run's start, for a table.
 *
 * @param expression - an aggregate, usually of one point: `max("p99")`
 * @param name - the value's column
 * @param source.where - conditions after WHERE that end with AND
 */
export function overElapsed(
  expression: string,
  name: string,
  { measurement, where = '' }: { readonly measurement: string; readonly where?: string },
): string {
  const steps =
    `SELECT elapsed(max("${seconds(measurement)}"), 1ms) AS "step", ${expression} AS "figure" FROM "${measurement}" ` +
    `WHERE ${where}${chosen} ${bySecond}`;
  return (
    `SELECT cumulative_sum(max("step")) / 1000 AS "elapsed", max("figure") AS "${name}" FROM (${steps}) ` +
    `WHERE $timeFilter ${bySecond}`
  );
}

/** Latency over rate: a point is a second of a run, `rate` the acknowledgements in it. */
export const latencyOverRate =
  `SELECT "count" AS "rate", "p99" AS "p99" FROM "alertsim_latency" ` +
  `WHERE "latency" = '$latency' AND ${chosen} GROUP BY "run"`;

/** Rates and counts of each phase of each run. */
export const ratesByPhase =
  `SELECT sum("due") / sum("seconds") AS "target", sum("acked") / sum("seconds") AS "achieved", ` +
  `sum("acked") AS "acknowledged", sum("failed") AS "failed" FROM (SELECT "target" * "seconds" AS "due", ` +
  `"seconds" AS "seconds", "acked" AS "acked", "failed" AS "failed" FROM "alertsim_rate" WHERE ${chosen} ` +
  `GROUP BY "run", "phase") WHERE $timeFilter GROUP BY "run", "phase"`;

/** A latency of each phase of each run: weighted mean, and the 99th percentile of its middle and its worst second. */
export const latencyByPhase =
  `SELECT sum("total") / sum("count") AS "mean", median("p99") AS "p99 of the middle second", ` +
  `max("p99") AS "p99 of the worst second", max("max") AS "max" FROM (SELECT "mean" * "count" AS "total", ` +
  `"count" AS "count", "p99" AS "p99", "max" AS "max" FROM "alertsim_latency" WHERE "latency" = '$latency' ` +
  `AND ${chosen} GROUP BY "run", "phase") WHERE $timeFilter GROUP BY "run", "phase"`;

/** Each measurement's field that every point has. */
function seconds(measurement: string): string {
  switch (measurement) {
    case 'alertsim_rate':
      return 'seconds';
    case 'alertsim_latency':
      return 'count';
    default:
      return 'cpuCores';
  }
}
