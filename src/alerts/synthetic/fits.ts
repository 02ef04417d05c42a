/** Header and data are each padded to whole blocks. */
export const fitsBlockBytes = 2880;

const cardBytes = 80;

/** A line of a FITS header. */
export type FitsCard = readonly [keyword: string, value: string | number | boolean, comment: string];

/**
 * A FITS header for one image as ASCII, padded with blanks to a multiple of 2,880 bytes. Source: FITS
 * standard 4.0, sections 4.1 and 4.2.
 *
 * @param cards - in order; keywords of at most 8 characters, numbers given as text are kept as they are
 */
export function fitsHeader(cards: readonly FitsCard[]): Buffer {
  const lines = [...cards.map(cardLine), 'END'.padEnd(cardBytes)];
  const text = lines.join('');
  return Buffer.from(text.padEnd(roundUpToBlocks(text.length)), 'latin1');
}

/** Offset in bytes of the 20 characters that hold a number's value; -1 where there is no such card. */
export function valueOffset(header: Buffer, keyword: string): number {
  const start = `${keyword.padEnd(8)}= `;
  for (let at = 0; at < header.length; at += cardBytes) {
    if (header.toString('latin1', at, at + start.length) === start) return at + start.length;
  }
  return -1;
}

/**
 * A number in the 20 characters, aligned right, that FITS gives to a value in fixed format.
 *
 * @param digits - after the point; 0 for a whole number
 */
export function fixedValue(value: number, digits: number): string {
  return value.toFixed(digits).padStart(20);
}

/** Size that data or headers take in a FITS file: the next multiple of 2,880. */
export function roundUpToBlocks(bytes: number): number {
  return Math.ceil(bytes / fitsBlockBytes) * fitsBlockBytes;
}

function cardLine([keyword, value, comment]: FitsCard): string {
  return `${keyword.padEnd(8)}= ${valueText(value)} / ${comment}`.slice(0, cardBytes).padEnd(cardBytes);
}

function valueText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return (value ? 'T' : 'F').padStart(20);
  if (typeof value === 'number') return String(value).toUpperCase().padStart(20);
  // The standard requires at least eight characters between the quotes.
  return `'${value.padEnd(8)}'`.padEnd(20);
}
