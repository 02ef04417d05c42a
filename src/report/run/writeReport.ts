import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../fileErrors.js';
import { readRunFolder } from '../../results/readRunFolder.js';
import { courseOf } from './course.js';
import { measuredPhases } from './figures.js';
import { runReport } from './runReport.js';

/** Damaged lines are listed up to here; a file of nothing else would fill the page. */
const remarksShown = 8;

/**
 * Writes `report.html` into a run folder, from what the folder holds.
 *
 * @throws `BAD_INPUT_FILE` when it is not a run folder, or a newer version of this program wrote it;
 * `BAD_USAGE` when nothing can be written there
 */
export async function writeReport(folder: string): Promise<string> {
  const record = await readRunFolder(folder);
  const remarks = [...record.remarks];
  const histograms = record.histograms((remark) => remarks.push(remark));
  const course = await courseOf(record.intervals, histograms, measuredPhases(record));
  const more = remarks.length - remarksShown;
  const shown = more > 0 ? [...remarks.slice(0, remarksShown), `and ${more} more of this kind`] : remarks;
  const page = runReport({ record, course }, shown);
  const path = join(record.path, 'report.html');
  const partial = join(record.path, '.report.html.part');
  try {
    await writeFile(partial, page);
    await rename(partial, path);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(() => undefined);
    const fix = 'make the folder writable, or report on a copy of it';
    throw fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', fix });
  }
  return path;
}
