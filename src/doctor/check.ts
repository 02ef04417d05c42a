export interface Finding {
  /** `works`; `limited` when something optional is missing; `missing` when a command would fail. */
  readonly state: 'works' | 'limited' | 'missing';
  /** In a few words. */
  readonly detail: string;
  /** The command that fixes it, where there is one. */
  readonly mend?: string;
  /** Fixes it, where the program can do that by itself. */
  readonly fix?: () => Promise<void>;
}

/** Something that the program needs from this machine. */
export interface Check {
  /** What is checked. */
  readonly name: string;
  /** Never throws for what a user can cause. */
  readonly run: () => Promise<Finding>;
}

export interface Diagnosis {
  /** What was checked. */
  readonly name: string;
  readonly finding: Finding;
}

/** Runs checks one after the other; a check that throws counts as missing, with the error as its detail. */
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
