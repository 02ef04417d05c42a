// @ts-check
/**
 * Makes a clone ready: dependencies, the native binding (patched, compiled once), and the compiled program.
 * Each step is skipped in milliseconds when nothing that it depends on has changed. Plain JavaScript with
 * Node's own modules, because it runs before anything is installed; this file in a syntax that Node 12 reads.
 *
 * Usage: node scripts/setup.mjs [--no-install | --binding-only]
 */
const oldestNode = 20;

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  console.error(
    `setup: rubin-alert-sim needs Node ${oldestNode} or newer; this is Node ${process.versions.node} (https://nodejs.org)`,
  );
  process.exitCode = 2;
} else {
  void import('./setup/setUp.mjs').then(({ setUp }) =>
    setUp({
      install: !process.argv.some((word) => ['--no-install', '--binding-only'].includes(word)),
      compile: !process.argv.includes('--binding-only'),
    }),
  );
}
