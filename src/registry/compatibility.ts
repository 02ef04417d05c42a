import { readingFault } from './avroText.js';

export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export type CompatibilityLevel = (typeof compatibilityLevels)[number];

/**
 * What makes a schema incompatible with earlier ones; empty where nothing does.
 *
 * @param earlier - the newest last
 */
export function incompatibilities(
  level: CompatibilityLevel,
  schema: string,
  earlier: readonly string[],
): readonly string[] {
  const compared = level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1);
  return compared.flatMap((other) => {
    const faults: string[] = [];
    if (/BACKWARD|FULL/.test(level)) {
      const fault = readingFault(schema, other);
      if (fault !== undefined) faults.push(`the new schema cannot read the earlier one's records: ${fault}`);
    }
    if (/FORWARD|FULL/.test(level)) {
      const fault = readingFault(other, schema);
      if (fault !== undefined) faults.push(`the earlier schema cannot read the new one's records: ${fault}`);
    }
    return faults;
  });
}
