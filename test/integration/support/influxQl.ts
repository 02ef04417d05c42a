import type { TestInflux } from './influx.js';

/** A series of a result, as InfluxDB's JSON has it. */
export interface InfluxSeries {
  readonly name: string;
  /** The tags that the series are separated by. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Time first. */
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | null)[])[];
}

export type Ask = (influxQl: string) => Promise<readonly InfluxSeries[]>;

/** Asks as Grafana's datasource does: by POST, with the token in a header, times in milliseconds. */
export function asGrafana(influx: TestInflux): Ask {
  const { url, bucket, token } = influx;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Token ${token}` };
  return async (influxQl) => {
    const response = await fetch(`${url}/query?db=${bucket}&epoch=ms`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ q: influxQl }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`InfluxDB answered ${response.status}: ${text}: ${influxQl}`);
    const { results } = JSON.parse(text) as { results: { series?: InfluxSeries[]; error?: string }[] };
    const error = results.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw new Error(`InfluxDB: ${error}: ${influxQl}`);
    return results.flatMap(({ series = [] }) => series);
  };
}
