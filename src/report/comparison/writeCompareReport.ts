import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompareResult } from '../../compare/result.js';
import { fileError } from '../../fileErrors.js';
import { readRunFolder } from '../../results/readRunFolder.js';
import { courseOf, type Course } from '../run/course.js';
import { measuredPhases } from '../run/figures.js';
import { compareReport } from './compareReport.js';
import type { VariantCourse } from './overlaySection.js';

/** Fewer than the report of one run has, because several are overlaid. */
const limits = { groups: 240, columns: 1 };

/**
 * Writes `compare.html` into the folder of a comparison, from the folders of its runs.
 *
 * @throws `BAD_INPUT_FILE` when a run's folder is missing; `BAD_USAGE` when nothing can be written there
 */
export async function writeCompareReport(folder: string, result: CompareResult): Promise<string> {
  const variants: VariantCourse[] = [];
  const counted = result.runs.filter((run) => run.counted && !run.control);
  for (const variant of new Set(counted.map((run) => run.variant))) {
    const courses: Course[] = [];
    for (const run of counted.filter((one) => one.variant === variant)) {
      const record = await readRunFolder(run.folder);
      courses.push(await courseOf(record.intervals, record.histograms(), measuredPhases(record), limits));
    }
    variants.push({ variant, courses });
  }
  const page = compareReport(result, variants);
  const path = join(folder, 'compare.html');
  const partial = join(folder, '.compare.html.part');
  try {
    await writeFile(partial, page);
    await rename(partial, path);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(() => undefined);
    const fix = 'make the folder writable';
    throw fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', fix });
  }
  return path;
}
