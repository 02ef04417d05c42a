import { durationQuantity, readQuantity } from './quantities.js';

/** An instant that was read, or what is wrong with the text. */
export type InstantReading =
  { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly problem: string };

/** A date, and a time of day if there is one, and its offset from UTC if it is another. */
const isoInstant = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Reads an instant: `2026-11-27T10:00:00Z`, or relative to now: `-2h`, `now`. Without an offset it is UTC.
 *
 * @param nowMs - since 1970
 */
export function readInstant(text: string, nowMs: number): InstantReading {
  const trimmed = text.trim();
  if (trimmed === 'now') return { ok: true, ms: nowMs };
  if (/^[+-]/.test(trimmed)) {
    const duration = readQuantity(durationQuantity, trimmed.slice(1));
    if (!duration.ok) return duration;
    const ms = Math.round(duration.value / 1e6);
    return { ok: true, ms: trimmed.startsWith('-') ? nowMs - ms : nowMs + ms };
  }
  const ms = isoInstant.test(trimmed) ? Date.parse(withOffset(trimmed)) : NaN;
  if (!Number.isNaN(ms)) return { ok: true, ms };
  return { ok: false, problem: 'must be an instant such as 2026-11-27T10:00:00Z, -2h or now' };
}

/** Node takes a date and time without an offset as local time. */
function withOffset(text: string): string {
  const iso = text.replace(' ', 'T').toUpperCase();
  if (!iso.includes('T')) return `${iso}T00:00:00Z`;
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`;
}
