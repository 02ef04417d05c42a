// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digest, fileStamps, readStamp, runLogged, writeStamp } from './step.mjs';

/**
 * Compiles src/, bench/ and grafana/ into dist/, unless nothing there has changed since the last time.
 *
 * @param {string} root the top folder of the clone
 */
export async function compileProgram(root) {
  const stampFile = join(root, 'dist', '.sources');
  const wanted = digest(
    ['src', 'bench', 'grafana', 'tsconfig.json', 'package-lock.json'].flatMap((name) =>
      fileStamps(join(root, name)),
    ),
  );
  if (readStamp(stampFile) === wanted && existsSync(join(root, 'dist', 'src', 'cli', 'main.js'))) return;
  await runLogged(
    'compiling the program',
    process.execPath,
    [join('node_modules', 'typescript', 'bin', 'tsc')],
    {
      cwd: root,
      logFile: join(root, 'dist', 'setup-compile.log'),
    },
  );
  writeStamp(stampFile, wanted);
}
