// @ts-check
import { fileURLToPath } from 'node:url';
import { compileProgram } from './compile.mjs';
import { installDependencies } from './install.mjs';
import { buildBinding } from './native.mjs';
import { SetupError } from './step.mjs';

/**
 * Every step of the set-up in its order. What a user can fix is one sentence and exit code 2.
 *
 * @param {{install: boolean, compile: boolean}} options whether to install the dependencies where they are missing, and
 * whether to compile the program after the binding
 */
export async function setUp({ install, compile }) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  try {
    if (process.platform === 'win32') throw new SetupError('Windows is not supported: use WSL 2');
    if (process.versions['pnp'] !== undefined) {
      throw new SetupError("Yarn's Plug'n'Play does not work here: use npm (npm start)");
    }
    if (install) await installDependencies(root);
    await buildBinding(root);
    if (compile) await compileProgram(root);
  } catch (error) {
    const message = error instanceof SetupError ? error.message : fileFault(error);
    if (message === undefined) throw error;
    console.error(`setup: ${message}`);
    process.exitCode = 2;
  }
}

/**
 * @param {unknown} error
 * @returns {string | undefined}
 */
function fileFault(error) {
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ENOSPC') return `no space left on the disk for ${path ?? 'what is built'}`;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
    ? `${path ?? 'this folder'} cannot be written (${code}): it belongs to another user or is read-only`
    : undefined;
}
