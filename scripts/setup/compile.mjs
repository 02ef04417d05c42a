// @ts-check
import { cpSync, existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digest, fileStamps, readStamp, requireWritable, runLogged, writeStamp } from './step.mjs';

/**
 * Compiles src/, bench/ and grafana/ into dist/, with the files that the program reads at run time, unless nothing there
 * has changed since the last time.
 *
 * @param {string} root the top folder of the clone
 */
export async function compileProgram(root) {
  const stampFile = join(root, 'dist', '.sources');
  const wanted = digest(fileStamps(root, ['src', 'bench', 'grafana', 'tsconfig.json', 'package-lock.json']));
  if (readStamp(stampFile) === wanted && existsSync(join(root, 'dist', 'src', 'cli', 'main.js'))) return;
  requireWritable(root);
  await runLogged(
    'compiling the program',
    process.execPath,
    [join('node_modules', 'typescript', 'bin', 'tsc')],
    {
      cwd: root,
      logFile: join(root, 'dist', 'setup-compile.log'),
    },
  );
  copyAssets(root);
  writeStamp(stampFile, wanted);
}

/**
 * Schemas, lock lists, the report's script and styles: whatever in src/ the compiler leaves behind lies beside the
 * compiled module that reads it, so that dist/ runs without src/.
 *
 * @param {string} root
 */
function copyAssets(root) {
  cpSync(join(root, 'src'), join(root, 'dist', 'src'), {
    recursive: true,
    filter: (path) =>
      statSync(path).isDirectory() || !(path.endsWith('.ts') || basename(path) === 'tsconfig.json'),
  });
}
