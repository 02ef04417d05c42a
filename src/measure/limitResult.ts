import type { FoundRate } from './expectations.js';
import type { SearchResult, SearchSummary } from './searchSummary.js';
import type { SelfCheckFinding } from './summary.js';

/** Rubin's average: 10,000 alerts a visit, a visit every 37 s. */
export const rubinPerSecond = 10_000 / 37;

/** How a search ended, in rates alone. */
export interface EndedSearch {
  readonly kind: SearchResult['kind'];
  /** The limit lies between these rates. */
  readonly bracket: { readonly held: number | undefined; readonly failed: number | undefined };
  /** Number of probes that confirmed the lower end. */
  readonly confirmed: number;
  /** The rate at which the load generator was the limit. */
  readonly harnessPerSecond: number | undefined;
  /** Where the limit moved. */
  readonly contradictions: SearchResult['contradictions'];
}

/** What the result of a search contains besides its rates. */
export interface SearchFacts {
  readonly conditions: readonly string[];
  readonly holdSeconds: number;
  /** How many probes in a row had to confirm the rate. */
  readonly confirm: number;
  /** Probes at the rate that was found that were discarded, because the load generator was late. */
  readonly setAside: number;
  /** Mean size of a message's value; null where none was sent. */
  readonly meanBytes: number | null;
}

/** The result of a search, with its sentence, as in `summary.json`. */
export function limitResult(ended: EndedSearch, facts: SearchFacts): SearchResult {
  const { kind, bracket, confirmed, contradictions } = ended;
  const found = kind === 'unstable' ? null : (bracket.held ?? null);
  const isConfirmed = kind === 'found' || kind === 'at-least';
  return {
    kind,
    ratePerSecond: found,
    timesRubin: found === null ? null : found / rubinPerSecond,
    bytesPerSecond: found === null || facts.meanBytes === null ? null : found * facts.meanBytes,
    bracket: { heldPerSecond: bracket.held ?? null, failedPerSecond: bracket.failed ?? null },
    confidence: {
      held: confirmed,
      of: isConfirmed ? confirmed : facts.confirm,
      holdsAtLeast: confirmed === 0 ? null : 0.05 ** (1 / confirmed),
    },
    harnessPerSecond: ended.harnessPerSecond ?? null,
    contradictions,
    text: sentence(ended, facts),
  };
}

/** The rate that expectations are checked against; undefined where none was found. */
export function foundRate({ kind, ratePerSecond }: SearchResult): FoundRate | undefined {
  if (ratePerSecond === null || kind === 'unstable' || kind === 'unfinished' || kind === 'below')
    return undefined;
  return { ratePerSecond, isLowerBound: kind !== 'found' };
}

/** Findings of a search: the run is invalid where the load generator was the limit. */
export function searchFindings({ phase, result }: SearchSummary): SelfCheckFinding[] {
  return result.kind === 'harness' ? [{ invalidates: true, text: `phase ${phase}: ${result.text}` }] : [];
}

/**
 * Why a search makes a run fail: a sentence where it found no rate, though the load generator was not the
 * reason; else undefined.
 */
export function failedSearch({ phase, result }: SearchSummary): string | undefined {
  const failed = result.kind === 'below' || result.kind === 'unstable' || result.kind === 'unfinished';
  return failed ? `phase ${phase}: ${result.text}` : undefined;
}

function sentence(ended: EndedSearch, facts: SearchFacts): string {
  const { kind, bracket, contradictions } = ended;
  const { held, failed } = bracket;
  const what = `${facts.conditions.join(', ')} for ${facts.holdSeconds} s`;
  const moved = contradictions.length === 0 ? '' : `; ${movedText(contradictions)}`;
  switch (kind) {
    case 'found':
      return (
        `${rate(held)} is the highest rate that holds ${what}: it held ${ended.confirmed} of ${ended.confirmed} times${setAside(facts)}, ` +
        `${rate(failed)} failed; ${timesRubin(held)}${bytes(held, facts)}${moved}`
      );
    case 'at-least':
      return (
        `at least ${rate(held)}, the end of the range, hold ${what}: it held ${ended.confirmed} of ${ended.confirmed} ` +
        `times${setAside(facts)}; ${timesRubin(held)}${bytes(held, facts)}${moved}`
      );
    case 'below':
      return `not even ${rate(failed)}, the lowest rate of the range, holds ${what}${moved}`;
    case 'harness':
      return (
        `the harness was the limit at ${rate(ended.harnessPerSecond)}, so the broker's limit was not found: ` +
        `${held === undefined ? 'nothing held' : `${rate(held)} held ${what}`}${moved}`
      );
    case 'unstable':
      return `there is no stable limit for ${what}: between ${rate(held)} and ${rate(failed)}, ${movedText(contradictions)}`;
    case 'unfinished':
      return (
        `the search did not come to its end: ${held === undefined ? 'nothing held' : `${rate(held)} held ${what}`}` +
        `${failed === undefined ? '' : `, ${rate(failed)} failed`}${moved}`
      );
  }
}

function setAside({ setAside: probes }: SearchFacts): string {
  if (probes === 0) return '';
  return ` (${probes === 1 ? 'one more probe' : `${probes} more probes`} at this rate set aside, because the harness was late)`;
}

function movedText(contradictions: EndedSearch['contradictions']): string {
  const times = contradictions.length === 1 ? 'once' : `${contradictions.length} times`;
  const each = contradictions.map(
    ({ probes, ratePerSecond, now }) => `after ${probes} probes ${now} than ${rate(ratePerSecond)}`,
  );
  return `the limit moved ${times} during the search (${each.join(', ')})`;
}

function rate(perSecond: number | undefined): string {
  if (perSecond === undefined) return 'no rate';
  const digits = perSecond < 10 ? 2 : perSecond < 100 ? 1 : 0;
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${perSecond.toLocaleString('en-US', shown)} alerts/s`;
}

function timesRubin(perSecond: number | undefined): string {
  if (perSecond === undefined) return '';
  const times = perSecond / rubinPerSecond;
  return `${times.toFixed(times < 10 ? 2 : times < 100 ? 1 : 0)} times Rubin's average (10,000 alerts each 37 s: ${rubinPerSecond.toFixed(2)}/s)`;
}

function bytes(perSecond: number | undefined, { meanBytes }: SearchFacts): string {
  if (perSecond === undefined || meanBytes === null) return '';
  return `, ${((perSecond * meanBytes) / 1e6).toFixed(1)} MB/s`;
}
