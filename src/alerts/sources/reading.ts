import type { OnInvalid } from '../alertScanner.js';
import { parseFieldPath, parseTimeField, type NamedFields } from '../alertSchema.js';
import { schemaFromFile } from '../describeValue.js';
import type { KnownSchema } from '../rubinSchemas.js';
import type { Framing } from '../surveys.js';
import type { ReadOptions } from './alertReader.js';

/** How files of alerts are read, as a user asks for it. */
export interface ReadingPlan {
  /** A file with the schema of records that don't bring theirs. */
  readonly schema?: string | undefined;
  /** `candidate.jd:jd` */
  readonly timeField?: string | undefined;
  /** `candidate.candid` */
  readonly idField?: string | undefined;
  /** Undefined: as the survey's own stream has it. */
  readonly framing?: Framing | undefined;
  /** Whether alerts stay in the order of their files, whatever their times. */
  readonly keepOrder?: boolean | undefined;
  /** Whether damaged alerts, and those without a usable time, are left out. */
  readonly skipInvalid?: boolean | undefined;
}

/**
 * The fields that a user names.
 *
 * @throws `BAD_USAGE`
 */
export function namedFields({ timeField, idField }: ReadingPlan): NamedFields {
  return {
    ...(timeField !== undefined && { time: parseTimeField(timeField, '--time-field') }),
    ...(idField !== undefined && { id: parseFieldPath(idField, '--id-field') }),
  };
}

async function namedSchema({ schema }: ReadingPlan): Promise<KnownSchema | undefined> {
  return schema === undefined ? undefined : schemaFromFile(schema);
}

/**
 * Options for a reader.
 *
 * @param onInvalid - gets what is left out, where that is asked for
 * @throws `BAD_USAGE`, `BAD_INPUT_FILE` for a schema
 */
export async function readOptionsOf(
  reading: ReadingPlan,
  onInvalid: OnInvalid = () => undefined,
): Promise<ReadOptions> {
  return {
    schema: await namedSchema(reading),
    fields: namedFields(reading),
    ...(reading.skipInvalid === true && { onInvalid }),
  };
}

/** Whether all is read as it is by itself, the order apart. */
export function isPlainReading(reading: ReadingPlan): boolean {
  return Object.entries(reading).every(
    ([key, value]) => key === 'keepOrder' || value === undefined || value === false,
  );
}
