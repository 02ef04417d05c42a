// @ts-check
/**
 * Makes a clone ready: dependencies, the native binding (patched, compiled once), and the compiled program.
 * Each step is skipped in milliseconds when nothing that it depends on has changed. Plain JavaScript with
 * Node's own modules, since it runs before anything is installed.
 *
 * Usage: node scripts/setup.mjs [--no-install]
 */
import { fileURLToPath } from 'node:url';
import { compileProgram } from './setup/compile.mjs';
import { installDependencies } from './setup/install.mjs';
import { buildBinding } from './setup/native.mjs';
import { SetupError } from './setup/step.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new SetupError(
      `Node ${process.versions.node} is too old: rubin-alert-sim needs Node 20 or newer (https://nodejs.org)`,
    );
  }
  if (!process.argv.includes('--no-install')) await installDependencies(root);
  await buildBinding(root);
  await compileProgram(root);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 2;
}
