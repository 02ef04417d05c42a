import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource, InfluxQueryBuilder } from './influxQuery.js';
import { events } from './ownFigures.js';

/**
 * A dashboard in Grafana's classic layout. The SDK prefers the newer one, which Grafana before 12 cannot read
 * from files, and 12 only behind a switch.
 */
// eslint-disable-next-line @typescript-eslint/no-deprecated
export type ClassicDashboard = dashboard.Dashboard;

/** A row of panels under a heading. */
export interface Row {
  readonly title: string;
  /** From left to right; a new line where 24 columns are full. */
  readonly panels: readonly Builder<dashboard.Panel>[];
}

/** A dashboard as its source writes it. */
export interface DashboardSpec {
  /** Its address: /d/UID. */
  readonly uid: string;
  readonly title: string;
  /** The question that it answers. */
  readonly description: string;
  /** In the order in which they depend on one another. */
  readonly variables: readonly Builder<dashboard.VariableModel>[];
  /** Initial time range: `now-15m`. */
  readonly from: string;
  /** Interval; never by default. */
  readonly refresh?: string;
  readonly rows: readonly Row[];
}

/** All our dashboards have this tag; the links between them use it. */
export const tag = 'rubin-alert-sim';

/**
 * Builds a dashboard, lays its panels out, and adds the numbers that the SDK does not set.
 *
 * @throws an Error where the panels of a row do not fill whole lines
 */
export function composeDashboard(spec: DashboardSpec): ClassicDashboard {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- see ClassicDashboard
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([tag, 'kafka'])
    .timezone('utc')
    .time({ from: spec.from, to: 'now' })
    .refresh(spec.refresh ?? '')
    .timepicker(new dashboard.TimePickerBuilder().refreshIntervals(['1s', '5s', '10s', '30s', '1m', '5m']))
    // One crosshair over all panels shows what the knee does elsewhere.
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .editable()
    .variables([...spec.variables])
    .link(
      new dashboard.DashboardLinkBuilder('Alert simulator')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([tag])
        .keepTime(true)
        .includeVars(true),
    );
  if (spec.variables.some((variable) => variable.build().name === 'run')) builder.annotation(runEvents());
  for (const { title, panels } of spec.rows) {
    builder.withRow(new dashboard.RowBuilder(title));
    let columns = 0;
    for (const panel of panels) {
      columns += panel.build().gridPos?.w ?? 0;
      builder.withPanel(panel);
      if (columns === 24) columns = 0;
      if (columns > 24) throw new Error(`${spec.title}, ${title}: panels overlap the right edge`);
    }
    if (columns !== 0) throw new Error(`${spec.title}, ${title}: the last line is not full`);
  }
  const built = builder.build();
  (built.panels ?? []).forEach((panel, index) => {
    panel.id = index + 1;
  });
  return built;
}

/** Starts and ends of runs and phases, as lines through all panels. */
function runEvents(): dashboard.AnnotationQueryBuilder {
  const query = new InfluxQueryBuilder({ query: events }, 'Anno');
  const annotation = {
    ...query.build(),
    // Grafana's InfluxDB datasource uses these names for the columns of an annotation.
    textColumn: 'text',
    titleColumn: 'title',
    timeEndColumn: 'timeEnd',
    fromAnnotations: true,
  };
  return new dashboard.AnnotationQueryBuilder()
    .name('Runs and phases')
    .datasource(datasource)
    .enable(true)
    .iconColor('blue')
    .target({ build: () => annotation });
}
