/** Where in the scenario something stands. */
export interface Place {
  /** The scenario's file name, or the `--set path=value` that brought it. */
  readonly file: string;
  /** The line, counted from 1; undefined for `--set`. */
  readonly line: number | undefined;
  /** The column, counted from 1; undefined for `--set`. */
  readonly column: number | undefined;
}

/** Something that is wrong with a scenario, and where. */
export interface Fault extends Place {
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** The way out, where there is a likely one: `did you mean "warmup"?`. */
  readonly hint?: string | undefined;
}

/**
 * Prints faults as compilers do, so that editors and terminals can jump to them.
 *
 * @param faults - the faults, in the order in which they are printed
 * @returns a line a fault: `scenario.yaml:12:5: message; hint`
 */
export function formatFaults(faults: readonly Fault[]): string {
  return faults
    .map((fault) => {
      const hint = fault.hint === undefined ? '' : `; ${fault.hint}`;
      return `${placeText(fault)}: ${fault.message}${hint}`;
    })
    .join('\n');
}

/**
 * Puts faults in the order of the file, those of `--set` last, and drops those that say the same twice.
 *
 * @param faults - the faults, in any order
 * @returns a new list
 */
export function sortFaults(faults: readonly Fault[]): Fault[] {
  const unique = new Map(faults.map((fault) => [`${placeText(fault)} ${fault.message}`, fault]));
  return [...unique.values()].sort(
    (a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0,
  );
}

function placeText({ file, line, column }: Place): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`;
}
