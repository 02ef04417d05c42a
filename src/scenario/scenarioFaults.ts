/** A position in a scenario. */
export interface Place {
  /** The scenario's file name, or the `--set path=value` that it came from. */
  readonly file: string;
  /** From 1; undefined for `--set`. */
  readonly line: number | undefined;
  /** From 1; undefined for `--set`. */
  readonly column: number | undefined;
}

/** Something wrong with a scenario, and where. */
export interface Fault extends Place {
  /** One sentence without a full stop. */
  readonly message: string;
  /** The fix, where there is a likely one: `did you mean "warmup"?`. */
  readonly hint?: string | undefined;
}

/**
 * Prints faults as compilers do, so that editors and terminals can jump to them, one per line:
 * `scenario.yaml:12:5: message; hint`.
 */
export function formatFaults(faults: readonly Fault[]): string {
  return faults
    .map((fault) => {
      const hint = fault.hint === undefined ? '' : `; ${fault.hint}`;
      return `${placeText(fault)}: ${fault.message}${hint}`;
    })
    .join('\n');
}

/** Puts faults in the order of the file, those of `--set` last, and drops duplicates. */
export function sortFaults(faults: readonly Fault[]): Fault[] {
  const unique = new Map(faults.map((fault) => [`${placeText(fault)} ${fault.message}`, fault]));
  return [...unique.values()].sort(
    (a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0,
  );
}

function placeText({ file, line, column }: Place): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`;
}
