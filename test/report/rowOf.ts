/** The cells of the row of a printed table that begins with a name. */
export function rowOf(text: string, name: string): string[] {
  const line = text.split('\n').find((one) => one.includes(`│ ${name} `)) ?? '';
  return line
    .split('│')
    .map((cell) => cell.trim())
    .slice(1, -1);
}
