import { Option, type Command } from 'commander';
import { namedFields, type ReadingPlan } from '../alerts/sources/reading.js';
import { framings, timeUnits, type Framing } from '../alerts/surveys.js';

/** Options of commands that look into files of alerts. */
export interface FieldValues {
  readonly schema?: string;
  readonly timeField?: string;
  readonly idField?: string;
  readonly skipInvalid?: boolean;
}

/** Options of commands that send alerts from files. */
export interface ReadingValues extends FieldValues {
  readonly framing?: Framing;
  readonly keepOrder?: boolean;
}

/** Adds the options of a command that sends alerts. */
export function addReadingOptions(command: Command): Command {
  return addFieldOptions(command)
    .addOption(
      new Option(
        '--framing <framing>',
        "what a message holds (default: as in the survey's own stream)",
      ).choices(framings),
    )
    .option('--keep-order', 'keep the order of the files instead of sorting by time');
}

/** Adds the options of a command that looks into alerts. */
export function addFieldOptions(command: Command): Command {
  return command
    .option('--schema <file>', "schema of records that don't bring theirs: .avsc, or a container")
    .option(
      '--time-field <path>',
      `where the time is, and its unit (${timeUnits.join(', ')}): candidate.jd:jd`,
    )
    .option('--id-field <path>', 'where the id is: candidate.candid')
    .option('--skip-invalid', 'leave out damaged alerts, and those without a usable time');
}

/**
 * How files are to be read.
 *
 * @throws `BAD_USAGE` for a field that is not the path of one
 */
export function readingOf(values: ReadingValues): ReadingPlan {
  const { schema, timeField, idField, framing, keepOrder, skipInvalid } = values;
  const reading = { schema, timeField, idField, framing, keepOrder, skipInvalid };
  namedFields(reading);
  return reading;
}
