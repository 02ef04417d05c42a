import { describe, expect, it } from 'vitest';
import {
  consumerEnvironment,
  insertConsumerVariables,
  type ConsumerVariables,
} from '../../src/scenario/consumerVariables.js';
import { parseScenario } from '../../src/scenario/parseScenario.js';

const values: ConsumerVariables = {
  ...{ bootstrap: '[::1]:9092,broker:9093', topic: 'alerts-v11', group: 'team test', member: '2' },
  registry: undefined,
};

describe('insertConsumerVariables', () => {
  it.each<[string, string, 'command' | 'environment', string | RegExp]>([
    ['each of them', 'c ${topic} ${member} ${bootstrap}', 'command', 'c alerts-v11 2 [::1]:9092,broker:9093'],
    ['nothing that is not one of them', 'c ${HOME} $topic ${i}', 'command', 'c ${HOME} $topic ${i}'],
    ['any value into the environment', '${group}', 'environment', 'team test'],
    [
      'no value that a shell would take apart',
      'c ${group}',
      'command',
      /asks for \$\{group\}, but "team test" has characters that a shell treats specially; .*\(ALERTSIM_GROUP\)/,
    ],
    [
      'no registry where there is none',
      'c ${registry}',
      'command',
      /asks for \$\{registry\}, but there is no/,
    ],
  ])('inserts %s', (_, text, into, expected) => {
    const insertion = insertConsumerVariables(text, values, into);
    const found = insertion.ok ? insertion.text : insertion.problem;
    if (typeof expected === 'string') expect(found).toBe(expected);
    else expect(found).toMatch(expected);
  });
});

it('the environment has the usual names and our own, and none for what there is not', () => {
  expect(consumerEnvironment(values)).toEqual({
    ...{ KAFKA_BOOTSTRAP_SERVERS: '[::1]:9092,broker:9093', ALERTSIM_BOOTSTRAP: '[::1]:9092,broker:9093' },
    ...{ KAFKA_TOPIC: 'alerts-v11', ALERTSIM_TOPIC: 'alerts-v11' },
    ...{ KAFKA_GROUP_ID: 'team test', ALERTSIM_GROUP: 'team test', ALERTSIM_MEMBER: '2' },
  });
});

describe("a scenario's variables", () => {
  const scenario = (command: string, more = ''): string => `
name: commands
alerts: { synthetic: { visits: 1, alertsPerVisit: 10 } }
replay: { phases: [{ name: steady, rate: 10/s, duration: 1s }] }
consumers:
  groups:
    - { name: mine, command: ${JSON.stringify(command)}, env: { A: '\${topic} \${HOST}' } }
${more}`;
  const context = { fileName: 's.yaml', environment: { HOST: 'here', topic: 'not this one' } };

  it.each<[string, string, readonly string[], string]>([
    ['stay those of the run in a command', 'c ${topic} ${HOST}', [], 'c ${topic} here'],
    ['stay those of the run in --set', 'c', ['consumers.groups.mine.command=d ${group}'], 'd ${group}'],
    ['can be left to the shell', 'for i in 1 2; do c $${i}; done', [], 'for i in 1 2; do c ${i}; done'],
  ])('%s', (_, command, overrides, expected) => {
    const result = parseScenario(scenario(command), { ...context, overrides });
    expect(result).toMatchObject({ ok: true });
    if (!result.ok) return;
    expect(result.plan.consumers.groups[0]).toMatchObject({ command: expected, env: { A: '${topic} here' } });
  });

  it('stay those of the run in a variant', () => {
    const variants = "variants: [{ name: other, set: { consumers.groups.mine.command: 'd ${member}' } }]";
    const result = parseScenario(scenario('c', variants), context);
    expect(result).toMatchObject({
      ok: true,
      plan: { variants: [{ set: { 'consumers.groups.mine.command': 'd ${member}' } }] },
    });
  });

  it('are reported with what a run knows where one is unknown', () => {
    expect(parseScenario(scenario('c ${tpoic}'), context)).toMatchObject({
      ok: false,
      faults: [
        {
          line: 7,
          message:
            'the environment variable tpoic is not set; set it or write ${tpoic:-default}; ' +
            'a run itself knows ${bootstrap}, ${topic}, ${group}, ${member}, ${registry}',
        },
      ],
    });
    // Elsewhere they are variables like any other.
    const elsewhere = parseScenario(scenario('c').replace('rate: 10/s', "rate: '${group}'"), context);
    expect(elsewhere).toMatchObject({ ok: false });
  });
});
