import { AlertSimError } from '../errors.js';
import { fileError, isWithoutRoom } from '../fileErrors.js';

/** The fix for a damaged container. */
const getAgain = 'copy or download the file again';

/**
 * An error `BAD_INPUT_FILE` about a container's bytes.
 *
 * @param offsetBytes - position of the fault, bytes from the file's start
 * @param fault - what is wrong there, as half a sentence: `the block's sync marker is not the file's`
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

/** Two containers in one file, one after the other: only a reader of streams goes on with the second. */
export class JoinedContainers extends AlertSimError {
  /** @param offsetBytes - where the second one begins */
  constructor(path: string, offsetBytes: number) {
    super(
      'BAD_INPUT_FILE',
      `${path}: at byte ${offsetBytes} a second container begins, as cat joins them: ` +
        'make one container of both with: rubin-alert-sim container combine',
    );
  }
}

/**
 * Words an error of the file system while reading a container as `BAD_INPUT_FILE`; anything else comes back
 * as it is.
 */
export function readError(thrown: unknown, path: string): unknown {
  const fix = 'name a file of alerts';
  return fileError(thrown, { task: `read ${path}`, code: 'BAD_INPUT_FILE', fix });
}

/**
 * Words an error of the file system while writing a container; anything else comes back as it is.
 *
 * @returns `DISK_FULL`, `BAD_USAGE` for a place that cannot be written, or the value that was thrown
 */
export function writeError(thrown: unknown, path: string, writtenBytes: number): unknown {
  const fix = isWithoutRoom(thrown)
    ? `${writtenBytes} bytes were written, and nothing was kept: make room, or choose another place`
    : 'choose another place';
  const missing = 'its folder does not exist';
  return fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', missing, fix });
}
