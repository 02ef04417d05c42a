// @ts-check
/**
 * `npm run check`: formatter, linter, types, import directions, plain language, the compose file,
 * and whether the generated dashboards are current, one after the other.
 * All of them run even when one fails, so that one call shows every fault.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const steps = [
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.check.json']],
  ['types in the browser', 'tsc', ['-p', 'src/report/html/browser']],
  ['lint', 'eslint', ['--max-warnings', '0', '.']],
  ['import directions', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'src', 'bench', 'grafana']],
  ['plain language', 'node', ['scripts/plainLanguage.mjs']],
  ['compose file', 'dclint', ['--max-warnings', '0', 'docker-compose.yml']],
  ['dashboards are as their sources say', 'vitest', ['run', '--reporter', 'dot', 'test/grafana']],
];

const failed = [];
for (const [name, command, args] of /** @type {[string, string, string[]][]} */ (steps)) {
  console.log(`check: ${name}`);
  const program = command === 'node' ? process.execPath : join('node_modules', '.bin', command);
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
} else {
  console.log('check: all held');
}
