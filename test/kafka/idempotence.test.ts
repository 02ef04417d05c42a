import { describe, expect, it } from 'vitest';
import { idempotenceConflict, producerSettings } from '../../src/kafka/idempotence.js';

describe('what a user asks for beside our idempotence', () => {
  it.each([
    ['nothing', {}, undefined],
    ['all acknowledgements, in words', { acks: 'all' }, undefined],
    ['all acknowledgements, as a number', { acks: -1 }, undefined],
    ['one acknowledgement', { acks: 1 }, 'acks=1'],
    [
      'one acknowledgement, under its other name',
      { 'request.required.acks': '0' },
      'request.required.acks=0',
    ],
    ['five requests in flight', { 'max.in.flight': 5 }, undefined],
    [
      'more requests in flight',
      { 'max.in.flight.requests.per.connection': '6' },
      'max.in.flight.requests.per.connection=6',
    ],
    ['no retries', { retries: 0 }, 'retries=0'],
    ['the last one first', { 'queuing.strategy': 'lifo' }, 'queuing.strategy=lifo'],
    ['both, which librdkafka has to judge', { acks: 1, 'enable.idempotence': true }, undefined],
  ])('%s', (_what, users, conflict) => {
    expect(idempotenceConflict(users)).toBe(conflict);
    const settings = producerSettings({ 'enable.idempotence': true }, users, users);
    expect(settings['enable.idempotence']).toBe(conflict === undefined);
  });

  it('transactions are rejected by name', () => {
    expect(() => producerSettings({}, {}, { 'transactional.id': 'a' })).toThrow(/transactional\.id/);
  });
});
