/** What a test came to; `skipped` where one before it failed. */
export type JUnitOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly message: string; readonly details?: string | undefined }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'skipped' };

export interface JUnitCase {
  readonly name: string;
  readonly seconds: number;
  readonly outcome: JUnitOutcome;
}

/**
 * A report in JUnit's XML, as CI systems show it.
 *
 * @param suite - its name
 * @param startedAt - as in ISO 8601
 */
export function junitXml(suite: string, startedAt: string, cases: readonly JUnitCase[]): string {
  const count = (kind: JUnitOutcome['kind']): number =>
    cases.filter(({ outcome }) => outcome.kind === kind).length;
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0);
  const totals = `tests="${cases.length}" failures="${count('failed')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals} time="${seconds.toFixed(3)}">`,
    `  <testsuite name="${escaped(suite)}" ${totals} time="${seconds.toFixed(3)}" timestamp="${escaped(startedAt)}">`,
    ...cases.map((one) => caseXml(suite, one)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseXml(suite: string, { name, seconds, outcome }: JUnitCase): string {
  const head = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}" time="${seconds.toFixed(3)}"`;
  switch (outcome.kind) {
    case 'passed':
      return `${head}/>`;
    case 'skipped':
      return `${head}><skipped/></testcase>`;
    case 'error':
      return `${head}><error message="${escaped(outcome.message)}"/></testcase>`;
    case 'failed':
      return `${head}><failure message="${escaped(outcome.message)}">${escaped(outcome.details ?? '')}</failure></testcase>`;
  }
}

/** XML has no place for most control characters, not even escaped. */
// eslint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escaped(text: string): string {
  return text
    .replace(unwritable, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
