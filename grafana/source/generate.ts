import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClassicDashboard } from './compose.js';
import { broker } from './dashboards/broker.js';
import { compareRuns } from './dashboards/compareRuns.js';
import { latency } from './dashboards/latency.js';
import { rateAndLoad } from './dashboards/rateAndLoad.js';

/** Where the generated dashboards are; Grafana's provisioning reads this folder. */
const folder = join('grafana', 'dashboards');

/** Every dashboard, by the name of its file. */
export const dashboards: Readonly<Record<string, () => ClassicDashboard>> = {
  'rate-and-load.json': rateAndLoad,
  'latency.json': latency,
  'compare-runs.json': compareRuns,
  'broker.json': broker,
};

/**
 * A dashboard as its file holds it.
 *
 * @param dashboard - the dashboard
 * @returns JSON
 */
export function fileText(dashboard: ClassicDashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/**
 * Writes the dashboards, or with `--check` tells those whose files are not what the sources say.
 *
 * @param check - only tell
 * @param root - the top folder of the clone
 * @returns the names of files that differ from the sources, or did before they were written
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
