/** Queries for the broker's metrics from jmxtrans (measurements `kafka_*` and `jvm_*`). */

const onBrokers = `"hostname" =~ /^$broker$/ AND $timeFilter`;

/** Series of a measurement, and the tags that separate them. */
export interface Series {
  /** `kafka_broker`. */
  readonly measurement: string;
  /** A condition on its tags; default all. */
  readonly where?: string;
  /** Tags that separate series, besides the broker. */
  readonly by?: readonly string[];
}

/**
 * How fast a counter grows, per second. Taken from `Count`: Kafka's own `OneMinuteRate` lags a minute behind,
 * and hides the knee. The slope is that between two readings, then averaged, so that no reading falls between
 * two pixels.
 *
 * @param perUnit - the slope is divided by this: 1e9 makes seconds from nanoseconds
 */
export function growth(series: Series, field = 'Count', perUnit = 1): string {
  const by = tags(series);
  const slope = `non_negative_derivative("${field}", 1s)${perUnit === 1 ? '' : ` / ${perUnit}`}`;
  return (
    `SELECT mean("slope") FROM (SELECT ${slope} AS "slope" FROM ${from(series)} GROUP BY ${by}) ` +
    `WHERE $timeFilter GROUP BY time($__interval), ${by} fill(none)`
  );
}

/** The growth of a counter, all brokers together. */
export function growthOfAll(series: Series): string {
  const by = (series.by ?? []).map((tag) => `, "${tag}"`).join('');
  return (
    `SELECT sum("mean") FROM (${growth(series)}) ` +
    `WHERE $timeFilter GROUP BY time($__interval)${by} fill(none)`
  );
}

/**
 * A metric as it was read.
 *
 * @param how - how several readings become one pixel
 */
export function reading(
  series: Series,
  field: string,
  how: 'mean' | 'max' | 'min' | 'last' = 'mean',
): string {
  return (
    `SELECT ${how}("${field}") FROM ${from(series)} ` +
    `GROUP BY time($__interval), ${tags(series)} fill(none)`
  );
}

/**
 * A metric as it was read, added up over tags that don't separate the series.
 *
 * @param over - the tags that are added up
 */
export function readingOfAll(series: Series, over: readonly string[], field: string): string {
  const single = reading({ ...series, by: [...(series.by ?? []), ...over] }, field, 'last');
  return (
    `SELECT sum("last") FROM (${single}) ` +
    `WHERE $timeFilter GROUP BY time($__interval), ${tags(series)} fill(none)`
  );
}

/**
 * The mean of one of Kafka's histograms over the time since the last reading. Kafka's own `Mean` is that
 * since the broker's start; mean × count grows by the sum of the values in between.
 */
export function meanSince(series: Series): string {
  const by = tags(series);
  const totals = `SELECT "Mean" * "Count" AS "total", "Count" AS "count" FROM ${from(series)} GROUP BY ${by}`;
  const means =
    `SELECT non_negative_difference("total") / non_negative_difference("count") AS "mean" ` +
    `FROM (${totals}) WHERE $timeFilter GROUP BY ${by}`;
  return (
    `SELECT mean("mean") FROM (${means}) ` + `WHERE $timeFilter GROUP BY time($__interval), ${by} fill(none)`
  );
}

function from({ measurement, where }: Series): string {
  return `"${measurement}" WHERE ${where === undefined ? '' : `${where} AND `}${onBrokers}`;
}

function tags({ by = [] }: Series): string {
  return ['hostname', ...by].map((tag) => `"${tag}"`).join(', ');
}
