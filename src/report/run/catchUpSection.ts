import { catchUpLines } from '../backlogWords.js';
import { html, type Markup } from '../html/markup.js';
import type { ReportInputs } from './phaseRows.js';

/** How groups read what they had missed; undefined where there was no backlog. */
export function catchUpSection({ record }: ReportInputs): Markup | undefined {
  const catchUps = record.summary?.catchUps ?? [];
  if (catchUps.length === 0) return undefined;
  return html`<section aria-labelledby="catch-up">
    <h2 id="catch-up">Catching up</h2>
    <ul>
      ${catchUps.flatMap(catchUpLines).map((line) => html`<li>${line}</li>`)}
    </ul>
  </section>`;
}
