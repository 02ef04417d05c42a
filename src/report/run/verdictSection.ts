import { reasonsOf } from '../../results/findings.js';
import { dataTable } from '../html/dataTable.js';
import { html, type Markup } from '../html/markup.js';
import { groupStories } from '../groupWords.js';
import {
  findingText,
  endToEndText,
  expectationWords,
  foundText,
  noteTexts,
  verdictWords,
  watchWords,
} from '../words.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicroseconds,
  formatRate,
  formatRateTime,
  formatShare,
  orDash,
} from '../format.js';
import { searchAnswers } from './searchSection.js';
import type { LatencyName } from '../../scenario/metricNames.js';
import type { RunSummary } from '../../results/runFolder.js';
import { type ReportInputs, isWatch, phaseRows, wholeLatency } from './phaseRows.js';

/**
 * The result of the run: the verdict, why, the main numbers, and which expectations held.
 *
 * @param remarks - what is missing or damaged, a sentence each
 */
export function verdictSection(inputs: ReportInputs, remarks: readonly string[]): Markup {
  const { summary } = inputs.record;
  const verdict = summary?.verdict ?? 'none';
  const { headline, meaning } =
    verdict === 'passed' && isWatch(inputs.record) ? watchWords : verdictWords[verdict];
  // A broken expectation is in the table below.
  const reasons = reasonsOf(summary?.findings ?? [])
    .filter(({ kind }) => kind !== 'expectationFailed')
    .map((reason) => findingText(reason, summary?.searches));
  const notes = noteTexts(summary?.findings ?? []);
  const answers = searchAnswers(inputs);
  // A search answers a question, and it did: that is more than that nothing was lost.
  const isBare =
    answers.length === 0 &&
    !isWatch(inputs.record) &&
    verdict === 'passed' &&
    summary?.expectations.every((one) => one.default === true) === true;
  return html`<section aria-labelledby="result" class="verdict ${verdict}">
    <h2 id="result"><span class="mark" aria-hidden="true">${marks[verdict]}</span>${headline}</h2>
    ${answers}
    <p>
      ${isBare ? 'Nothing was lost, nothing failed, and every target was reached. The scenario has no expectations of its own.' : meaning}
    </p>
    ${reasons.length > 0 && list(reasons)}
    ${
      notes.length > 0 &&
      html`<div class="note">
        <p>What else was found:</p>
        ${list(notes)}
      </div>`
    }
    ${
      remarks.length > 0 &&
      html`<div class="note">
        <p>The run folder is not complete:</p>
        ${list(remarks)}
      </div>`
    }
    <p class="story">${[...story(inputs), ...groupStories({ watchedGroups: [], ...summary })].join(' ')}</p>
    ${isWatch(inputs.record) ? undefined : tiles(inputs)} ${summary !== undefined && expectations(summary)}
  </section>`;
}

const marks = { passed: '✓', failed: '✗', invalid: '!', interrupted: '■', none: '?' } as const;

function list(sentences: readonly string[]): Markup {
  return html`<ul>
    ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
  </ul>`;
}

/** The run in two or three sentences. */
function story(inputs: ReportInputs): string[] {
  if (isWatch(inputs.record)) return [];
  const phases = phaseRows(inputs).filter(({ measured }) => measured);
  const sum = (of: (phase: (typeof phases)[number]) => number): number =>
    phases.reduce((total, phase) => total + of(phase), 0);
  const acked = sum((phase) => phase.acked);
  const failed = sum((phase) => phase.failed);
  const seconds = sum((phase) => phase.rate.seconds);
  if (phases.length === 0) return ['No phase was measured.'];
  const { counts } = inputs.record.summary ?? {};
  const read =
    counts?.lost === undefined || counts.lost === null
      ? ''
      : counts.lost === 0
        ? ' Consumers read every one of them.'
        : ` ${formatCount(counts.lost)} of them were not read by every consumer group.`;
  const { response } = wholeLatency(inputs);
  const late =
    response.p50 === null || response.p99 === null
      ? ''
      : ` Half of them were acknowledged within ${formatMicroseconds(response.p50)} of when they were due, ` +
        `99 % within ${formatMicroseconds(response.p99)}.`;
  return [
    `In ${formatDuration(seconds)} the broker acknowledged ${formatCount(acked)} messages` +
      `${failed > 0 ? `; ${formatCount(failed)} failed` : ''}.${read}${late}`,
  ];
}

function tiles(inputs: ReportInputs): Markup {
  const { summary } = inputs.record;
  const latency = wholeLatency(inputs);
  const p99 = (name: LatencyName): string => orDash(latency[name].p99, formatMicroseconds);
  const rate = summary?.rate;
  const given: readonly (readonly [string, string, string])[] = [
    ...(rate === undefined
      ? []
      : ([
          [
            'Achieved rate',
            `${formatRate(rate.achievedPerSecond)}/s`,
            `${formatCount(summary?.counts.acked ?? 0)} acknowledged in ${formatRateTime(rate.seconds)} s` +
              (rate.ofTarget === null ? '' : `, ${formatShare(rate.ofTarget)} of the target`),
          ],
          [
            'Throughput',
            `${formatBytes(rate.bytesPerSecond)}/s`,
            `${formatBytes(rate.bytes)} sent in ${formatRateTime(rate.seconds)} s`,
          ],
        ] as const)),
    ['Response p99', p99('response'), 'due to answered'],
    ['Ack p99', p99('ack'), 'sent to answered'],
    [
      'End to end p99',
      (summary && endToEndText(summary, undefined, 'p99')) ?? p99('endToEnd'),
      'due to read',
    ],
    ...(summary === undefined
      ? []
      : ([
          [
            'Lost',
            orDash(summary.counts.lost, formatCount),
            summary.counts.lost === null ? 'no readers' : 'answered, not read',
          ],
        ] as const)),
  ];
  return html`<dl class="tiles">
    ${given.map(
      ([name, value, below]) =>
        html`<div>
          <dt>${name}</dt>
          <dd><b>${value}</b><span>${below}</span></dd>
        </div>`,
    )}
  </dl>`;
}

function expectations({ expectations }: RunSummary): Markup | undefined {
  if (expectations.length === 0) return undefined;
  return dataTable({
    caption: 'What was expected',
    showsCaption: true,
    columns: [{ head: 'Expected', align: 'left' }, { head: 'Found' }, { head: 'Held', align: 'left' }],
    rows: expectations.map((expectation) => [
      html`${expectationWords(expectation)}
        <code>${expectation.expect}</code
        >${expectation.default && html` <span class="muted">by default</span>`}`,
      foundText(expectation),
      expectation.passed
        ? html`<span class="held">✓ held</span>`
        : html`<span class="broken">✗ did not hold</span>`,
    ]),
  });
}
