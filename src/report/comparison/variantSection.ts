import type { MetricVerdict, VariantComparison } from '../../compare/comparison.js';
import type { CompareResult } from '../../compare/result.js';
import {
  byVerdict,
  changeIntervalText,
  conclusionText,
  percentText,
  shiftText,
  valueText,
} from '../compareText.js';
import { dataTable, factList } from '../html/dataTable.js';
import { figureMarkup } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { forest, forestHeightPx, widestRatio } from '../html/charts/forest.js';

const colorOfVerdict: Readonly<Record<MetricVerdict, string>> = {
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
    rows: variant.metrics.map((one) => [
      one.metric.title,
      valueText(one.metric, one.baseline),
      valueText(one.metric, one.candidate),
      marked(one.verdict, html`<span class="whole">${one.verdict}</span>`),
      html`<span class="whole">${changeIntervalText(one)}</span>`,
      html`<span class="whole">${shiftText(one.metric, one.shift)}</span>`,
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
function marked(verdict: MetricVerdict, text: Markup | string): Markup | string {
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
