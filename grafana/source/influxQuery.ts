import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** The datasource that the variable `datasource` chooses. */
export const datasource: DataSourceRef = { type: 'influxdb', uid: '${datasource}' };

/** One query of a panel, as Grafana's InfluxDB datasource stores it; the SDK has none. */
export interface InfluxQuery extends Dataquery {
  /** Its letter within the panel. */
  refId?: string;
  datasource: DataSourceRef;
  /** InfluxQL, with Grafana's variables. */
  query: string;
  /** Always: these queries are beyond the query editor. */
  rawQuery: true;
  /** One frame per series, or one table of all. */
  resultFormat: 'time_series' | 'table';
  /** The legend; `$tag_NAME` and `$col` are replaced. */
  alias?: string;
}

/** A query as a dashboard's source writes it. */
export interface QuerySpec {
  /** InfluxQL, with Grafana's variables. */
  readonly query: string;
  /** The legend; `$tag_NAME` and `$col` are replaced. Tables have none. */
  readonly alias?: string;
}

/** Builds a query in InfluxQL, which both versions of InfluxDB understand. */
export class InfluxQueryBuilder implements Builder<InfluxQuery> {
  readonly #query: InfluxQuery;

  /** @param refId - its letter within the panel */
  constructor({ query, alias }: QuerySpec, refId: string) {
    this.#query = {
      refId,
      datasource,
      query,
      rawQuery: true,
      // Without a legend the result is a table, whose columns have names.
      resultFormat: alias === undefined ? 'table' : 'time_series',
      ...(alias === undefined ? {} : { alias }),
      _implementsDataqueryVariant: () => undefined,
    };
  }

  build(): InfluxQuery {
    return this.#query;
  }
}
