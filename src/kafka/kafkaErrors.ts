import { AlertSimError, type ErrorCode, messageOf, twoSentences } from '../errors.js';
import { ownCommand } from '../ownCommand.js';

/** The librdkafka error codes that we distinguish. Source: rdkafka.h; negative ones are the client's own. */
export const kafkaErrors = {
  queueFull: -184,
  allBrokersDown: -187,
  timedOut: -185,
  messageTimedOut: -192,
  resolve: -193,
  transport: -195,
  ssl: -181,
  authentication: -169,
  unknownTopic: -188,
  unknownPartition: -190,
  partitionEof: -191,
  purgedInQueue: -152,
  purgedInFlight: -151,
  invalidArgument: -186,
  invalidConfiguration: -174,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  groupIdNotFound: 69,
  messageTooLarge: 10,
  invalidTopic: 17,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  saslAuthenticationFailed: 58,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  invalidReplicationFactor: 38,
  invalidConfig: 40,
  policyViolation: 44,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  invalidTimestamp: 32,
  invalidRecord: 87,
} as const;

const refused: readonly number[] = [
  kafkaErrors.authentication,
  kafkaErrors.ssl,
  kafkaErrors.topicAuthorizationFailed,
  kafkaErrors.groupAuthorizationFailed,
  kafkaErrors.clusterAuthorizationFailed,
  kafkaErrors.saslAuthenticationFailed,
];

export interface KafkaError extends Error {
  /** See {@link kafkaErrors}. */
  readonly code: number;
  /** Details, where librdkafka reported them. */
  readonly reason?: string;
}

/** Whether a value is one of librdkafka's errors. */
export function isKafkaError(thrown: unknown): thrown is KafkaError {
  return thrown instanceof Error && typeof (thrown as { code?: unknown }).code === 'number';
}

/**
 * The error of a connection that failed: `BROKER_REFUSED` when the broker answered and rejected us, else
 * `BROKER_UNREACHABLE`.
 *
 * @param reasons - what librdkafka reported meanwhile, oldest first
 */
export function connectionError(
  bootstrap: string,
  reasons: readonly unknown[],
  waitedSeconds: number,
): AlertSimError {
  const told = reasons.filter(
    (reason) => !(isKafkaError(reason) && reason.code === kafkaErrors.allBrokersDown),
  );
  const refusal = told.find((reason) => isKafkaError(reason) && refused.includes(reason.code));
  if (refusal !== undefined) {
    return new AlertSimError(
      'BROKER_REFUSED',
      twoSentences(
        `the broker at ${bootstrap} refused us: ${reasonOf(refusal)}`,
        'Check the TLS files and the SASL settings (-X security.protocol=…, sasl.mechanisms, sasl.username, sasl.password)',
      ),
      refusal,
    );
  }
  const last = told.at(-1);
  const reason = last === undefined ? `no answer within ${waitedSeconds} s` : reasonOf(last);
  return new AlertSimError(
    'BROKER_UNREACHABLE',
    twoSentences(
      `cannot reach a Kafka broker at ${bootstrap}: ${reason}`,
      `Check the address (--broker, or kafka.bootstrap of a scenario), or start a local one with: ${ownCommand('broker', 'up')}`,
    ),
    last,
  );
}

/**
 * The error, with a suitable code, of a request that the cluster answered with an error.
 *
 * @param doing - what was tried: `create the topic alerts-stream`
 */
export function requestError(doing: string, thrown: unknown): AlertSimError {
  if (thrown instanceof AlertSimError) return thrown;
  const code = isKafkaError(thrown) ? thrown.code : undefined;
  return new AlertSimError(codeOf(code), `could not ${doing}: ${reasonOf(thrown)}`, thrown);
}

/** The error, with a suitable code, of a consumer group that could not be used. */
export function joinError(group: string, thrown: unknown): AlertSimError {
  const error = requestError(`use the consumer group ${group}`, thrown);
  if (!isKafkaError(thrown) || thrown.code !== kafkaErrors.groupAuthorizationFailed) return error;
  const remedy =
    "the cluster's rules say how group ids of this user begin: give it as consumers.groupPrefix in a scenario, or as -X group.id=…";
  return new AlertSimError(error.code, `${error.message}; ${remedy}`, thrown);
}

function codeOf(code: number | undefined): ErrorCode {
  if (code === undefined) return 'INTERNAL';
  if (refused.includes(code) || code === kafkaErrors.policyViolation) return 'BROKER_REFUSED';
  const ofTheUser: readonly number[] = [
    kafkaErrors.invalidTopic,
    kafkaErrors.invalidConfig,
    kafkaErrors.invalidPartitions,
    kafkaErrors.invalidReplicationFactor,
    kafkaErrors.invalidArgument,
  ];
  if (ofTheUser.includes(code)) return 'BAD_USAGE';
  return 'BROKER_UNREACHABLE';
}

function reasonOf(thrown: unknown): string {
  const reason = isKafkaError(thrown) ? thrown.reason : undefined;
  return clean(reason === undefined || reason === '' ? messageOf(thrown) : reason);
}

/** librdkafka adds thread and broker names before its texts and timings after them. */
function clean(text: string): string {
  return text
    .replace(/^(\[thrd:[^\]]*\]: )?/, '')
    .replace(
      /^(?:sasl_|ssl:\/\/|sasl_ssl:\/\/|sasl_plaintext:\/\/|plaintext:\/\/)?[\w.[\]:-]+(?:\/\w+)?: (?=[A-Z])/,
      '',
    )
    .replace(/\s*\(after \d+ms in state [A-Z0-9_]+(?:, \d+ identical error\(s\) suppressed)?\)/, '')
    .replace(/\.?\s*$/, '');
}
