import { describe, expect, it } from 'vitest';
import { generate } from '../../grafana/source/generate.js';
import { installationFolder } from '../../src/version.js';
import { readDashboards, type Panel, type Target } from '../integration/support/grafana.js';

const dashboards = readDashboards();

/** The units of a query's values, by what it asks for; the first row that matches counts. */
const units: readonly (readonly [RegExp, readonly string[]])[] = [
  [/derivative\(max\("committed"\)/, ['suffix: alerts/s']],
  [/"lagSeconds"/, ['s']],
  [/alertsim_group/, ['short']],
  [/alertsim_histogram/, ['µs']],
  [/SELECT 100 \* sum/, ['percent']],
  [/AS "elapsed".*"cpuCores"/, ['suffix: cores']],
  [/alertsim_latency/, ['µs']],
  [/"eventLoopDelayP99Us"/, ['µs']],
  [/"queueFullSeconds"/, ['s']],
  [/"bytesPerSecond"/, ['Bps']],
  [/alertsim_lag|"inFlight"|sum\("failed"\)/, ['short']],
  [/alertsim_rate/, ['suffix: alerts/s', 'short']],
  [/'MessagesInPerSec'/, ['suffix: alerts/s', 'suffix: msg/s']],
  [/'Bytes\w+PerSec'/, ['Bps']],
  [/Failed\(Produce\|Fetch\)RequestsPerSec|kafka_request_rate/, ['reqps']],
  [
    /kafka_request_channel|kafka_purgatory|kafka_connections|kafka_replica_manager|kafka_controller/,
    ['short'],
  ],
  [/"kafka_request" /, ['ms']],
  [/kafka_(network|handler)_idle/, ['percentunit']],
  [/kafka_replica_rate/, ['ops']],
  [/Percentile"\) FROM "kafka_log_flush"/, ['ms']],
  [/kafka_log_flush/, ['ops']],
  [/kafka_log_size|jvm_memory/, ['bytes']],
  [/"CollectionTime", 1s\) \/ 1000 /, ['percentunit']],
  [/"ProcessCpuTime", 1s\) \/ 1000000000 /, ['suffix: cores']],
  [/"(Process|System)CpuLoad"/, ['percentunit']],
  [/"Uptime"/, ['ms']],
  [/jvm_threads|"OpenFileDescriptorCount"/, ['short']],
];

interface Overridden extends Panel {
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides?: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

/** The unit that Grafana shows a query's series in. */
function unitOf(panel: Overridden, { alias = '' }: Target): unknown {
  const { defaults, overrides = [] } = panel.fieldConfig ?? { defaults: {} };
  const own = overrides
    .filter(({ matcher }) => new RegExp(matcher.options).test(alias))
    .flatMap(({ properties }) => properties)
    .find(({ id }) => id === 'unit');
  return panel.options?.yAxis?.unit ?? own?.value ?? defaults.unit;
}

it('has files as the sources say: run npm run build && node dist/grafana/source/main.js', () => {
  expect(generate(true, installationFolder)).toEqual([]);
});

describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))(
  '%s',
  (_title, dashboard) => {
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    const queries = panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));

    it('numbers its panels', () => {
      const ids = dashboard.panels.map(({ id }) => id);
      expect(ids.every((id) => Number.isInteger(id) && id > 0)).toBe(true);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('says of every panel what it shows', () => {
      for (const { title, description = '' } of panels) {
        expect(title).not.toBe('');
        expect(description.length, title).toBeGreaterThan(20);
      }
    });

    it('lays its panels side by side, within the screen and none over another', () => {
      const cells = new Set<string>();
      for (const { title, gridPos } of dashboard.panels) {
        expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(cells.has(`${x},${y}`), `${title} lies over another`).toBe(false);
            cells.add(`${x},${y}`);
          }
        }
      }
    });

    it('gives every query a unit that fits what it asks for', () => {
      for (const { panel, target } of queries) {
        const [, fitting] = units.find(([pattern]) => pattern.test(target.query)) ?? [];
        expect(fitting, `no row says what ${target.query} is in`).toBeDefined();
        expect(fitting, `${panel.title} ${target.refId}`).toContain(unitOf(panel, target));
      }
    });

    it('asks in InfluxQL, with the datasource of the variable, in the chosen time range', () => {
      for (const { panel, target } of queries) {
        expect(target).toMatchObject({
          rawQuery: true,
          datasource: { type: 'influxdb', uid: '${datasource}' },
        });
        expect(target.query, panel.title).toContain('$timeFilter');
        expect(target.query).not.toContain('|>');
      }
    });

    it('names no variable that it does not have', () => {
      const known = dashboard.templating.list.map(({ name }) => name);
      for (const { target } of queries) {
        const used = [...target.query.matchAll(/\$(?!\/)(\w+)/g)].map(([, name = '']) => name);
        expect(used.filter((name) => !['timeFilter', '__interval', ...known].includes(name))).toEqual([]);
      }
    });

    it('legends each series by every tag that separates it', () => {
      for (const { panel, target } of queries.filter(({ target }) => target.resultFormat === 'time_series')) {
        const groups = target.query.slice(target.query.lastIndexOf('GROUP BY'));
        const tags = [...groups.matchAll(/"(\w+)"/g)]
          .map(([, name = '']) => name)
          .filter((name) => name !== 'run');
        for (const tag of tags) {
          if (tag === 'version' || target.alias?.includes(`$tag_${tag}`) === true) continue;
          expect.unreachable(`${panel.title} ${target.refId} does not tell series of another ${tag} apart`);
        }
      }
    });
  },
);
