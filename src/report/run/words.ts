import type { LatencyName } from '../../measure/latencySet.js';
import type { Verdict } from '../../measure/summary.js';
import { metricKey } from '../../scenario/metrics.js';

export const latencyWords: Readonly<
  Record<LatencyName, { readonly label: string; readonly meaning: string }>
> = {
  scheduleLag: {
    label: 'Schedule lag',
    meaning: 'from when a message was due until the harness handed it over: how punctual the harness was',
  },
  ack: {
    label: 'Ack',
    meaning:
      'from handing over until the broker’s acknowledgement (ack): the broker’s service and the client’s queue',
  },
  response: {
    label: 'Response',
    meaning:
      'from when a message was due until its acknowledgement: schedule lag and acknowledgement together',
  },
  endToEnd: {
    label: 'End to end',
    meaning: 'from when a message was due until a consumer read it: what those downstream feel',
  },
};

/** A verdict as a headline, and what it means. */
export const verdictWords: Readonly<
  Record<Verdict | 'none', { readonly headline: string; readonly meaning: string }>
> = {
  passed: { headline: 'Passed', meaning: 'Every expectation held, and nothing was lost.' },
  failed: { headline: 'Failed', meaning: 'Something that had to hold did not.' },
  invalid: {
    headline: 'Invalid',
    meaning:
      'The harness itself was the limit, not the broker: it could not send when messages were due. ' +
      'This run is inconclusive about the broker.',
  },
  interrupted: {
    headline: 'Interrupted',
    meaning: 'The run was stopped before its end. The results are those until then.',
  },
  none: {
    headline: 'No result',
    meaning:
      'The run ended before its result was written, or it still goes on. ' +
      'The results are those of the intervals that were written; expectations were not checked.',
  },
};

/**
 * An expectation as a sentence: `steady.ack.p99 < 50ms` is `Phase steady: the 99th percentile of the
 * acknowledgement time is below 50 ms`. A text of another form comes back as it is.
 */
export function expectationWords(text: string, groups: readonly string[] = []): string {
  const [, key = '', operator = '', value = ''] = /^(\S+) (<=|>=|==|<|>) (.+)$/.exec(text) ?? [];
  const { metric, phase } = metricKey(key);
  const subject = subjectOf(metric);
  if (subject === undefined) return text;
  const isShare = metric === 'achievedRate' && value.endsWith('%');
  const amount = `${spaced(value)}${isShare ? ' of the target' : ''}`;
  const sentence = `${subject} ${operatorWords[operator] ?? operator} ${amount}`;
  return phase === undefined
    ? sentence.charAt(0).toUpperCase() + sentence.slice(1)
    : `${groups.includes(phase) ? 'Consumer group' : 'Phase'} ${phase}: ${sentence}`;
}

/** The short name of a percentile or moment for a column's heading: `p99.9`. */
export function statisticLabel(statistic: string): string {
  return statistic === 'p999' ? 'p99.9' : statistic === 'p9999' ? 'p99.99' : statistic;
}

const operatorWords: Readonly<Record<string, string>> = {
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
  '==': 'is exactly',
};

const latencySubjects: Readonly<Record<string, string>> = {
  scheduleLag: 'schedule lag',
  ack: 'acknowledgement time',
  response: 'response time',
  endToEnd: 'end-to-end time',
};

const statisticSubjects: Readonly<Record<string, string>> = {
  p50: 'the median of the',
  p90: 'the 90th percentile of the',
  p95: 'the 95th percentile of the',
  p99: 'the 99th percentile of the',
  p999: 'the 99.9th percentile of the',
  max: 'the longest',
  mean: 'the mean',
};

const countSubjects: Readonly<Record<string, string>> = {
  scheduled: 'the number of messages that were due',
  sent: 'the number of messages sent',
  unsent: 'the number of messages that were due and not sent',
  acked: 'the number of messages acknowledged',
  failed: 'the number of messages that failed',
  consumed: 'the number of messages read',
  lost: 'the number of messages acknowledged and not read',
  duplicated: 'the number of messages that the broker holds twice',
  outOfOrder: 'the number of messages out of order',
  achievedRate: 'the achieved rate',
  throughput: 'the throughput',
};

function subjectOf(metric: string): string | undefined {
  const [name = '', statistic] = metric.split('.');
  if (statistic === undefined) return countSubjects[name];
  const latency = latencySubjects[name];
  const which = statisticSubjects[statistic];
  return latency === undefined || which === undefined ? undefined : `${which} ${latency}`;
}

/** `50ms` with a space between number and unit. */
function spaced(value: string): string {
  return value.replace(/^([\d.,]+)([a-zA-Zµ%])/, '$1 $2');
}
