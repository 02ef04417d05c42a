import { AlertSimError } from '../errors.js';
import { fileError, isWithoutRoom } from '../fileErrors.js';
import { formatBytes } from '../outputs/units.js';

/**
 * Makes a sentence of an error that the file system raised.
 *
 * @param thrown - what was thrown; anything but a system error comes back as it is
 * @param folder - the folder that was written to
 * @param neededBytes - how much has to fit there, in bytes
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
 * The error of a disk without room.
 *
 * @param folder - the folder that was written to
 * @param neededBytes - how much has to fit there, in bytes
 * @param cause - the error underneath, if there is one
 * @returns an error with code `DISK_FULL`
 */
export function diskFull(folder: string, neededBytes: number, cause?: unknown): AlertSimError {
  return new AlertSimError(
    'DISK_FULL',
    `the disk of ${folder} is full: ${formatBytes(neededBytes)} are needed there. Make room, or choose ` +
      'another folder: --data for the broker, the environment variable RUBIN_ALERT_SIM_CACHE for downloads',
    cause,
  );
}
