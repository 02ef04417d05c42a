import { AlertSimError, messageOf } from '../../errors.js';

const longestName = 120;

/**
 * Where something lies within a file: `night.tar.gz › 2695378462115010012.avro`. An entry's name is used in
 * messages only.
 */
export function placeIn(place: string, entry: string): string {
  // Names of entries are anyone's: no control characters reach the terminal.
  const printable = entry.replaceAll(/\p{C}/gu, '?');
  const short = printable.length > longestName ? `…${printable.slice(1 - longestName)}` : printable;
  return `${place} › ${short}`;
}

/** An error `BAD_INPUT_FILE`: a place, what is wrong there, and how to fix it. */
export function faultAt(
  place: string,
  what: string,
  fix = 'copy or download the file again',
  cause?: unknown,
): AlertSimError {
  return new AlertSimError('BAD_INPUT_FILE', `${place}: ${what}: ${fix}`, cause);
}

/**
 * The error of a file that is something else.
 *
 * @param sentence - what it is, and how to get alerts of it if there is a way
 */
export function notAlerts(place: string, sentence: string): AlertSimError {
  return new AlertSimError('BAD_INPUT_FILE', `${place}: ${sentence}`);
}

/** The error of a library that reads an archive or a compressed file, with the place; our own as it is. */
export function archiveFault(thrown: unknown, place: string, what: string): Error {
  if (thrown instanceof AlertSimError) return thrown;
  return faultAt(place, `${what} (${messageOf(thrown)})`, undefined, thrown);
}
