import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import * as xychart from '@grafana/grafana-foundation-sdk/xychart';
import { datasource, InfluxQueryBuilder, type QuerySpec } from './influxQuery.js';

export interface PanelSpec {
  readonly title: string;
  /** What it shows, how to read it, and which values are bad. */
  readonly description: string;
  /** Grafana's name of the queries' unit. */
  readonly unit: string;
  readonly queries: readonly QuerySpec[];
  /** 24 is the whole screen. */
  readonly width: number;
  /** In rows of Grafana's grid; 8 by default. */
  readonly height?: number;
  /** The shortest time of one pixel; 1s by default, the interval of our own measurements. */
  readonly interval?: string;
  /** Start of the axis; 0 by default, null for the data's own. */
  readonly min?: number | null;
  /** End of the axis. */
  readonly max?: number;
  /** Values from which each colour begins; the first step is the base. */
  readonly thresholds?: readonly [string, ...(readonly [number, string])[]];
  /** Settings of single series, by a pattern of their names. */
  readonly overrides?: Readonly<Record<string, readonly dashboard.DynamicConfigValue[]>>;
}

export interface LinesSpec extends PanelSpec {
  readonly stacked?: boolean;
  /** For latencies, which span decades. */
  readonly logarithmic?: boolean;
}

/** For what is asked for rather than measured. */
export const dashed: readonly dashboard.DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 6] } },
  { id: 'custom.fillOpacity', value: 0 },
];

/** A series with an axis of its own at the right. */
export function rightAxis(unit: string, label: string): readonly dashboard.DynamicConfigValue[] {
  return [
    { id: 'unit', value: unit },
    { id: 'custom.axisPlacement', value: 'right' },
    { id: 'custom.axisLabel', value: label },
    { id: 'custom.fillOpacity', value: 0 },
  ];
}

/** A panel of lines over time. */
export function lines(spec: LinesSpec): timeseries.PanelBuilder {
  const panel = described(new timeseries.PanelBuilder(), spec)
    .lineWidth(1)
    .fillOpacity(spec.stacked === true ? 40 : 8)
    .showPoints(common.VisibilityMode.Auto)
    .pointSize(4)
    // One interval without a value is a gap of measurement, not of what is measured; longer gaps are shown.
    .spanNulls(30_000)
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['mean', 'max', 'lastNotNull']),
    );
  if (spec.stacked === true)
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  if (spec.logarithmic === true) {
    panel.scaleDistribution(
      new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10),
    );
  }
  if (spec.thresholds !== undefined) {
    panel.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  }
  return panel;
}

/** A panel of one large number, with its timeline in the background. */
export function figure(
  spec: PanelSpec & { readonly calculation?: 'lastNotNull' | 'max' | 'sum' },
): stat.PanelBuilder {
  return described(new stat.PanelBuilder(), { height: 4, ...spec })
    .graphMode(common.BigValueGraphMode.Area)
    .colorMode(spec.thresholds === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value)
    .reduceOptions(
      new common.ReduceDataOptionsBuilder().calcs([spec.calculation ?? 'lastNotNull']).values(false),
    );
}

/** A heat map over time of counts in buckets; the series are named by the buckets' upper bounds. */
export function heatMap(spec: PanelSpec): heatmap.PanelBuilder {
  return (
    described(new heatmap.PanelBuilder(), { ...spec, unit: 'short', min: null })
      .calculate(false)
      .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Le).value('alerts'))
      .yAxis(new heatmap.YAxisConfigBuilder().unit(spec.unit).axisPlacement(common.AxisPlacement.Left))
      .cellValues(new heatmap.CellValuesBuilder().unit('short'))
      .color(
        new heatmap.HeatmapColorOptionsBuilder()
          .mode(heatmap.HeatmapColorMode.Scheme)
          .scheme('Turbo')
          .scale(heatmap.HeatmapColorScale.Exponential)
          .exponent(0.5)
          .steps(64),
      )
      // An empty bucket has no colour.
      .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
      .cellGap(0)
  );
}

/** Points or lines over something else than time; each run is a series. */
export function overFigure(
  spec: PanelSpec & {
    readonly x: string;
    readonly xUnit: string;
    readonly xLabel: string;
    readonly show: xychart.XYShowMode;
    readonly logarithmic?: boolean;
  },
): xychart.PanelBuilder {
  const panel = described(new xychart.PanelBuilder(), {
    ...spec,
    overrides: {
      ...spec.overrides,
      [`^${spec.x}.*$`]: [
        { id: 'unit', value: spec.xUnit },
        { id: 'custom.axisLabel', value: spec.xLabel },
        { id: 'custom.scaleDistribution', value: { type: 'linear' } },
      ],
    },
  })
    .show(spec.show)
    .pointSize({ fixed: 4 })
    .lineWidth(1)
    .mapping(xychart.SeriesMapping.Auto)
    .series([new xychart.XYSeriesConfigBuilder().x({ matcher: { id: 'byName', options: spec.x } })])
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Single)
        .sort(common.SortOrder.None),
    )
    // A frame for each run, named by it.
    .withTransformation({
      id: 'partitionByValues',
      options: { fields: ['run'], keepFields: false, naming: { asLabels: true } },
    });
  if (spec.logarithmic === true) {
    panel.scaleDistribution(
      new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10),
    );
  }
  return panel;
}

/** A table. */
export function figures(spec: PanelSpec): table.PanelBuilder {
  return described(new table.PanelBuilder(), spec)
    .filterable(true)
    .cellHeight(common.TableCellHeight.Sm)
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true, time: true } } });
}

/** Common to the builders of all panels. */
interface AnyPanelBuilder {
  title: (title: string) => this;
  description: (text: string) => this;
  datasource: (reference: common.DataSourceRef) => this;
  unit: (unit: string) => this;
  span: (width: number) => this;
  height: (height: number) => this;
  interval: (interval: string) => this;
  min: (min: number) => this;
  max: (max: number) => this;
  noValue: (text: string) => this;
  thresholds: (thresholds: dashboard.ThresholdsConfigBuilder) => this;
  overrideByRegexp: (pattern: string, properties: dashboard.DynamicConfigValue[]) => this;
  targets: (targets: InfluxQueryBuilder[]) => this;
}

function described<B extends AnyPanelBuilder>(panel: B, spec: PanelSpec): B {
  const { min = 0, max, thresholds, overrides = {} } = spec;
  panel
    .title(spec.title)
    .description(spec.description)
    .datasource(datasource)
    .unit(spec.unit)
    .span(spec.width)
    .height(spec.height ?? 8)
    .interval(spec.interval ?? '1s')
    .noValue('no data')
    .targets(
      spec.queries.map((query, index) => new InfluxQueryBuilder(query, String.fromCharCode(65 + index))),
    );
  if (min !== null) panel.min(min);
  if (max !== undefined) panel.max(max);
  if (thresholds !== undefined) panel.thresholds(thresholdsOf(thresholds));
  for (const [pattern, properties] of Object.entries(overrides))
    panel.overrideByRegexp(pattern, [...properties]);
  return panel;
}

function thresholdsOf([base, ...steps]: NonNullable<
  PanelSpec['thresholds']
>): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: base }, ...steps.map(([value, color]) => ({ value, color }))]);
}
