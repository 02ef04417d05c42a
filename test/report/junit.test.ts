import { expect, it } from 'vitest';
import { junitXml } from '../../src/report/junit.js';

it("is JUnit's XML, with whatever is in a message", () => {
  const xml = junitXml('check-consumer', '2026-11-28T10:00:00Z', [
    { name: 'joins its group', seconds: 1.25, outcome: { kind: 'passed' } },
    {
      name: 'commits <all> & "more"',
      seconds: 3,
      outcome: { kind: 'failed', message: 'a "quote"\nand\u001b[31m', details: 'Traceback' },
    },
    { name: 'lives', seconds: 0, outcome: { kind: 'skipped' } },
  ]);
  const totals = 'tests="3" failures="1" errors="0" skipped="1" time="4.250"';
  expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${totals}>
  <testsuite name="check-consumer" ${totals} timestamp="2026-11-28T10:00:00Z">
    <testcase classname="check-consumer" name="joins its group" time="1.250"/>
    <testcase classname="check-consumer" name="commits &lt;all&gt; &amp; &quot;more&quot;" time="3.000"><failure message="a &quot;quote&quot;&#10;and?[31m">Traceback</failure></testcase>
    <testcase classname="check-consumer" name="lives" time="0.000"><skipped/></testcase>
  </testsuite>
</testsuites>
`);
});
