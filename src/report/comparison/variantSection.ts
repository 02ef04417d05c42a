import type { VariantComparison } from '../../compare/comparison.js';
import type { Verdict } from '../../compare/verdict.js';
import type { CompareResult } from '../../compare/result.js';
import {
  byVerdict,
  conclusionText,
  percentText,
  shiftText,
  valueText,
  verdictParts,
} from '../compareText.js';
import { dataTable, factList } from '../html/dataTable.js';
import { figureMarkup } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { forest, forestHeightPx, widestRatio } from './forest.js';

const colorOfVerdict: Readonly<Record<Verdict, string>> = {
  better: 'endToEnd',
  worse: 'response',
  'no difference': 'achieved',
  'cannot tell': 'target',
};

/**
 * One variant against the baseline: the result in words, the numbers, and the differences with their
 * intervals.
 *
 * @param index - from 0
 */
export function variantSection(
  variant: VariantComparison,
  { comparison }: CompareResult,
  index: number,
): Markup {
  const { rules, confidence, family } = comparison;
  const drawn = variant.metrics.filter(
    ({ metric, change }) => metric.scale === 'ratio' && Number.isFinite(change.low),
  );
  const description = `Change of ${drawn.length} metrics of ${variant.variant} against ${rules.baseline}, with intervals.`;
  const columns = ['Metric', rules.baseline, variant.variant, 'Verdict', 'Change', 'Shift'];
  const table = {
    caption: `${variant.variant} against ${rules.baseline}`,
    columns: columns.map((head, at) => (at === 0 || at > 2 ? { head, align: 'left' as const } : { head })),
    rows: variant.metrics.map(({ metric, baseline, candidate, verdict, text, shift }) => [
      metric.title,
      valueText(metric, baseline),
      valueText(metric, candidate),
      marked(verdict, html`<span class="whole">${verdict}</span>`),
      html`<span class="whole">${verdictParts(text).change}</span>`,
      html`<span class="whole">${shiftText(metric, shift)}</span>`,
    ]),
  };
  return html`<section aria-labelledby="variant-${index}">
    <h2 id="variant-${index}">${variant.variant} against ${rules.baseline}</h2>
    <p class="story">${conclusionText(variant, rules.baseline)}</p>
    ${factList(byVerdict(variant.metrics).map(({ verdict, titles }) => [verdict, marked(verdict, titles.join(', '))]))}
    ${dataTable(table)}
    ${
      drawn.length > 0 &&
      figureMarkup({
        id: `forest-${index}`,
        title: 'Differences with their intervals',
        caption:
          `A dot is the change that was found, a line where the true one lies with ${percentText(confidence)} ` +
          `confidence; ${family} comparisons share an error rate of ${percentText(rules.alpha)}. In the shaded band, ` +
          `${percentText(rules.margin)} to either side, a difference does not matter. What lies beyond ×${widestRatio} or ` +
          `below 1/${widestRatio} is drawn there.`,
        description,
        views: [
          {
            label: 'Change',
            option: forest(
              description,
              drawn.map(({ metric, change, verdict }) => ({
                name: metric.title,
                value: Math.exp(change.value),
                low: Math.exp(change.low),
                high: Math.exp(change.high),
                color: colorOfVerdict[verdict],
              })),
              rules.margin,
            ),
          },
        ],
        heightPx: forestHeightPx(drawn.length),
      })
    }
  </section>`;
}

/** Emphasises clear differences. */
function marked(verdict: Verdict, text: Markup | string): Markup | string {
  switch (verdict) {
    case 'better':
      return html`<span class="better">${text}</span>`;
    case 'worse':
      return html`<span class="worse">${text}</span>`;
    case 'no difference':
    case 'cannot tell':
      return text;
  }
}
