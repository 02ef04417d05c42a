import { AlertSimError } from '../errors.js';
import { fileError, isWithoutRoom } from '../fileErrors.js';

/** The way out of a container that is damaged. */
const getAgain = 'copy or download the file again';

/**
 * The error of a container whose bytes are at fault.
 *
 * @param path - the container
 * @param offsetBytes - where in the file the fault lies, in bytes from its start
 * @param fault - what is wrong there, as half a sentence: `the block's sync marker is not the file's`
 * @param wayOut - what to do about it
 * @param cause - the error underneath, if there is one
 * @returns an error with code `BAD_INPUT_FILE`
 */
export function containerFault(
  path: string,
  offsetBytes: number,
  fault: string,
  wayOut: string = getAgain,
  cause?: unknown,
): AlertSimError {
  return new AlertSimError('BAD_INPUT_FILE', `${path}: at byte ${offsetBytes} ${fault}: ${wayOut}`, cause);
}

/**
 * Makes a sentence of an error that the file system raised while a container was read.
 *
 * @param thrown - what was thrown; anything but a system error comes back as it is
 * @param path - the container
 * @returns `BAD_INPUT_FILE`, or the value that was thrown
 */
export function readError(thrown: unknown, path: string): unknown {
  const fix = 'name an Avro container of alerts';
  return fileError(thrown, { task: `read ${path}`, code: 'BAD_INPUT_FILE', fix });
}

/**
 * Makes a sentence of an error that the file system raised while a container was written.
 *
 * @param thrown - what was thrown; anything but a system error comes back as it is
 * @param path - the container that was to be made
 * @param writtenBytes - how much of it was written until then
 * @returns `DISK_FULL`, `BAD_USAGE` for a place that cannot be written, or the value that was thrown
 */
export function writeError(thrown: unknown, path: string, writtenBytes: number): unknown {
  const fix = isWithoutRoom(thrown)
    ? `${writtenBytes} bytes were written, and nothing was kept: make room, or choose another place`
    : 'choose another place';
  const missing = 'its folder does not exist';
  return fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', missing, fix });
}
