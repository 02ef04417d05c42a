/** For an option that may be given again: all of its values, in order. */
export function gathered(entry: string, before: readonly string[]): readonly string[] {
  return [...before, entry];
}
