/**
 * Generates grafana/dashboards/ from the sources beside this file:
 *
 * npm run build && node dist/grafana/source/main.js
 *
 * With `--check` it writes nothing and fails where a file differs from the sources: `npm run check` does
 * that.
 */
import { generate } from './generate.js';

const check = process.argv.includes('--check');
const stale = generate(check);
if (check && stale.length > 0) {
  console.error(
    `grafana/dashboards: ${stale.join(', ')} not as the sources say: run npm run build && node dist/grafana/source/main.js`,
  );
  process.exitCode = 1;
} else if (!check) {
  console.log(stale.length === 0 ? 'every dashboard is current' : `wrote ${stale.join(', ')}`);
}
