import { AlertSimError, messageOf } from '../errors.js';

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
  const code = systemCode(thrown);
  if (code === undefined) return thrown;
  const sentences: Record<string, string> = {
    ENOENT: `there is no file ${path}: check its name and the folder you are in`,
    ENOTDIR: `there is no file ${path}: a part of its path is no folder`,
    EISDIR: `${path} is a folder: name an Avro container in it`,
    EACCES: `${path} may not be read by this user: change its permissions`,
    EPERM: `${path} may not be read by this user: change its permissions`,
  };
  return new AlertSimError(
    'BAD_INPUT_FILE',
    sentences[code] ?? `${path} cannot be read (${messageOf(thrown)}): check the disk it lies on`,
    thrown,
  );
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
  const code = systemCode(thrown);
  if (code === undefined) return thrown;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new AlertSimError(
      'DISK_FULL',
      `there is no room for ${path}: the disk was full after ${writtenBytes} bytes, and nothing was kept; ` +
        'make room, or choose another place',
      thrown,
    );
  }
  const sentences: Record<string, string> = {
    ENOENT: `${path} cannot be written: its folder does not exist`,
    ENOTDIR: `${path} cannot be written: a part of its path is no folder`,
    EACCES: `${path} cannot be written: this user may not write in its folder`,
    EPERM: `${path} cannot be written: this user may not write in its folder`,
    EROFS: `${path} cannot be written: its disk is read-only`,
  };
  return new AlertSimError(
    'BAD_USAGE',
    `${sentences[code] ?? `${path} cannot be written (${messageOf(thrown)})`}; choose another place`,
    thrown,
  );
}

/** The code that the operating system gave, such as `ENOENT`; undefined for any other error. */
function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
