import type { ProbeFinding } from '../results/findings.js';
import type { Backlog, BrokerMetrics, ExpectationResult, LimitedBy } from '../results/values.js';
import { holds } from './checkCondition.js';

/** What shows who was the limit in a probe that failed. */
export interface FailedProbe {
  readonly findings: readonly ProbeFinding[];
  /** How the broker's acknowledgements kept up; undefined where too few came. */
  readonly acks: Omit<Backlog, 'group'> | undefined;
  /** Null without a sample. */
  readonly responseP99Us: number | null;
  readonly brokers: BrokerMetrics | null;
  /** The groups that read, the most behind first. */
  readonly groups: readonly { readonly name: string; readonly id: string; readonly own: boolean }[];
}

/** A broker whose threads are idle for a smaller share of the time makes requests wait. */
const busyIdle = 0.1;

/**
 * Whose limit a failed probe shows. An alert reaches its reader after its acknowledgement: where those fell
 * back, or were so late that without that the condition would have held, or where a broker was busy nearly all
 * the time, the broker was the limit, whatever its readers could have read. A group that fell back though all was
 * acknowledged in time was the limit itself.
 *
 * A load generator that was late is not considered: such a probe is set aside.
 */
export function limitedByOf(probe: FailedProbe): LimitedBy {
  const { responseP99Us, brokers } = probe;
  const why = brokerReason(probe);
  if (why !== undefined) return { kind: 'broker', why, responseP99Us };
  const group = behind(probe);
  if (group === undefined) return { kind: 'broker', why: 'acksLate', responseP99Us };
  const idle = Object.values(brokers ?? {}).map(({ handlerIdle = 1, networkIdle = 1 }) =>
    Math.min(handlerIdle, networkIdle),
  );
  if (Math.min(1, ...idle) < busyIdle) return { kind: 'broker', why: 'busy', responseP99Us };
  return { kind: 'consumer', group: group.name, own: group.own, responseP99Us };
}

function brokerReason({ findings, acks, responseP99Us }: FailedProbe): 'failed' | 'acksLate' | undefined {
  if (findings.some(({ kind }) => kind === 'deliveryFailed')) return 'failed';
  const isLate = findings.some(
    (one) =>
      one.kind === 'messagesUnsent' ||
      (one.kind === 'backlogGrew' && one.backlog.group === null) ||
      (one.kind === 'expectationFailed' && isOfAcks(one.expectation, responseP99Us ?? 0)),
  );
  return isLate || acks?.grows === true ? 'acksLate' : undefined;
}

/** Whether a condition is about acknowledgements, or would have held with the time that they took left out. */
function isOfAcks({ metric, operator, actual, limit }: ExpectationResult, ackUs: number): boolean {
  if (/^(ack|response)\.|^achievedRate$/.test(metric)) return true;
  const hasAcks = /^(endToEnd|commitLatency)\.|^drain\.max$/.test(metric);
  return hasAcks && actual !== null && holds(actual - ackUs, operator, limit);
}

/** The group that fell back; undefined where nothing was found about any. */
function behind({ findings, groups }: FailedProbe): FailedProbe['groups'][number] | undefined {
  for (const finding of findings) {
    const name =
      finding.kind === 'backlogGrew'
        ? finding.backlog.group
        : finding.kind === 'expectationFailed' && finding.expectation.scope.kind === 'group'
          ? finding.expectation.scope.name
          : finding.kind === 'notCaughtUp'
            ? finding.group
            : undefined;
    const found = groups.find((group) => group.name === name || group.id === name);
    if (found !== undefined) return found;
  }
  return groups[0];
}
