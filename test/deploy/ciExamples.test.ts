import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../../src/cli/program.js';
import { parseScenario } from '../../src/scenario/parseScenario.js';
import { installationFolder } from '../../src/version.js';
import { readCompose } from './composeFile.js';

const example = (name: string): string =>
  readFileSync(join(installationFolder, 'examples', 'ci', name), 'utf8');

/** The options of a command that are not options of it. */
async function unknownOptions(words: readonly string[]): Promise<readonly string[]> {
  const program = await buildProgram(words);
  let command = program;
  for (const word of words) command = command.commands.find((one) => one.name() === word) ?? command;
  const known = command.options.flatMap(({ long, short }) => [long, short]);
  expect(command.name()).not.toBe(program.name());
  return words.filter((word) => word.startsWith('-') && !known.includes(word));
}

describe('the workflow of examples/ci', () => {
  it("calls check-consumer with its own options, and with the run's variables only", async () => {
    const { jobs } = parse(example('check-consumer.yml')) as {
      readonly jobs: Record<string, { readonly steps: readonly { readonly run?: string }[] }>;
    };
    const run = jobs['check-consumer']?.steps.find(
      (step) => step.run?.startsWith('rubin-alert-sim') === true,
    )?.run;
    const [before = '', command = '', after = ''] = run?.split("'") ?? [];
    const words = [...before.trim().split(/\s+/).slice(1), command, ...after.trim().split(/\s+/)];
    expect(words).toContain('--junit');
    expect(await unknownOptions(words.filter((word) => word !== command))).toEqual([]);
    expect(command.match(/\$\{(\w+)\}/g)).toEqual(['${bootstrap}', '${topic}', '${group}', '${registry}']);
  });
});

describe('the compose file of examples/ci', () => {
  const { services } = parse(example('compose.yaml')) as {
    readonly services: Record<string, { readonly image: string; readonly command?: readonly string[] }>;
  };

  it("has this project's Kafka, and calls commands with options that they have", async () => {
    expect(services.kafka?.image).toBe(readCompose().services.kafka?.image);
    for (const { image, command = [] } of Object.values(services))
      if (image === 'rubin-alert-sim') expect(await unknownOptions(command)).toEqual([]);
  });

  it('runs a scenario that watches its consumer, in which lateness is a note', () => {
    const result = parseScenario(example('scenario.yaml'), { fileName: 'scenario.yaml', environment: {} });
    expect(result).toMatchObject({
      ok: true,
      plan: {
        purpose: 'consumers',
        stream: { topic: 'alerts-stream', existing: true },
        consumers: { groups: [{ kind: 'external', groupId: 'check-consumer' }] },
      },
    });
  });
});
