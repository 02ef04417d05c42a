import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { printPlan } from '../../src/scenario/printPlan.js';
import { designExample, planFrom } from './planFrom.js';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const count = (least: number, most: number) => fc.integer({ min: least, max: most });
const duration = fc.oneof(
  count(1, 86_400).map((s) => `${s}s`),
  count(1, 10_000_000).map((us) => `${us}us`),
  fc.tuple(count(1, 23), count(1, 59)).map(([h, m]) => `${h}h${m}m`),
);
const rate = fc.oneof(
  count(1, 100_000).map((n) => `${n}/s`),
  fc.double({ min: 0.001, max: 1e6, noNaN: true }).map((n) => `${n}/min`),
);
const percentage = count(0, 1000).map((n) => `${n / 10}%`);
const setting = fc
  .oneof(fc.string(), fc.integer(), fc.boolean())
  .map((value) => (typeof value === 'string' ? value.replaceAll('${', '') : value));

const phases = fc.uniqueArray(name, { minLength: 1, maxLength: 5 }).chain((names) =>
  fc.tuple(
    ...names.map((phase) =>
      fc.oneof(
        fc.record({
          name: fc.constant(phase),
          pace: fc.constant('recorded'),
          speed: fc.double({ min: 0.01, max: 1000, noNaN: true }),
          passes: count(1, 9),
          rewrite: fc.boolean(),
        }),
        fc.record({ name: fc.constant(phase), rate: fc.oneof(rate, fc.constant('max')), duration }),
        fc.record({
          name: fc.constant(phase),
          search: fc.record(
            {
              from: count(1, 99).map((n) => `${n}/min`),
              to: count(2, 100_000).map((n) => `${n}/s`),
              hold: duration,
              settle: duration,
              precision: count(1, 500).map((n) => `${n / 10}%`),
              confirm: count(1, 9),
              probes: count(1, 99),
              conditions: fc.record({
                'ack.p99.9': count(1, 9999).map((n) => `< ${n / 10}ms`),
                failed: count(0, 9),
                achievedRate: percentage.map((text) => `>= ${text}`),
              }),
            },
            { requiredKeys: ['from', 'to'] },
          ),
        }),
        fc.record({
          name: fc.constant(phase),
          rate: fc.record({ from: rate, to: rate, steps: count(2, 20) }, { requiredKeys: ['from', 'to'] }),
          duration,
        }),
        fc.record({
          name: fc.constant(phase),
          visits: fc.record({
            cadence: fc.constant('37s'),
            burst: count(1, 37_000).map((ms) => `${ms}ms`),
            alerts: fc.oneof(
              count(1, 40_000),
              fc.record({
                mean: count(1, 9999),
                spread: percentage,
                peaks: percentage,
                peakAlerts: count(1, 9),
              }),
            ),
            seed: count(0, 99),
          }),
          count: count(1, 9),
        }),
      ),
    ),
  ),
);

const scenario = fc.record(
  {
    name,
    kafka: fc.record({ client: fc.dictionary(fc.constantFrom('client.id', 'ssl.ca.location'), setting) }),
    alerts: fc.oneof(
      fc.constant({ file: 'a.avro' }),
      fc.record({
        synthetic: fc.record({
          visits: count(1, 9),
          meanBytes: count(20_000, 90_000),
          cutouts: fc.boolean(),
          start: fc.constantFrom('now', '-2h', '2026-11-27T10:00:00Z'),
          history: fc.record(
            { none: fc.constantFrom('40%', '12.5%'), median: count(1, 99), max: count(500, 2300) },
            { requiredKeys: [] },
          ),
          objects: fc.record(
            { count: count(1, 1e6), recurrence: fc.constantFrom('50%', '100%') },
            { requiredKeys: [] },
          ),
          solarSystem: fc.constantFrom('0%', '30%', '100%'),
        }),
      }),
    ),
    reservoir: fc.record({ partitions: count(1, 9), reuse: fc.boolean(), schemaId: count(0, 9999) }),
    stream: fc.record({ replication: count(1, 3), config: fc.dictionary(name, setting) }),
    replay: fc.record({ workers: count(1, 8), warmup: duration, prefetch: fc.constant('1.5MiB'), phases }),
    consumers: fc.oneof(
      fc.record({ groups: count(0, 3), members: count(1, 4) }),
      fc.record({
        groups: fc.tuple(
          fc.record({ name: fc.constant('a'), members: count(2, 4), slow: fc.record({ maxRate: rate }) }),
          fc.record({
            name: fc.constant('b'),
            slow: fc.record({ pause: fc.constant('5ms') }),
            startAfter: duration,
          }),
          fc.record({ name: fc.constant('c'), external: name }),
          fc.record(
            {
              ...{ name: fc.constant('d'), command: fc.constant('python3 "a b.py"'), members: count(1, 4) },
              ...{ group: name, env: fc.dictionary(name, setting), ready: duration },
              restart: fc.constantFrom('never', 'always'),
            },
            { requiredKeys: ['name', 'command'] },
          ),
        ),
      }),
    ),
    expect: fc.record(
      {
        'ack.p99': count(1, 9999).map((n) => `< ${n / 10}ms`),
        failed: count(0, 9),
        achievedRate: fc.oneof(percentage, rate).map((text) => `>= ${text}`),
        throughput: fc.constant('> 12.5MB/s'),
      },
      { requiredKeys: [] },
    ),
    variants: fc.constantFrom(
      [],
      [{ name: 'v', set: { 'kafka.client.acks': 1 }, topic: { config: { a: 1 } } }],
      [{ name: 'v', kafkaVersion: '3.9.1', brokers: 3, zookeeper: true, jvm: ['-Xmx2g'] }],
    ),
    cluster: fc.constantFrom({}, { kafkaVersion: '4.4.0', jvm: ['-Xmx2g', '-XX:+UseZGC'] }),
    broker: fc.dictionary(name, setting),
    limits: fc.record({ drain: duration, selfCheck: fc.record({ scheduleLagP99: fc.constant('1.25ms') }) }),
  },
  { requiredKeys: ['name', 'alerts', 'replay'] },
);

test('a plan that is printed parses to the same plan', () => {
  fc.assert(
    fc.property(scenario, (data) => {
      const plan = planFrom(stringify(data));
      expect(planFrom(printPlan(plan))).toEqual(plan);
    }),
    { numRuns: 80 },
  );
});

test("the design's example survives being printed, and so does a text that looks like a variable", () => {
  for (const text of [designExample, `${designExample}broker: {a: "$\${HOME}"}\n`]) {
    const plan = planFrom(text, { environment: { INFLUX_URL: 'http://h:1', INFLUX_TOKEN: 't' } });
    expect({ ...planFrom(printPlan(plan)), secrets: plan.secrets }).toEqual(plan);
  }
});
