import { describe, expect, test } from 'vitest';
import { formatFaults } from '../../src/scenario/scenarioFaults.js';
import { parseScenario, type ScenarioResult } from '../../src/scenario/parseScenario.js';
import { malformed, sound } from './malformed.js';

function faultsOf(result: ScenarioResult): string[] {
  return result.ok ? [] : formatFaults(result.faults).split('\n');
}

describe('a malformed scenario is answered with every fault, its line, its column and the way out', () => {
  test.each(malformed)('%s', (_what, text, faults) => {
    const result = parseScenario(text, { fileName: 's.yaml', environment: {} });
    expect(faultsOf(result)).toEqual(faults.map((fault) => `s.yaml:${fault}`));
  });

  test('the scenario that the table starts from is sound', () => {
    expect(faultsOf(parseScenario(sound, { fileName: 's.yaml', environment: {} }))).toEqual([]);
  });

  test('a small file of nested aliases is refused, not unfolded', () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'l0: &l0 [x, x, x, x, x, x, x, x, x]'
        : `l${level}: &l${level} [${`*l${level - 1}, `.repeat(9)}]`,
    );
    const result = parseScenario(levels.join('\n'), { fileName: 's.yaml', environment: {} });
    expect(faultsOf(result).join('\n')).toContain('holds more than 100000 values');
  });
});

describe('a malformed override is answered with the --set that brought it', () => {
  const rows: [what: string, override: string, fault: string][] = [
    [
      'no equals sign',
      'stream.partitions',
      'is not of the form path=value; for example --set stream.partitions=8',
    ],
    ['an unknown key', 'stream.partition=8', 'unknown key "partition" in stream; did you mean "partitions"?'],
    ['a key below a text', 'stream.topic.name=x', 'stream.topic has no keys, but "name" is asked for'],
    [
      'an unknown phase',
      'replay.phases.stedy.rate=1/s',
      '"stedy" is not an entry of replay.phases; name one of steady',
    ],
    [
      'an impossible value',
      'stream.partitions=0',
      'stream.partitions must be a whole number from 1 to 10,000, but is 0',
    ],
    [
      'a value without its unit',
      'replay.phases.0.rate=5',
      'replay.phases.steady.rate needs a unit; write 5/s',
    ],
    [
      'a misspelt client property',
      'kafka.client.linger.mss=5',
      'kafka.client.linger.mss is not a property of librdkafka; did you mean "linger.ms"?',
    ],
    [
      'a variable that is not set',
      'name=${NAME}',
      'the environment variable NAME is not set; set it or write ${NAME:-default}',
    ],
  ];
  test.each(rows)('%s', (_what, override, fault) => {
    const result = parseScenario(sound, { fileName: 's.yaml', environment: {}, overrides: [override] });
    expect(faultsOf(result)).toEqual([`--set ${override}: ${fault}`]);
  });
});
