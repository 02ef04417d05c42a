import { seededRandom } from '../schedule/random.js';

export type OrderKind = 'balanced' | 'random';

export interface Slot {
  readonly variant: string;
  /** From 0: the runs of one block are compared with each other. */
  readonly block: number;
  /** From 0. */
  readonly position: number;
  /** The first variant once more at the end, which shows drift and is not a repeat. */
  readonly control: boolean;
}

/**
 * The order in which an experiment runs its variants: in blocks that have each of them once, the control at
 * the end.
 *
 * @remarks Balanced order reverses every other block (A B B A A B B A), so that a steady change, such as a
 * disk that fills, adds nothing to a difference over each two blocks.
 * @param variants - the one that others are compared with first
 * @param repeats - number of blocks
 * @param kind - every other block reversed, or each block shuffled
 */
export function runOrder(
  variants: readonly string[],
  repeats: number,
  kind: OrderKind,
  seed: number,
): Slot[] {
  const random = seededRandom(seed);
  const slots: Slot[] = [];
  for (let block = 0; block < repeats; block += 1) {
    const order =
      kind === 'random' ? shuffled(variants, random) : block % 2 === 0 ? variants : [...variants].reverse();
    for (const variant of order) slots.push({ variant, block, position: slots.length, control: false });
  }
  const [first] = variants;
  if (first !== undefined) {
    slots.push({ variant: first, block: repeats, position: slots.length, control: true });
  }
  return slots;
}

/** The shuffle of Fisher and Yates (1938). */
function shuffled(names: readonly string[], random: () => number): string[] {
  const left = [...names];
  const order: string[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
