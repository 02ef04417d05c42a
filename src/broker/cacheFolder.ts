import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/**
 * The absolute path of the folder of what can be fetched again: the jars, and by default the local broker's
 * own files. It may not exist yet. `RUBIN_ALERT_SIM_CACHE` replaces the folder that the platform recommends.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env.RUBIN_ALERT_SIM_CACHE ?? '';
  return own === '' ? envPaths('rubin-alert-sim', { suffix: '' }).cache : resolve(own);
}

/**
 * The folder of the jars, laid out like a Maven repository, so that several Kafka versions share what they
 * can.
 */
export function jarsFolder(cache: string): string {
  return join(cache, 'jars');
}

/** The folder of the broker that `broker up` starts by default. */
export function defaultStateFolder(cache: string): string {
  return join(cache, 'broker');
}

/** The folder of the locks of Kafka versions that come without one. */
export function locksFolder(cache: string): string {
  return join(cache, 'locks');
}
