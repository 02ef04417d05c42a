import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** How much of a program's output is kept at its beginning and at its end. */
const keptBytes = 1_000_000;

/**
 * A file with what a program has printed: all of it, or its first and its last megabyte. What is written in
 * between is kept in memory, and reaches the file with {@link BoundedLog.settle}. A file that cannot be written
 * changes nothing else.
 */
export class BoundedLog {
  readonly path: string;
  readonly #kept: number;
  #file: number | undefined;
  #headBytes = 0;
  /** Of everything that was appended. */
  #bytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;

  /** @param kept - bytes of each end */
  constructor(path: string, kept = keptBytes) {
    this.path = path;
    this.#kept = kept;
    try {
      this.#file = openSync(path, 'w');
    } catch {
      this.#file = undefined;
    }
  }

  append(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const head = chunk.subarray(0, this.#kept - this.#headBytes);
    if (head.length > 0) {
      this.#write(head, this.#headBytes);
      this.#headBytes += head.length;
    }
    const rest = chunk.subarray(head.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    // Twice as much, so that it is cut seldom.
    if (this.#tailBytes > 2 * this.#kept) this.#cutTail();
  }

  /** Writes the end of the output after its beginning, and what was left out between them. */
  settle(): void {
    if (this.#tailBytes === 0) return;
    this.#cutTail();
    const left = this.#bytes - this.#headBytes - this.#tailBytes;
    const note = left === 0 ? '' : `\n[rubin-alert-sim left out ${left} bytes here]\n`;
    const end = Buffer.concat([Buffer.from(note), ...this.#tail]);
    this.#write(end, this.#headBytes);
    try {
      if (this.#file !== undefined) ftruncateSync(this.#file, this.#headBytes + end.length);
    } catch {
      // As for every other fault of writing.
    }
  }

  /** Nothing is appended any more. */
  close(): void {
    this.settle();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #cutTail(): void {
    const tail = Buffer.concat(this.#tail);
    const kept = tail.subarray(Math.max(0, tail.length - this.#kept));
    this.#tail = [Buffer.from(kept)];
    this.#tailBytes = kept.length;
  }

  #write(bytes: Buffer, position: number): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, bytes, 0, bytes.length, position);
    } catch {
      // A full disk: the run's own files report it.
    }
  }
}

/** The last lines of an output, without empty ones at its end; each cut to a readable length. */
export class LastLines {
  readonly #most: number;
  #text = '';

  constructor(most: number) {
    this.#most = most;
  }

  append(chunk: Buffer): void {
    // A line is shown with at most longestLine characters: more than that of each is never needed.
    const enough = this.#most * 4 * longestLine;
    this.#text = (this.#text + chunk.subarray(-enough).toString('utf8')).slice(-enough);
  }

  get lines(): readonly string[] {
    return this.#text
      .split(/\r?\n|\r/)
      .map((line) => line.replace(controlCharacters, '').trimEnd())
      .filter((line) => line !== '')
      .slice(-this.#most)
      .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  }
}

const longestLine = 300;

/** Colours and cursor movements, and other control characters except the tab. */
// eslint-disable-next-line no-control-regex
const controlCharacters = /\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g;
