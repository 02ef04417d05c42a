import { differenceText } from '../../src/report/compareText.js';
import { describe, expect, test } from 'vitest';
import { differencesOf } from '../../src/compare/sameness.js';

const manifest = (linger: number, cpu = 'x', more: Record<string, unknown> = {}) => ({
  id: String(Math.random()),
  run: Math.random(),
  startedAt: String(Math.random()),
  scenario: { variant: `l${linger}`, kafka: { client: { 'linger.ms': linger } } },
  host: { cpu, loadBefore: [Math.random()] },
  ...more,
});
const facts = (group: string, content: unknown, changes: readonly string[] = []) => ({
  run: `${group} ${String(Math.random())}`,
  group,
  manifest: content,
  changes,
});

describe('what differs', () => {
  const change = ['kafka.client.linger.ms'];

  test('is nothing but times, names and load for two runs of the same', () => {
    expect(differencesOf([facts('a', manifest(0)), facts('a', manifest(0))])).toEqual([]);
  });

  test('is not where the figures of brokers were read, but how many were', () => {
    const at = (...ports: number[]) =>
      manifest(0, 'x', { brokerFigures: { addresses: ports.map((port) => `localhost:${port}`) } });
    expect(differencesOf([facts('a', at(1)), facts('a', at(2))])).toEqual([]);
    const [found, ...others] = differencesOf([facts('a', at(1, 2)), facts('b', at(3))]);
    expect(others).toEqual([]);
    expect(found && differenceText(found)).toBe('brokerFigures.addresses.1: present (a), absent (b)');
  });

  test('is of the variant where the variant says so', () => {
    const [found, ...others] = differencesOf([facts('a', manifest(0)), facts('b', manifest(50), change)]);
    expect(others).toEqual([]);
    expect(found?.ofVariant).toBe(true);
    expect(found && differenceText(found)).toBe('scenario.kafka.client.linger.ms: 0 (a), 50 (b)');
  });

  test.each([
    ['a setting that no variant names', facts('b', manifest(50))],
    ['another machine', facts('b', manifest(0, 'y'), change)],
    ['a setting that differs within a group', facts('a', manifest(50), change)],
    [
      'a setting of a broker as it was read back',
      facts('b', manifest(0, 'x', { cluster: { brokers: { 1: { a: '1' } } } }), change),
    ],
  ])('is not of the variant for %s', (_what, other) => {
    const found = differencesOf([facts('a', manifest(0)), other]);
    expect(found.map(({ ofVariant }) => ofVariant)).toEqual([false]);
  });

  test('is of the variant for topic and broker settings that it names, as they are read back', () => {
    const read = (value: string) => ({
      cluster: { stream: { 'compression.type': value }, brokers: { 1: { 'num.io.threads': value } } },
    });
    const changes = ['stream.config.compression.type', 'broker.num.io.threads'];
    const found = differencesOf([
      facts('a', manifest(0, 'x', read('1'))),
      facts('b', manifest(0, 'x', read('2')), changes),
    ]);
    expect(found.map(({ ofVariant }) => ofVariant)).toEqual([true, true]);
  });
});
