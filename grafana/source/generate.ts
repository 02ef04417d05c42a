import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClassicDashboard } from './compose.js';
import { broker } from './dashboards/broker.js';
import { compareRuns } from './dashboards/compareRuns.js';
import { consumerGroups } from './dashboards/consumerGroups.js';
import { latency } from './dashboards/latency.js';
import { rateAndLoad } from './dashboards/rateAndLoad.js';

/** Grafana's provisioning reads this folder. */
const folder = join('grafana', 'dashboards');

/** By the name of its file. */
export const dashboards: Readonly<Record<string, () => ClassicDashboard>> = {
  'rate-and-load.json': rateAndLoad,
  'latency.json': latency,
  'compare-runs.json': compareRuns,
  'consumer-groups.json': consumerGroups,
  'broker.json': broker,
};

/** The JSON of a dashboard's file. */
export function fileText(dashboard: ClassicDashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/**
 * Writes the dashboards and returns the names of files that differed from the sources.
 *
 * @param check - only report the files
 */
export function generate(check: boolean, root = '.'): readonly string[] {
  return Object.entries(dashboards)
    .filter(([name, source]) => {
      const path = join(root, folder, name);
      const text = fileText(source());
      const differs = contentOf(path) !== text;
      if (differs && !check) writeFileSync(path, text);
      return differs;
    })
    .map(([name]) => name);
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
