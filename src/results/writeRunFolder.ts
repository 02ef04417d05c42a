import { appendFile, mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError, fileReason } from '../fileErrors.js';
import { makeFolders } from '../makeFolders.js';
import type { IntervalRecord, Manifest, RunSummary } from './runFolder.js';

/** The folder with everything about a run: complete without Kafka or InfluxDB. */
export interface RunFolder {
  readonly path: string;
  /** The folder's name. */
  readonly id: string;
  /** Writes a whole file as JSON: under another name first, so that an incomplete one is never seen. */
  readonly writeJson: <Name extends keyof JsonFiles>(name: Name, content: JsonFiles[Name]) => void;
  /** Appends to a file, all or nothing: what a full disk took only a part of is cut off again. */
  readonly append: (name: 'intervals.ndjson' | 'latency.hlog', text: string) => void;
  /** Appends a line to `intervals.ndjson`. */
  readonly interval: (record: IntervalRecord) => void;
  /** Waits until all is written. */
  readonly flush: () => Promise<void>;
  /** The first fault of writing, if there was one: the run went on, but the folder is incomplete. */
  readonly fault: () => AlertSimError | undefined;
}

/** The files that are written as a whole. */
export interface JsonFiles {
  readonly 'manifest.json': Manifest;
  readonly 'summary.json': RunSummary;
  /** A comparison has a folder of its own, and its result in it. */
  readonly 'compare.json': unknown;
}

/** The part of the file system that we need; tests use another one. */
export interface FileWrites {
  /** Creates the file when it does not exist. */
  readonly appendFile: (path: string, text: string) => Promise<void>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  readonly truncate: (path: string, bytes: number) => Promise<void>;
  readonly rename: (from: string, to: string) => Promise<void>;
}

/**
 * Creates a run folder: `<start time>-<scenario>[-<variant>]`, with a number after it where that exists
 * already. A fault while writing does not end the run.
 *
 * @param startedAt - when the run starts
 * @throws `BAD_USAGE` when the folder cannot be created
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
  /**
   * One write after the other; after a fault the next ones are still tried, because disk space may be freed.
   */
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
    interval: (record) => {
      enqueue(() => appendWhole('intervals.ndjson', `${JSON.stringify(record)}\n`));
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
