import { z } from 'zod';
import { clientPropertyProblem } from '../clientProperties.js';
import {
  bytesField,
  checkedText,
  percentageField,
  quantityField,
  type Report,
  ruled,
  settingField,
  topicField,
  wholeField,
} from '../fields.js';
import { readInstant } from '../instants.js';
import type { AlertsPlan } from '../plan.js';
import { durationQuantity, sizeQuantity } from '../quantities.js';
import { isMap, shown } from '../source.js';
import { bootstrapProblem } from './kafka.js';

const mostSeed = 4_294_967_295;
const kinds = ['file', 'files', 'topic', 'synthetic', 'payload'] as const;

const foreverError = ({ input }: { readonly input?: unknown }): string =>
  `must be a number of visits, or forever, but is ${shown(input)}`;

const synthetic = ruled(
  z.strictObject({
    visits: z
      .union([wholeField(1, 65_000), z.literal('forever', { error: foreverError })])
      .optional()
      .meta({
        description:
          'How many visits are made and preloaded, by default 1; or forever: alerts are made while they are sent.',
      }),
    duration: quantityField(durationQuantity, { above: '0s', most: '3650d' }).optional().meta({
      description:
        'Instead of visits: alerts are made while they are sent, enough for so long at the cadence.',
    }),
    buffer: quantityField(sizeQuantity, { least: '4MB', most: '64GiB' }).optional().meta({
      description:
        'How much is made ahead of what is sent. Default: one visit, at most a quarter of the free memory.',
    }),
    generators: wholeField(1, 64)
      .optional()
      .meta({ description: 'Threads that make alerts while they are sent. Default: half of the cores.' }),
    alertsPerVisit: wholeField(1, 1_000_000)
      .prefault(10_000)
      .meta({ description: 'Alerts of each visit; Rubin expects 10,000 on average.' }),
    detectors: wholeField(1, 189)
      .prefault(189)
      .meta({ description: 'Detectors that see them; Rubin has 189.' }),
    meanBytes: bytesField(1200, 1_000_000, 150_000).optional().meta({
      description: 'Mean size of an alert, in bytes or as a size. Default: what the histories give.',
    }),
    cadence: quantityField(durationQuantity, { least: '0s', most: '1d' })
      .prefault('37s')
      .meta({ description: 'Time from one visit to the next.' }),
    seed: wholeField(0, mostSeed).prefault(1).meta({ description: 'The seed of all that is random.' }),
    start: instantField('now').optional().meta({
      description: 'When the first visit was: an instant, or relative to the start of the run: now.',
    }),
    history: z
      .strictObject({
        none: percentageField({ least: '0%', most: '100%' })
          .prefault('40%')
          .meta({ description: 'How many alerts of objects have no earlier sources.' }),
        median: wholeField(0, 2300, 8)
          .optional()
          .meta({ description: 'Half of them have at most so many earlier sources. Default: 8.' }),
        max: wholeField(1, 2300, 1000)
          .prefault(1000)
          .meta({ description: 'The largest number of earlier sources.' }),
      })
      .prefault({})
      .meta({ description: 'How many earlier sources alerts have.' }),
    objects: z
      .strictObject({
        count: wholeField(1, 1_000_000_000, 100_000).optional().meta({
          description:
            'Objects on the sky that come back. Default: so many that their fields are seen 20 times or, in long streams, after half an hour.',
        }),
        recurrence: percentageField({ least: '10%', most: '100%' })
          .prefault('100%')
          .meta({ description: 'In how many visits of its field an object is looked at.' }),
      })
      .prefault({})
      .meta({ description: 'The objects that come back.' }),
    solarSystem: percentageField({ least: '0%', most: '100%' })
      .prefault('30%')
      .meta({ description: 'How many alerts are of known solar-system bodies.' }),
    schema: schemaField().prefault('11.0').meta({ description: "Version of Rubin's alert schema." }),
    cutouts: z.boolean().prefault(true).meta({ description: 'Whether alerts carry their three cutouts.' }),
  }),
  ({ alertsPerVisit, detectors, ...ahead }, report) => {
    checkAhead(ahead, report);
    // Identifiers keep 16 bits for the sources of one detector.
    if (typeof alertsPerVisit === 'number' && typeof detectors === 'number') {
      const most = detectors * 65_536;
      if (alertsPerVisit > most)
        report(['alertsPerVisit'], `must be at most ${most} with detectors: ${detectors}`);
    }
  },
);

function checkAhead(
  {
    visits,
    duration,
    ...others
  }: Readonly<Partial<Record<'visits' | 'duration' | 'buffer' | 'generators', unknown>>>,
  report: Report,
): void {
  if (duration !== undefined && visits !== undefined)
    report(
      ['duration'],
      'stands beside visits, but each of them says how many there are',
      'remove one',
      'key',
    );
  if (duration !== undefined || visits === 'forever') return;
  for (const [key, value] of Object.entries(others)) {
    if (value === undefined || !['buffer', 'generators'].includes(key)) continue;
    const hint = 'write visits: forever, or remove it';
    report([key], 'is for alerts that are made while they are sent', hint, 'key');
  }
}

const payload = z.strictObject({
  bytes: bytesField(1, 9_000_000, 100).meta({ description: 'Size of each message, in bytes or as a size.' }),
  count: wholeField(1, 10_000_000)
    .prefault(10_000)
    .meta({ description: 'How many different messages are preloaded.' }),
  seed: wholeField(0, mostSeed).prefault(1).meta({ description: 'The seed of the content.' }),
});

const topic = ruled(
  z
    .strictObject({
      name: topicField().meta({ description: 'The topic.' }),
      from: instantField('2026-11-27T00:00:00Z')
        .optional()
        .meta({ description: 'Only messages from here on: an instant, or relative to the start: -2h.' }),
      to: instantField('2026-11-27T10:00:00Z')
        .optional()
        .meta({ description: 'Only messages before this. Default: what is there at the start.' }),
      bootstrap: checkedText('localhost:9092', bootstrapProblem)
        .optional()
        .meta({ description: 'Brokers of its cluster. Default: the one that is under test.' }),
      client: z
        .record(z.string(), settingField)
        .prefault({})
        .meta({ description: 'librdkafka properties for that cluster, e.g. for SASL.' }),
    })
    .meta({ examples: [{ name: 'lsst-alerts-v11', from: '-2h' }] }),
  ({ client, bootstrap }, report) => {
    if (!isMap(client)) return;
    if (bootstrap === undefined && Object.keys(client).length > 0)
      report(
        ['client'],
        'is for another cluster, but bootstrap names none',
        'add bootstrap, or use kafka.client',
      );
    for (const [name, value] of Object.entries(client)) {
      const problem = clientPropertyProblem(name, value);
      if (problem !== undefined) report(['client', name], problem.message, problem.hint, problem.atKey);
    }
  },
);

/** A version of the schema; YAML reads one without quotes as a number. */
function schemaField() {
  const versions = ['9.0', '10.0', '11.0', '11.1'] as const;
  return z.union([
    z.enum(versions),
    z.literal(versions.map(Number)).transform((version) => version.toFixed(1) as (typeof versions)[number]),
  ]);
}

function instantField(example: string) {
  return checkedText(example, (text) => {
    const read = readInstant(text, 0);
    return read.ok ? undefined : read.problem;
  });
}

function pathField(example: string) {
  return checkedText(example, (path) => {
    if (path === '') return 'is empty';
    return path === '-' ? 'cannot be standard input' : undefined;
  });
}

/** Keys that say how files are read. */
const reading = {
  schema: pathField('schema/alert.avsc')
    .optional()
    .meta({ description: 'A file with the schema of records that do not bring theirs.' }),
  timeField: checkedText('candidate.jd:jd', timeFieldProblem)
    .optional()
    .meta({ description: 'Where the time of an alert is, and its unit, for schemas that are not known.' }),
  idField: checkedText('candid', (text) => pathProblem(text))
    .optional()
    .meta({ description: 'Where the id of an alert is, for schemas that are not known.' }),
  framing: z
    .enum(['confluent', 'container', 'raw', 'as-is'])
    .optional()
    .meta({ description: "What a message holds; by default as in the survey's own stream." }),
  keepOrder: z.boolean().optional().meta({
    description: 'Whether alerts stay in the order of their files instead of being sorted by time.',
  }),
  skipInvalid: z
    .boolean()
    .optional()
    .meta({ description: 'Whether damaged alerts, and those without a usable time, are left out.' }),
};

const timeUnits = ['mjd', 'jd', 'unix', 'unix_ms', 'unix_us', 'unix_ns', 'iso'];

const readingKeys = Object.keys(reading) as (keyof typeof reading)[];

function timeFieldProblem(text: string): string | undefined {
  const [path = '', unit, ...more] = text.split(':');
  if (more.length > 0 || (unit !== undefined && !timeUnits.includes(unit)))
    return `must be a field, and after a colon its unit, one of ${timeUnits.join(', ')}`;
  return pathProblem(path);
}

function pathProblem(path: string): string | undefined {
  return path.split('.').every((name) => /^[A-Za-z_]\w*$/.test(name))
    ? undefined
    : 'must be names of fields with dots between, such as candidate.jd';
}

/** Which alerts are sent: those of a container, the generator's, or messages of one size. */
export const alertsSection = ruled(
  z
    .strictObject({
      file: pathField('data/rubin_single_ccd_sample.avro').optional().meta({
        description:
          'A file, folder or pattern of alerts, relative to the folder where the program is started: containers, framed alerts, gzip, tar, zip.',
      }),
      files: z
        .array(pathField('night/'))
        .min(1, 'needs at least one name')
        .optional()
        .meta({ description: 'Several of these.', examples: [['night/', 'ztf_public_20180819.tar.gz']] }),
      ...reading,
      topic: topic.optional().meta({
        description: 'Messages of a topic, due by their timestamps, with their keys and headers.',
      }),
      synthetic: synthetic.optional().meta({ description: 'Alerts that are made by the generator.' }),
      payload: payload
        .optional()
        .meta({ description: 'Messages of one size with random content instead of alerts.' }),
    })
    .meta({ examples: [{ file: 'data/rubin_single_ccd_sample.avro' }] }),
  (alerts, report) => {
    const given = kinds.filter((kind) => alerts[kind] !== undefined);
    if (given.length === 0) report([], 'needs one of file, files, topic, synthetic or payload');
    for (const kind of given.slice(1)) {
      report(
        [kind],
        `stands beside alerts.${given[0] ?? ''}, but alerts come from one place`,
        'remove one of them',
        'key',
      );
    }
    if (alerts.file !== undefined || alerts.files !== undefined) return;
    for (const key of readingKeys.filter((one) => alerts[one] !== undefined))
      report([key], 'is for alerts from files only', 'remove it', 'key');
  },
)
  .transform(({ file, files, topic, synthetic, payload, ...reading }): AlertsPlan => {
    if (topic !== undefined) {
      const { name, from, to, bootstrap, client } = topic;
      return { kind: 'topic', topic: name, from, to, bootstrap, client };
    }
    if (synthetic !== undefined) {
      const { cadence, visits = 1, duration, buffer, generators, ...rest } = synthetic;
      const isAhead = visits === 'forever' || duration !== undefined;
      return {
        kind: 'synthetic',
        ...rest,
        cadenceNs: cadence,
        visits: visits === 'forever' ? 1 : visits,
        ahead: isAhead ? { durationNs: duration, bufferBytes: buffer, generators } : undefined,
      };
    }
    if (payload !== undefined) return { kind: 'payload', ...payload };
    const { schema, timeField, idField, framing, keepOrder = false, skipInvalid = false } = reading;
    return {
      kind: 'file',
      files: files ?? [file ?? ''],
      reading: {
        ...(schema !== undefined && { schema }),
        ...(timeField !== undefined && { timeField }),
        ...(idField !== undefined && { idField }),
        ...(framing !== undefined && { framing }),
        ...{ keepOrder, skipInvalid },
      },
    };
  })
  .meta({
    description: 'Which alerts are sent.',
    oneOf: kinds.map((kind) => ({ required: [kind] })),
  });
