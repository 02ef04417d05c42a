import { AlertSimError } from '../errors.js';
import { fileError, isWithoutRoom } from '../fileErrors.js';
import { formatBytes } from '../report/format.js';

/**
 * Words an error of the file system while writing to a folder; anything else comes back as it is.
 *
 * @param neededBytes - what has to fit there
 * @returns `DISK_FULL`, `BAD_USAGE` for a folder that cannot be written, or the value that was thrown
 */
export function diskError(thrown: unknown, folder: string, neededBytes: number): unknown {
  if (isWithoutRoom(thrown)) return diskFull(folder, neededBytes, thrown);
  return fileError(thrown, {
    task: `write to ${folder}`,
    code: 'BAD_USAGE',
    fix:
      'choose another folder: --data for the broker, the environment variable RUBIN_ALERT_SIM_CACHE for ' +
      'downloads',
  });
}

/**
 * The error `DISK_FULL`.
 *
 * @param neededBytes - what has to fit there
 */
export function diskFull(folder: string, neededBytes: number, cause?: unknown): AlertSimError {
  return new AlertSimError(
    'DISK_FULL',
    `the disk of ${folder} is full: ${formatBytes(neededBytes)} are needed there. Make room, or choose ` +
      'another folder: --data for the broker, the environment variable RUBIN_ALERT_SIM_CACHE for downloads',
    cause,
  );
}
