import { AlertSimError, type ErrorCode } from './errors.js';

export interface FileTask {
  /** With the path: `read the scenario night.yaml`. */
  readonly task: string;
  /** The code where the path, its kind or its permissions are wrong; a full disk is `DISK_FULL`. */
  readonly code: ErrorCode;
  /** What a missing path means; by default `no such file or folder`. */
  readonly missing?: string | undefined;
  /** How to fix it, as half a sentence: `choose another folder with --out`. */
  readonly fix?: string | undefined;
}

/**
 * Makes one sentence of an error of the file system: the only place that words such errors. Anything else
 * comes back as it is.
 */
export function fileError(thrown: unknown, { task, code, missing, fix }: FileTask): unknown {
  const found = fileReason(thrown);
  const reason = systemCode(thrown) === 'ENOENT' ? (missing ?? found) : found;
  if (reason === undefined) return thrown;
  const sentence = `cannot ${task}: ${reason}${fix === undefined ? '' : `; ${fix}`}`;
  return new AlertSimError(isWithoutRoom(thrown) ? 'DISK_FULL' : code, sentence, thrown);
}

/** Why the file system failed, as half a sentence: `permission denied`; undefined for any other error. */
export function fileReason(thrown: unknown): string | undefined {
  const code = systemCode(thrown);
  if (code === undefined || !(thrown instanceof Error)) return undefined;
  // Node writes `EXDEV: cross-device link not permitted, rename 'a' -> 'b'`: the paths are in our sentence
  // already.
  return reasons[code] ?? thrown.message.replace(/^(\w+): (.*?), \w+\b.*$/s, '$2 ($1)');
}

/** Whether a disk, a quota or a limit on the size of files left no space. */
export function isWithoutRoom(thrown: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(thrown) ?? '');
}

/** Whether nothing can be written in a place, whatever is tried: it is full or read-only, or not ours. */
export function isUnwritable(thrown: unknown): boolean {
  return isWithoutRoom(thrown) || ['EROFS', 'EACCES', 'EPERM'].includes(systemCode(thrown) ?? '');
}

/**
 * Makes a sentence, with the path that the system names, of a file error that nothing closer to it has
 * worded; anything else comes back as it is.
 */
export function anyFileError(thrown: unknown): unknown {
  if (systemCode(thrown) === undefined) return thrown;
  const { path, syscall } = thrown as { readonly path?: unknown; readonly syscall: string };
  const verb = readingCalls.has(syscall) ? 'read' : 'write';
  return fileError(thrown, {
    task: typeof path === 'string' ? `${verb} ${path}` : `${verb} a file`,
    code: verb === 'read' ? 'BAD_INPUT_FILE' : 'BAD_USAGE',
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file of that name is in the way',
  ENOTEMPTY: 'the folder is not empty',
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'a file would be larger than the system permits (see ulimit -f)',
  EMFILE: 'too many files are open (see ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  EBUSY: 'it is in use',
  ENXIO: 'it is not an ordinary file',
  EIO: 'the disk reports an error',
};

const readingCalls: ReadonlySet<string> = new Set([
  ...['open', 'read', 'stat', 'lstat', 'fstat', 'statfs', 'access', 'scandir', 'opendir', 'readlink'],
  'realpath',
]);
const fileCalls: ReadonlySet<string> = new Set([
  ...readingCalls,
  ...['write', 'writev', 'mkdir', 'mkdtemp', 'rmdir', 'rename', 'unlink', 'rm', 'link', 'symlink'],
  ...['ftruncate', 'fsync', 'fdatasync', 'copyfile', 'chmod', 'utime', 'close'],
]);

/** The code of the operating system for a file, such as `ENOENT`; undefined for any other error. */
function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined;
  const { syscall, code } = thrown;
  // A pipe or a socket whose other end is closed is not a file error.
  if (typeof syscall !== 'string' || !fileCalls.has(syscall) || code === 'EPIPE') return undefined;
  return typeof code === 'string' ? code : undefined;
}
