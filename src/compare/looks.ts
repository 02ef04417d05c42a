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
