/** Linux counts CPU time for programs in hundredths of a second: `getconf CLK_TCK`. */
export const ticksPerSecond = 100;

/**
 * The fields of `/proc/PID/stat` from the third one on, the state; before them is the program's name in
 * brackets, which may hold blanks and brackets.
 */
export function statFields(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
