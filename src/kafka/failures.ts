import { kafkaErrors } from './kafkaErrors.js';

/** Messages that failed with one error. */
export interface FailedWith {
  /** librdkafka's number and name. */
  readonly error: { readonly code: number; readonly name: string };
  readonly count: number;
}

/** What a delivery error means to a user, and how to fix it; half a sentence each. */
const meanings: ReadonlyMap<number, readonly [string, string?]> = new Map<number, readonly [string, string?]>(
  [
    [
      kafkaErrors.messageTooLarge,
      [
        'larger than the topic accepts',
        "raise the topic's max.message.bytes, or the broker's message.max.bytes (broker up sets 10,000,000)",
      ],
    ],
    [
      kafkaErrors.invalidTimestamp,
      [
        "rejected because of their timestamp, which is too far from the broker's clock",
        "raise the topic's message.timestamp.before.max.ms and message.timestamp.after.max.ms, or set its message.timestamp.type to LogAppendTime",
      ],
    ],
    [
      kafkaErrors.invalidRecord,
      [
        'rejected together with others of their batch, or because a compacted topic takes no message without a key',
        'where the topic is compacted, set its cleanup.policy to delete',
      ],
    ],
    [kafkaErrors.messageTimedOut, ['not acknowledged in time (delivery.timeout.ms)']],
    [kafkaErrors.unknownTopicOrPartition, topicGone()],
    [kafkaErrors.unknownTopic, topicGone()],
    [kafkaErrors.unknownPartition, topicGone()],
    [
      kafkaErrors.topicAuthorizationFailed,
      ['rejected because the user may not write to the topic', 'grant the user the right Write on the topic'],
    ],
    [
      kafkaErrors.notEnoughReplicas,
      [
        'rejected because fewer replicas are in sync than min.insync.replicas asks for',
        'bring the missing brokers back',
      ],
    ],
    [
      kafkaErrors.notEnoughReplicasAfterAppend,
      ['written to fewer replicas than min.insync.replicas asks for', 'bring the missing brokers back'],
    ],
    [kafkaErrors.policyViolation, ["rejected by the broker's policy"]],
    [kafkaErrors.purgedInQueue, ['given up before they were sent']],
    [kafkaErrors.purgedInFlight, ['given up before they were acknowledged']],
  ],
);

function topicGone(): readonly [string, string] {
  return [
    'sent to a topic or partition that does not exist',
    'it may have been deleted meanwhile: run again',
  ];
}

/** The meaning of a delivery error: `larger than the topic accepts (MSG_SIZE_TOO_LARGE)`. */
export function failureMeaning({ code, name }: { readonly code: number; readonly name: string }): string {
  return `${meanings.get(code)?.[0] ?? 'not delivered'} (${name})`;
}

/**
 * How to fix a delivery error, as half a sentence; undefined where that is unknown.
 *
 * @param code - librdkafka's error code
 */
export function failureFix(code: number): string | undefined {
  return meanings.get(code)?.[1];
}

/**
 * The errors of messages, the most frequent first, and how to fix that one: `8 larger than the topic accepts
 * (MSG_SIZE_TOO_LARGE), 2 not acknowledged in time (…)`.
 *
 * @param failed - an error may occur more than once
 */
export function failuresText(failed: readonly FailedWith[]): string {
  const byCode = new Map<number, FailedWith>();
  for (const { error, count } of failed) {
    byCode.set(error.code, { error, count: count + (byCode.get(error.code)?.count ?? 0) });
  }
  const errors = [...byCode.values()].sort((one, other) => other.count - one.count);
  const [most] = errors;
  const fix = most === undefined ? undefined : failureFix(most.error.code);
  const text = errors.map(({ error, count }) => `${count} ${failureMeaning(error)}`).join(', ');
  return fix === undefined ? text : `${text}; ${fix}`;
}
