/** What survives JSON. */
type Data = Readonly<Record<string, unknown>>;

/** Several similar objects: the first one whole, of the others what differs from it. */
export interface Variations {
  /** The first one. */
  readonly base: Data;
  /**
   * Of each object, the first too, the properties that differ from the base; null for one that it does not have.
   */
  readonly differences: readonly Data[];
}

/**
 * Writes objects that are almost alike in little space: the tasks of a thousand producers differ in their number
 * and their share of the reservoir, and have all phases in common. {@link spread} reverses it.
 *
 * @param objects - at least one; properties are plain data and never null
 */
export function fold(objects: readonly Data[]): Variations {
  const [base = {}] = objects;
  const texts = new Map(Object.entries(base).map(([key, value]) => [key, JSON.stringify(value)]));
  const differences = objects.map((object) => {
    const own = Object.entries(object).filter(([key, value]) => texts.get(key) !== JSON.stringify(value));
    const missing = Object.keys(base).filter((key) => object[key] === undefined);
    return Object.fromEntries([...own, ...missing.map((key): [string, null] => [key, null])]);
  });
  return { base, differences };
}

/** The objects of {@link fold}, in order. */
export function spread({ base, differences }: Variations): Data[] {
  return differences.map((difference) =>
    Object.fromEntries(
      Object.entries({ ...base, ...difference }).filter(([, value]) => value !== null && value !== undefined),
    ),
  );
}
