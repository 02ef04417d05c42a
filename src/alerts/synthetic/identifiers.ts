/** The kind of a 64-bit identifier is kept in bits 57 to 59, so that no two kinds share a number. */
export const idKinds = { source: 0, forcedSource: 1, object: 2, solarSystemObject: 4 } as const;

/** A 64-bit identifier as two 32-bit words: numbers of JavaScript hold 53 bits only, and BigInt is slow. */
export interface IdWords {
  high: number;
  /** Signed. */
  low: number;
}

export interface IdParts {
  /** Whole days of the Modified Julian Date of the night, 0 to 65535. */
  readonly night: number;
  /** Number of the visit in its night or run, 0 to 65535. */
  readonly sequence: number;
  /** 0 to 255. */
  readonly detector: number;
  /** Number of the source within the detector's image, 0 to 65535. */
  readonly index: number;
}

/**
 * Packs an identifier: bits 40 to 55 the night, 24 to 39 the visit, 16 to 23 the detector, 0 to 15 the index.
 * Nights of this century make it larger than 2^53, as Rubin's own are. Different parts or kinds give
 * different words.
 */
export function packId(parts: IdParts, kind: number): IdWords {
  return {
    high: (kind << 25) | (parts.night << 8) | (parts.sequence >>> 8),
    low: ((parts.sequence & 0xff) << 24) | (parts.detector << 16) | parts.index,
  };
}

/**
 * The number of a visit as Rubin writes it: the date of the evening in Chile, then five digits
 * (2026042000001).
 *
 * @param mjd - Modified Julian Date in days
 * @param sequence - 0 to 99999
 */
export function visitNumber(mjd: number, sequence: number): number {
  // The date changes at noon UTC, so that a night has one date.
  return civilDate(Math.floor(mjd - 0.5)) * 100_000 + sequence;
}

/**
 * The calendar date of a day as YYYYMMDD; 0 gives 18581117.
 *
 * @param mjdDay - whole Modified Julian Date, 0 or more
 */
export function civilDate(mjdDay: number): number {
  // Days are counted from 1 March of year 0, which puts the leap day at the end of the year.
  const day = mjdDay + 678_881;
  const era = Math.floor(day / 146_097);
  const dayOfEra = day - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  return year * 10_000 + month * 100 + dayOfMonth;
}
