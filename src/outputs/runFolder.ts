import { appendFile, mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError, fileReason } from '../fileErrors.js';
import { makeFolders } from '../makeFolders.js';

/** The folder that holds everything about a run: complete without Kafka or InfluxDB. */
export interface RunFolder {
  /** Where it is. */
  readonly path: string;
  /** The run's id: the folder's name. */
  readonly id: string;
  /** Writes a whole file as JSON: under another name first, so that no half-written one is ever seen. */
  readonly writeJson: (name: string, content: unknown) => void;
  /** Appends to a file, all or nothing: what a full disk took only a part of is cut off again. */
  readonly append: (name: string, text: string) => void;
  /** Waits until all is written. */
  readonly flush: () => Promise<void>;
  /** The first fault of writing, if there was one: the run went on, but the folder is not complete. */
  readonly fault: () => AlertSimError | undefined;
}

/** What is needed of the file system; another one is given in tests. */
export interface FileWrites {
  /** Appends text to a file, and makes it when it is not there. */
  readonly appendFile: (path: string, text: string) => Promise<void>;
  /** Writes a whole file. */
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** Cuts a file off at a length in bytes. */
  readonly truncate: (path: string, bytes: number) => Promise<void>;
  /** Gives a file another name. */
  readonly rename: (from: string, to: string) => Promise<void>;
}

/**
 * Makes a run folder: `<start time>-<scenario>[-<variant>]`, with a number behind it where that exists already.
 *
 * @param parent - the folder of all runs
 * @param startedAt - when the run starts
 * @param scenario - the scenario's name
 * @param variant - the variant's name, where there is one
 * @param writes - the file system
 * @returns the folder; a fault while writing does not end the run
 * @throws `BAD_USAGE` when the folder cannot be made
 */
export async function createRunFolder(
  parent: string,
  startedAt: Date,
  scenario: string,
  variant: string | undefined,
  writes: FileWrites = { appendFile, writeFile, truncate, rename },
): Promise<RunFolder> {
  const time = startedAt.toISOString().slice(0, 19).replace(/:/g, '').replace('T', '-');
  const name = [time, scenario, ...(variant === undefined ? [] : [variant])].join('-');
  const id = await makeFolder(parent, name);
  const path = join(parent, id);
  let fault: AlertSimError | undefined;
  let queue = Promise.resolve();
  /** One write after the other; after a fault the next ones are still tried, since a disk may be freed. */
  const enqueue = (write: () => Promise<void>): void => {
    queue = queue.then(write).catch((thrown: unknown) => {
      fault ??= new AlertSimError(
        'DISK_FULL',
        `the run folder ${path} is not complete: ${fileReason(thrown) ?? messageOf(thrown)}. Free some disk, or choose another folder with --out`,
        thrown,
      );
    });
  };
  /** The length of each file that is appended to, bytes. */
  const lengths = new Map<string, number>();
  const appendWhole = async (file: string, text: string): Promise<void> => {
    const target = join(path, file);
    const before = lengths.get(file) ?? 0;
    try {
      await writes.appendFile(target, text);
    } catch (thrown) {
      // Half a line would spoil the next one, too. Where nothing was written there may be no file to cut.
      await writes.truncate(target, before).catch(() => undefined);
      throw thrown;
    }
    lengths.set(file, before + Buffer.byteLength(text));
  };
  return {
    path,
    id,
    writeJson: (file, content) => {
      const text = `${JSON.stringify(content, null, 2)}\n`;
      enqueue(async () => {
        await writes.writeFile(join(path, `.${file}.part`), text);
        await writes.rename(join(path, `.${file}.part`), join(path, file));
      });
    },
    append: (file, text) => {
      enqueue(() => appendWhole(file, text));
    },
    flush: () => queue,
    fault: () => fault,
  };
}

async function makeFolder(parent: string, name: string): Promise<string> {
  try {
    await makeFolders(parent);
    for (let copy = 1; ; copy += 1) {
      const id = copy === 1 ? name : `${name}-${copy}`;
      try {
        await mkdir(join(parent, id));
        return id;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
      }
    }
  } catch (thrown) {
    const task = `make a run folder in ${parent}`;
    throw fileError(thrown, { task, code: 'BAD_USAGE', fix: 'name another folder with --out' });
  }
}
