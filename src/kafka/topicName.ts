import { AlertSimError } from '../errors.js';

/**
 * Rejects a topic name that no Kafka broker takes.
 *
 * Source: Kafka's `Topic.validate`: 1 to 249 of the characters a-z, A-Z, 0-9, `.`, `_`, `-`; not `.` or `..`.
 *
 * @param place - where the name was given: `--dst-topic`
 * @throws `BAD_USAGE` when the name is illegal
 */
export function legalTopicName(name: string, place: string): string {
  const fault =
    name === ''
      ? 'a topic needs a name'
      : name === '.' || name === '..'
        ? `a topic cannot be called "${name}"`
        : name.length > 249
          ? `a topic's name has at most 249 characters, this one has ${name.length}`
          : !/^[a-zA-Z0-9._-]+$/.test(name)
            ? `the topic name "${name}" holds "${/[^a-zA-Z0-9._-]/.exec(name)?.[0] ?? ''}"; only letters, digits, ".", "_" and "-" are allowed`
            : undefined;
  if (fault !== undefined) throw new AlertSimError('BAD_USAGE', `${place}: ${fault}`);
  return name;
}
