import { seededRandom } from '../schedule/random.js';

/** How the repeats of variants follow each other. */
export type OrderKind = 'balanced' | 'random';

/** One run of an experiment. */
export interface Slot {
  /** The variant's name. */
  readonly variant: string;
  /** Which repeat it is, from 0: the runs of one block are compared with each other. */
  readonly block: number;
  /** Which run of the experiment it is, from 0. */
  readonly position: number;
  /** True for the first variant once more at the end, which shows drift and is no repeat. */
  readonly control: boolean;
}

/**
 * The order in which an experiment runs its variants: in blocks that have each of them once.
 *
 * @remarks Balanced order turns every other block round (A B B A A B B A), so that what changes steadily, such as a
 * disk that fills, adds nothing to a difference over each two blocks.
 *
 * @param variants - their names, the one that others are compared with first
 * @param repeats - how many blocks
 * @param kind - every other block turned round, or each block shuffled
 * @param seed - of the shuffling
 * @returns the runs, the control at the end
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
