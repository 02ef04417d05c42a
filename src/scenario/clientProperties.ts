import { clientPropertyTable } from './clientPropertyTable.js';
import { nearest } from './nearest.js';

export interface PropertyProblem {
  /** To follow the name of the key. */
  readonly message: string;
  /** The fix, where there is a likely one. */
  readonly hint: string | undefined;
  /** Set when the key is wrong, not the value. */
  readonly atKey: 'key' | undefined;
}

/** Properties that a scenario sets elsewhere. */
const saidElsewhere: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'write kafka.bootstrap',
  'metadata.broker.list': 'write kafka.bootstrap',
  'group.id': 'name the group in consumers',
  'transactional.id': 'alerts are sent without transactions',
};

/** Values of properties of which librdkafka takes more than brokers do. */
const brokersTake: Readonly<Record<string, string>> = {
  acks: 'all, -1, 0, 1',
  'request.required.acks': 'all, -1, 0, 1',
};

/** What is wrong with a librdkafka property; undefined when librdkafka takes it. */
export function clientPropertyProblem(name: string, value: unknown): PropertyProblem | undefined {
  const elsewhere = Object.hasOwn(saidElsewhere, name) ? saidElsewhere[name] : undefined;
  if (elsewhere !== undefined) {
    return { message: 'is not set here', hint: elsewhere, atKey: 'key' };
  }
  const known = Object.hasOwn(clientPropertyTable, name) ? clientPropertyTable[name] : undefined;
  if (known === undefined) {
    const near = nearest(name, Object.keys(clientPropertyTable));
    const hint = near === undefined ? undefined : `did you mean "${near}"?`;
    return { message: 'is not a property of librdkafka', hint, atKey: 'key' };
  }
  const message = valueProblem(brokersTake[name] ?? known[1], value);
  return message === undefined ? undefined : { message, hint: undefined, atKey: undefined };
}

function valueProblem(takes: string, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  if (takes === '') return undefined;
  const text = String(value);
  const [least, most] = takes.split(' .. ').map(Number);
  if (least === undefined || most === undefined) {
    const words = takes.split(', ');
    // librdkafka takes words in any case.
    if (words.some((word) => word.toLowerCase() === text.toLowerCase())) return undefined;
    return `must be one of ${words.join(', ')}, but is ${text}`;
  }
  const number = text.trim() === '' ? NaN : Number(text);
  if (number >= least && number <= most) return undefined;
  return `must be a number from ${least} to ${most}, but is ${text}`;
}
