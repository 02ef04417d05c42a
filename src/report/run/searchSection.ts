import { probeChart } from '../html/charts/probeChart.js';
import { figureMarkup, type Figure } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { formatCount, formatMicroseconds, formatSeconds, orDash } from '../format.js';
import { probeLoadText } from '../searchWords.js';
import type { ProbeSummary, SearchSummary } from '../../results/runFolder.js';
import type { ReportInputs } from './phaseRows.js';

/** The results of a run's searches in a sentence each, for the head of the page. */
export function searchAnswers({ record }: ReportInputs): Markup[] {
  return (record.summary?.searches ?? []).map(
    ({ phase, result }) => html`<p class="story"><b>${phase}:</b> ${result.text}.</p>`,
  );
}

/** The rates that a run's searches tried, their outcomes, and which were discarded and why. */
export function searchSections({ record }: ReportInputs): Markup[] {
  return (record.summary?.searches ?? []).map(
    (search, index) =>
      html`<section aria-labelledby="search-${index}">
        <h2 id="search-${index}">The search ${search.phase}</h2>
        <p>
          ${search.probes.length} ${search.visits === undefined ? 'rates' : 'sizes of visits'} were tried.
          ${figuresSentence(search)} Held had to be, for ${search.holdSeconds} s after ${search.settleSeconds}
          s of settling: ${search.conditions.join(', ')}; all that was due sent and acknowledged; no reader
          falling back all the time. ${commitsSentence(search)}
        </p>
        ${setAside(search)}${figureMarkup(probesFigure(search, index))}
      </section>`,
  );
}

function figuresSentence({ figuresOf }: SearchSummary): string {
  if (figuresOf.length === 0) return '';
  const many = figuresOf.length === 1 ? 'number' : 'numbers';
  return `The counts and percentiles of this page are those of the probes ${many} ${figuresOf.join(', ')} alone; the others went to find the rate.`;
}

function commitsSentence({ commitIntervals, askedHoldSeconds, holdSeconds }: SearchSummary): string {
  if (commitIntervals.length === 0) return '';
  const each = commitIntervals
    .map(({ group, seconds }) => `${group} every ${seconds.toFixed(1)} s`)
    .join(', ');
  const longer =
    askedHoldSeconds === undefined
      ? ''
      : ` Loads were judged for ${holdSeconds} s instead of ${askedHoldSeconds} s, so that each had several commits.`;
  return `Watched groups commit: ${each}. A lag within that time is not held against them.${longer}`;
}

function setAside({ probes }: SearchSummary): Markup | undefined {
  const late = probes
    .map((probe, index) => ({ probe, number: index + 1 }))
    .filter(({ probe }) => probe.outcome === 'harness');
  if (late.length === 0) return undefined;
  return html`<div class="note">
    <p>
      Set aside, because the load generator itself was late, so that nothing is known of the broker at that
      moment:
    </p>
    <ul>
      ${late.map(({ probe, number }) => html`<li>probe ${number}, ${probeLoadText(probe)}: ${probe.why.join('; ')}</li>`)}
    </ul>
  </div>`;
}

const outcomes = { held: '✓ held', failed: '✗ failed', harness: '! set aside' } as const;

function probesFigure({ phase, result, probes }: SearchSummary, index: number): Figure {
  const held = probes.filter(({ outcome }) => outcome === 'held').length;
  const failed = probes.filter(({ outcome }) => outcome === 'failed').length;
  const description = `Rates that were tried, each with its p99 response time: ${held} held, ${failed} failed, ${probes.length - held - failed} were set aside.`;
  const p99 = ({ latency }: ProbeSummary, name: 'response' | 'endToEnd'): string =>
    orDash(latency[name].p99, formatMicroseconds);
  return {
    id: `probes-${index}`,
    title: `Rates that ${phase} tried`,
    caption:
      'Each point is a rate with the p99 of its response time; the dashed line is the rate that was found.',
    description,
    views: [
      {
        label: 'Probes',
        option: probeChart(
          description,
          probes.map(({ ratePerSecond, latency, outcome }) => ({
            ratePerSecond,
            p99Us: latency.response.p99,
            outcome,
          })),
          result.ratePerSecond,
        ),
      },
    ],
    heightPx: 320,
    table: {
      caption: `The probes of ${phase} in order`,
      columns: [
        { head: 'Number' },
        { head: 'Load' },
        { head: 'For', align: 'left' },
        { head: 'Outcome', align: 'left' },
        { head: 'Acknowledged' },
        { head: 'Response p99' },
        { head: 'End to end p99' },
        { head: 'Most to read' },
        { head: 'Drain' },
        { head: 'Limit of', align: 'left' },
        { head: 'Why', align: 'left' },
      ],
      rows: probes.map((probe, at) => [
        String(at + 1),
        probeLoadText(probe),
        probe.repeat ? `${probe.purpose}, again` : probe.purpose,
        outcomes[probe.outcome],
        formatCount(probe.counts.acked),
        p99(probe, 'response'),
        p99(probe, 'endToEnd'),
        orDash(mostToRead(probe), formatCount),
        drainText(probe),
        probe.limitedBy === null
          ? '–'
          : probe.limitedBy.kind === 'consumer'
            ? probe.limitedBy.group
            : probe.limitedBy.kind,
        probe.why.join('; '),
      ]),
    },
  };
}

/** Of the group that was furthest behind. */
function mostToRead({ lagMessages, groups }: ProbeSummary): number | null {
  const all = groups.flatMap((group) => group.lagMessages ?? []);
  return all.length === 0 ? lagMessages : Math.max(...all);
}

function drainText({ groups }: ProbeSummary): string {
  if (groups.length === 0) return '–';
  const drains = groups.map(({ drainSeconds }) => drainSeconds);
  return drains.includes(null) ? 'never' : formatSeconds(Math.max(...drains.map((one) => one ?? 0)));
}
