/** Kinds of 64-bit identifiers, kept in bits 30 and 31, so that no two kinds share a number. */
export const idKinds = { source: 0, forcedSource: 1, solarSystemObject: 2 } as const;

/** A 64-bit identifier as two 32-bit words: numbers of JavaScript hold 53 bits only, and BigInt is slow. */
export interface IdWords {
  high: number;
  /** Signed. */
  low: number;
}

/** Visits of a night that have an identifier of their own; the second half is for visits before the start. */
export const visitsPerNight = 1 << 16;
/** Seeds up to here give identifiers that differ from each other's at the same time. */
const distinctSeeds = 1 << 10;

const firstNight = 50_000;

/**
 * The upper word of all identifiers that a visit gives: its night and its number in the night. Different
 * visits have different words.
 *
 * @param night - day of the evening, whole Modified Julian Date, 50,000 to 66,383
 * @param sequence - number of the visit in its night; beyond {@link visitsPerNight} it uses up the numbers of
 * the nights that follow
 */
export function visitWord(night: number, sequence: number): number {
  return (night - firstNight) * visitsPerNight + sequence;
}

/**
 * An identifier: bits 32 to 61 the visit, 30 and 31 the kind, 20 to 29 the seed's tag, 0 to 19 the number of
 * the alert in its visit. It is larger than 2^53 in each night of this century, as Rubin's own are, and
 * below 2^62, which leaves room for other passes of a replay.
 *
 * @param word - of {@link visitWord}
 * @param serial - number of the alert in its visit, below 2^20
 */
export function packId(word: number, kind: number, seedTag: number, serial: number): IdWords {
  return { high: word, low: (kind << 30) | (seedTag << 20) | serial };
}

/** Ten bits of a seed: those of seeds below {@link distinctSeeds} differ, of others mostly. */
export function seedTag(seed: number): number {
  return (seed ^ (seed >>> 10) ^ (seed >>> 20) ^ (seed >>> 30)) & (distinctSeeds - 1);
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
