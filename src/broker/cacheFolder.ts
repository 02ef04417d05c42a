import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/**
 * The folder that keeps what can be fetched again: the jars, and by default the local broker's own files.
 *
 * @param env - the environment; `RUBIN_ALERT_SIM_CACHE` replaces the folder that the platform recommends
 * @returns an absolute path; the folder may not exist yet
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env.RUBIN_ALERT_SIM_CACHE ?? '';
  return own === '' ? envPaths('rubin-alert-sim', { suffix: '' }).cache : resolve(own);
}

/**
 * The folder of the jars, laid out like a Maven repository, so that several Kafka versions share what they can.
 *
 * @param cache - the cache folder
 * @returns an absolute path
 */
export function jarsFolder(cache: string): string {
  return join(cache, 'jars');
}

/**
 * The folder of the broker that `broker up` starts when no other is named.
 *
 * @param cache - the cache folder
 * @returns an absolute path
 */
export function defaultStateFolder(cache: string): string {
  return join(cache, 'broker');
}

/**
 * The folder of the locks of Kafka versions that come without one.
 *
 * @param cache - the cache folder
 * @returns an absolute path
 */
export function locksFolder(cache: string): string {
  return join(cache, 'locks');
}
