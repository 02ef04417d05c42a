import { AlertSimError } from '../errors.js';
import type { ClientProperties } from './settings.js';

/**
 * What an idempotent producer insists on, under all names of each property. Source: `enable.idempotence` in
 * CONFIGURATION.md of librdkafka.
 */
const demands: readonly [names: readonly string[], holds: (value: string) => boolean][] = [
  [['acks', 'request.required.acks'], (value) => value === 'all' || value === '-1'],
  [['max.in.flight.requests.per.connection', 'max.in.flight'], (value) => Number(value) <= 5],
  [['retries', 'message.send.max.retries'], (value) => Number(value) >= 1],
  [['queuing.strategy'], (value) => value === 'fifo'],
];

/**
 * The property by which a user asks for what an idempotent producer cannot do. Our producers are idempotent unless the
 * user chose otherwise, so it is the user's choice that counts.
 *
 * @param properties - what the user gave
 * @returns for example `acks=1`; undefined where nothing is in the way, or the user sets `enable.idempotence` too, so
 * that librdkafka has to say which of them is wrong
 */
export function idempotenceConflict(properties: ClientProperties = {}): string | undefined {
  if ('enable.idempotence' in properties) return undefined;
  const name = demands
    .flatMap(([names, holds]) => names.map((name) => ({ name, holds })))
    .find(({ name, holds }) => name in properties && !holds(String(properties[name]).toLowerCase()))?.name;
  return name === undefined ? undefined : `${name}=${String(properties[name])}`;
}

/**
 * The properties of a producer of ours.
 *
 * @param ours - where we start from
 * @param all - all properties, with the user's among them
 * @param users - what the user gave
 * @returns all of them; without idempotence where the user's choice rules it out
 * @throws `BAD_USAGE` for `transactional.id`
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
  const settings = { ...ours, ...all };
  return idempotenceConflict(users) === undefined ? settings : { ...settings, 'enable.idempotence': false };
}
