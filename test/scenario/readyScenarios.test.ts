import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatFaults } from '../../src/scenario/scenarioFaults.js';
import { parseScenario, variantPlan } from '../../src/scenario/parseScenario.js';
import type { Pacing } from '../../src/schedule/pacing.js';
import { planFrom } from './planFrom.js';

const folder = new URL('../../scenarios/', import.meta.url);
const yamlIn = (within: string): string[] =>
  readdirSync(new URL(within, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${within}${file}`);
const files = [...yamlIn('./'), ...yamlIn('./compare/')];

describe('ready scenarios', () => {
  test.each(files)('%s is sound, without warnings, and says what it shows and how long it takes', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const result = parseScenario(text, { fileName: file, environment: {} });
    if (!result.ok) throw new Error(formatFaults(result.faults));
    expect(result.warnings).toEqual([]);
    expect(`${result.plan.name}.yaml`).toBe(file.split('/').at(-1));
    for (const { name } of result.plan.variants) expect(variantPlan(result.plan, name).ok).toBe(true);
    const comment =
      /^# yaml-language-server: \$schema=(?:\.\.\/)?schema\.json\n((?:# .*\n)+)name:/.exec(text)?.[1] ?? '';
    expect(comment).toContain('Shows');
    expect(comment.replaceAll('\n# ', ' ')).toMatch(/Takes about [\d.]+ (seconds|minutes?)/);
  });

  test('those in compare/ have two variants or more', () => {
    for (const file of yamlIn('./compare/')) {
      const { variants } = planFrom(readFileSync(new URL(file, folder), 'utf8'));
      expect(variants.length).toBeGreaterThanOrEqual(2);
    }
  });

  test('each keeps to topics of its own', () => {
    const topics = files.flatMap((file) => {
      const { reservoir, stream } = planFrom(readFileSync(new URL(file, folder), 'utf8'));
      return [reservoir.topic, stream.topic];
    });
    expect(new Set(topics).size).toBe(topics.length);
  });

  test('the quick one ends within 30 seconds', () => {
    const { replay } = planFrom(readFileSync(new URL('quick-smoke.yaml', folder), 'utf8'));
    const replayNs = replay.phases.reduce(
      (sum, { pacing }) => sum + ('durationNs' in pacing ? pacing.durationNs : Infinity),
      replay.warmupNs,
    );
    expect(replayNs).toBeLessThanOrEqual(15e9);
  });

  test('one of them has every kind of phase with a rule that is known before, and another one searches', () => {
    const kinds = ['every-phase.yaml', 'find-the-limit.yaml'].map((file) => {
      const { replay } = planFrom(readFileSync(new URL(file, folder), 'utf8'));
      return new Set(replay.phases.map(({ pacing }) => pacing.kind));
    });
    const known = { recorded: 1, constant: 1, ramp: 1, stairs: 1, visits: 1, max: 1 } satisfies Record<
      Exclude<Pacing['kind'], 'search' | 'backlog' | 'catchUp'>,
      1
    >;
    expect(kinds[0]).toEqual(new Set(Object.keys(known)));
    expect([...(kinds[1] ?? [])]).toEqual(['search']);
  });
});
