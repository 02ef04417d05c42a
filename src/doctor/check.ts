/** What a check found. */
export interface Finding {
  /** `works`; `limited` when something optional is missing; `missing` when a command would fail. */
  readonly state: 'works' | 'limited' | 'missing';
  /** What was found, in a few words. */
  readonly detail: string;
  /** The line that mends it, where there is one. */
  readonly mend?: string;
  /** Mends it, where the program can do that by itself. */
  readonly fix?: () => Promise<void>;
}

/** One thing that the program needs from this machine. */
export interface Check {
  /** What is looked at. */
  readonly name: string;
  /** Looks. Never throws for what a user can cause. */
  readonly run: () => Promise<Finding>;
}

/** A check together with what it found. */
export interface Diagnosis {
  /** What was looked at. */
  readonly name: string;
  /** What was found. */
  readonly finding: Finding;
}

/**
 * Runs checks one after the other; a check that throws counts as missing, with the error as its detail.
 *
 * @param checks - the checks
 * @returns what each found, in the same order
 */
export async function diagnose(checks: readonly Check[]): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = [];
  for (const { name, run } of checks) {
    const finding = await Promise.resolve()
      .then(run)
      .catch((thrown: unknown): Finding => {
        return { state: 'missing', detail: thrown instanceof Error ? thrown.message : String(thrown) };
      });
    diagnoses.push({ name, finding });
  }
  return diagnoses;
}
