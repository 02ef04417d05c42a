/** Header and data are each padded to whole blocks. */
const fitsBlockBytes = 2880;

const cardBytes = 80;
const valueBytes = 20;

/** A line of a FITS header; a value that is a number with digits of its own is given as text. */
export type FitsCard = readonly [
  keyword: string,
  value: string | number | boolean | { readonly digits: string },
  comment: string,
];

/**
 * A FITS header for one image as ASCII, padded with blanks to a multiple of 2,880 bytes. Source: FITS
 * standard 4.0, sections 4.1 and 4.2.
 *
 * @param cards - in order; keywords of at most 8 characters
 */
export function fitsHeader(cards: readonly FitsCard[]): Buffer {
  const lines = [...cards.map(cardLine), 'END'.padEnd(cardBytes)];
  const text = lines.join('');
  return Buffer.from(text.padEnd(roundUpToBlocks(text.length)), 'latin1');
}

/** The cards that say what an array is. */
export function arrayCards(bitsPerPixel: number, side: number): FitsCard[] {
  return [
    ['BITPIX', bitsPerPixel, 'IEEE floating point'],
    ['NAXIS', 2, 'an image'],
    ['NAXIS1', side, ''],
    ['NAXIS2', side, ''],
  ];
}

/** Offset in bytes of the 20 characters that hold a number's value; -1 where there is no such card. */
export function valueOffset(header: Buffer, keyword: string): number {
  const start = `${keyword.padEnd(8)}= `;
  for (let at = 0; at < header.length; at += cardBytes) {
    if (header.toString('latin1', at, at + start.length) === start) return at + start.length;
  }
  return -1;
}

/** A whole number in the 20 characters, aligned right, that FITS gives to a value in fixed format. */
export function wholeValue(value: number): string {
  return String(value).padStart(valueBytes);
}

/**
 * Any other number in fixed format.
 *
 * @param digits - significant ones, at most 14
 */
export function realValue(value: number, digits: number): string {
  // Zeros after the point would take places from the digits.
  if (value === 0 || Math.abs(value) >= 0.1) return value.toPrecision(digits).padStart(valueBytes);
  const [mantissa = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  const power = exponent.replace(/^([-+])(\d)$/, '$10$2');
  return `${mantissa}E${power}`.padStart(valueBytes);
}

/** Size that data or headers take in a FITS file: the next multiple of 2,880. */
export function roundUpToBlocks(bytes: number): number {
  return Math.ceil(bytes / fitsBlockBytes) * fitsBlockBytes;
}

function cardLine([keyword, value, comment]: FitsCard): string {
  const note = comment === '' ? '' : ` / ${comment}`;
  return `${keyword.padEnd(8)}= ${valueText(value)}${note}`.slice(0, cardBytes).padEnd(cardBytes);
}

function valueText(value: FitsCard[1]): string {
  if (typeof value === 'boolean') return (value ? 'T' : 'F').padStart(valueBytes);
  if (typeof value === 'number') return wholeValue(value);
  if (typeof value === 'object') return value.digits.padStart(valueBytes);
  // The standard requires at least eight characters between the quotes.
  return `'${value.padEnd(8)}'`.padEnd(valueBytes);
}
