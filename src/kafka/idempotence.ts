import { AlertSimError } from '../errors.js';
import { clientPropertyProblem } from '../scenario/clientProperties.js';
import type { ClientProperties } from './settings.js';

const acksNames = ['acks', 'request.required.acks'] as const;

/**
 * Requirements of an idempotent producer, under all names of each property. Source: `enable.idempotence` in
 * CONFIGURATION.md of librdkafka.
 */
const demands: readonly [names: readonly string[], holds: (value: string) => boolean][] = [
  [acksNames, (value) => value === 'all' || value === '-1'],
  [['max.in.flight.requests.per.connection', 'max.in.flight'], (value) => Number(value) <= 5],
  [['retries', 'message.send.max.retries'], (value) => Number(value) >= 1],
  [['queuing.strategy'], (value) => value === 'fifo'],
];

/**
 * The property of the user's that an idempotent producer cannot have: `acks=1`. Our producers are idempotent
 * unless the user chose otherwise, so the user's choice counts. Undefined without a conflict, or where the
 * user sets `enable.idempotence` too, so that librdkafka has to say which of them is wrong.
 */
export function idempotenceConflict(properties: ClientProperties = {}): string | undefined {
  if ('enable.idempotence' in properties) return undefined;
  const name = demands
    .flatMap(([names, holds]) => names.map((name) => ({ name, holds })))
    .find(({ name, holds }) => name in properties && !holds(String(properties[name]).toLowerCase()))?.name;
  return name === undefined ? undefined : `${name}=${String(properties[name])}`;
}

/**
 * The properties of our producers, without idempotence where the user's choice rules it out.
 *
 * @param all - including the user's
 * @throws `BAD_USAGE` for `transactional.id`, and for `acks` that librdkafka takes and every broker rejects
 */
export function producerSettings(
  ours: ClientProperties,
  all: ClientProperties,
  users: ClientProperties = {},
): ClientProperties {
  if ('transactional.id' in users) {
    throw new AlertSimError(
      'BAD_USAGE',
      'transactional.id: alerts are sent without transactions, so leave this property out',
    );
  }
  for (const name of acksNames) {
    const problem = name in users ? clientPropertyProblem(name, users[name]) : undefined;
    if (problem !== undefined) throw new AlertSimError('BAD_USAGE', `${name} ${problem.message}`);
  }
  const settings = { ...ours, ...all };
  return idempotenceConflict(users) === undefined ? settings : { ...settings, 'enable.idempotence': false };
}
