import { join } from 'node:path';

/**
 * The environment of a command whose worker threads hang once a file exists.
 *
 * @param file - create it, and they hang
 */
export function hangsOnce(file: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'hangThread.mjs')}`, HANG_WHEN: file };
}
