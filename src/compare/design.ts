import { purposes, seededRandom } from '../random.js';

/** A look at the results of an unfinished experiment. */
export interface Look {
  readonly repeats: number;
  /** How often this look may find a difference that doesn't exist. */
  readonly alpha: number;
}

const firstLook = 4;

/**
 * When an experiment that may stop early looks at its results, and how sure each look has to be; the last
 * look is after all repeats.
 *
 * The looks share the error rate: the last one gets half of it, those before it the other half in equal
 * parts. The sum over all looks is `alpha`, so that an experiment that stops at the first clear answer errs
 * no more often than one that looks once, whatever the distribution (Bonferroni's inequality). Looks come
 * after an even number of repeats, where the balanced order is complete.
 *
 * @param alpha - how often the experiment may find a difference that doesn't exist
 */
export function looksOf(repeats: number, alpha: number, stopEarly: boolean): Look[] {
  const early: number[] = [];
  if (stopEarly) for (let at = firstLook; at < repeats; at += 2) early.push(at);
  if (early.length === 0) return [{ repeats, alpha }];
  return [
    ...early.map((at) => ({ repeats: at, alpha: alpha / 2 / early.length })),
    { repeats, alpha: alpha / 2 },
  ];
}

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
  const random = seededRandom(seed, purposes.runOrder);
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
