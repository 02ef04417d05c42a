/** A piece of a text that is too long for one message. */
export interface Piece {
  /** The number of the text, ascending for each sender. */
  readonly text: number;
  /** From 0. */
  readonly index: number;
  /** Number of pieces. */
  readonly of: number;
  /** Its part of the text. */
  readonly part: string;
}

/**
 * Cuts a text into pieces that fit into messages, at least one.
 *
 * @param most - maximum number of UTF-16 units in a piece, above 0
 */
export function cut(number: number, text: string, most: number): Piece[] {
  const of = Math.max(1, Math.ceil(text.length / most));
  return Array.from({ length: of }, (_, index) => ({
    text: number,
    index,
    of,
    part: text.slice(index * most, (index + 1) * most),
  }));
}

/** Joins the pieces of each sender. They come in order; a text whose beginning was missed is left out. */
export class Joiner {
  readonly #open = new Map<string, { text: number; parts: string[] }>();

  /** Takes a piece; returns the whole text with its last piece, else undefined. */
  take(sender: string, { text, index, of, part }: Piece): string | undefined {
    if (index === 0) this.#open.set(sender, { text, parts: [] });
    const open = this.#open.get(sender);
    if (open?.text !== text || open.parts.length !== index) return undefined;
    open.parts.push(part);
    if (open.parts.length < of) return undefined;
    this.#open.delete(sender);
    return open.parts.join('');
  }
}
