import { describe, expect, test } from 'vitest';
import { parseScenario, variantPlan } from '../../src/scenario/parseScenario.js';
import { printPlan } from '../../src/scenario/printPlan.js';
import { formatFaults } from '../../src/scenario/scenarioFaults.js';
import { sound } from './malformed.js';
import { planFrom } from './planFrom.js';

const parsed = (text: string) => parseScenario(text, { fileName: 's.yaml', environment: {} });

describe('a matrix', () => {
  const text = `${sound}matrix: {kafka.client.linger.ms: [0, 50], stream.partitions: [1, 8]}\nvariants: [{name: plain}]\n`;

  test('is one variant for each combination, behind those that are listed', () => {
    expect(planFrom(text).variants.map(({ name, set }) => [name, set])).toEqual([
      ['plain', {}],
      ['linger-ms-0_partitions-1', { 'kafka.client.linger.ms': 0, 'stream.partitions': 1 }],
      ['linger-ms-0_partitions-8', { 'kafka.client.linger.ms': 0, 'stream.partitions': 8 }],
      ['linger-ms-50_partitions-1', { 'kafka.client.linger.ms': 50, 'stream.partitions': 1 }],
      ['linger-ms-50_partitions-8', { 'kafka.client.linger.ms': 50, 'stream.partitions': 8 }],
    ]);
  });

  test('changes the plan of each variant, and prints as the variants that it stands for', () => {
    const plan = planFrom(text);
    const result = variantPlan(plan, 'linger-ms-50_partitions-8');
    if (!result.ok) throw new Error('no plan');
    expect(result.plan.kafka.client['linger.ms']).toBe(50);
    expect(result.plan.stream.partitions).toBe(8);
    expect(planFrom(printPlan(plan))).toEqual(plan);
  });

  test('takes variables as the settings that they become', () => {
    const plan = planFrom(`${sound}matrix: {stream.partitions: ["\${P}", 4]}`, { environment: { P: '16' } });
    expect(plan.variants.map(({ set }) => set)).toEqual([
      { 'stream.partitions': 16 },
      { 'stream.partitions': 4 },
    ]);
  });

  test.each([
    [
      'a path that is none',
      'matrix: {stream.partition: [1]}',
      /unknown key "partition" in stream; did you mean "partitions"/,
    ],
    [
      'a value that is impossible',
      'matrix: {stream.partitions: [1, -8]}',
      /must be a whole number .* but is -8/,
    ],
    ['no values', 'matrix: {stream.partitions: []}', /partitions/],
    ['one value without a list', 'matrix: {stream.partitions: 8}', /must be a list/],
    [
      'values that make the same name',
      'matrix: {kafka.client.client.id: [a.b, a-b]}',
      /is the name of an earlier variant/,
    ],
    [
      'too many of them',
      `matrix: {stream.partitions: [${Array.from({ length: 201 }, (_, index) => index + 1).join(', ')}]}`,
      /makes more than 200 variants/,
    ],
  ])('with %s is a fault with its place', (_what, matrix, message) => {
    const result = parsed(`${sound}${matrix}\n`);
    const faults = result.ok ? [] : formatFaults(result.faults).split('\n');
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(fault).toMatch(/^s\.yaml:\d+:\d+: /);
    expect(faults.join('\n')).toMatch(message);
  });
});
