import { syntheticDefaults, type SyntheticOptions } from '../alerts/synthetic/options.js';
import { alertFacts } from '../coordinator/alertFacts.js';
import type { Retention } from '../coordinator/retention.js';
import { AlertSimError } from '../errors.js';
import { aheadOf, type Plan } from '../scenario/plan.js';
import type { ConnectionValues } from './connectionOptions.js';
import type { CommandContext } from './context.js';
import { readScenario } from './readScenario.js';
import type { ReadingValues } from './readingOptions.js';
import type { RegistryValue } from './registryOption.js';
import type { TopicConfigValues } from './topicOptions.js';

/** The options of `serve-stream`. */
export interface ServeValues extends ConnectionValues, ReadingValues, RegistryValue, TopicConfigValues {
  readonly dstTopic: string;
  readonly dstTopicPartitions: number;
  readonly retention: Retention;
  readonly alerts?: number;
  readonly cadence: number;
  readonly burst?: number;
  readonly detectors: number;
  readonly visits: number;
  readonly late: number;
  readonly meanBytes?: number;
  readonly seed: number;
  readonly cutouts: boolean;
  readonly schemaId?: number;
  readonly buffer?: number;
  readonly generators?: number;
  readonly producerTimestamp?: boolean;
  readonly health?: HealthAddress;
  readonly local?: boolean;
  readonly timeoutSec: number;
}

/** Where probes are answered. */
export interface HealthAddress {
  readonly host: string;
  readonly port: number;
}

/** What is served. */
export interface ServeRequest {
  /** None for synthetic alerts. */
  readonly files: readonly string[];
  readonly values: ServeValues;
  /** Of a scenario. */
  readonly synthetic?: Partial<SyntheticOptions>;
}

/**
 * What a command line asks for.
 *
 * @param flags - the options that were given, by the name of their value: `--dst-topic` by `dstTopic`
 * @throws `BAD_USAGE` for an option that would have no effect, `BAD_SCENARIO`
 */
export async function serveRequest(
  files: readonly string[],
  values: ServeValues,
  flags: ReadonlyMap<string, string>,
  context: CommandContext,
): Promise<ServeRequest> {
  const [only = ''] = files;
  const isScenario = files.length === 1 && /\.ya?ml$/i.test(only);
  const request = isScenario ? await ofScenario(only, values, flags, context) : { files, values };
  const idle = request.files.length === 0 ? forFiles : forSynthetic;
  const [flag] = idle.flatMap((name) => flags.get(name) ?? []);
  if (flag === undefined) return request;
  const [wanted, found] =
    request.files.length === 0 ? ['alerts of files', 'synthetic'] : ['synthetic alerts', 'of files'];
  throw new AlertSimError(
    'BAD_USAGE',
    `${flag} is for ${wanted}, but those that are served are ${found}: leave it out`,
  );
}

/** Options without an effect on the other kind of alerts. */
const forFiles = [
  'schema',
  'timeField',
  'idField',
  'framing',
  'keepOrder',
  'skipInvalid',
] as const satisfies readonly (keyof ServeValues)[];
const forSynthetic = [
  'meanBytes',
  'seed',
  'cutouts',
  'generators',
] as const satisfies readonly (keyof ServeValues)[];

/**
 * What a scenario serves: its alerts, in the visits of its first phase, on its cluster.
 *
 * @throws `BAD_SCENARIO`; `BAD_USAGE` for an option whose value the scenario has
 */
async function ofScenario(
  file: string,
  values: ServeValues,
  flags: ReadonlyMap<string, string>,
  context: CommandContext,
): Promise<ServeRequest> {
  const plan = await readScenario(file, [], context);
  const { alerts } = plan;
  if (alerts.kind !== 'file' && aheadOf(alerts) === undefined)
    throw unserved(file, 'its alerts must be files, or synthetic with visits: forever');
  const synthetic = alerts.kind === 'file' ? undefined : await syntheticOf(plan);
  const settings = [...commonSettings(file, plan), ...alertSettings(plan, synthetic)].filter(
    ([, , value]) => value !== undefined,
  );
  for (const [name, key] of settings) {
    const flag = flags.get(name);
    if (flag !== undefined)
      throw new AlertSimError(
        'BAD_USAGE',
        `${flag} has no effect beside a scenario: change ${key} in ${file}`,
      );
  }
  const ofPlan = Object.fromEntries(settings.map(([name, , value]) => [name, value]));
  return {
    files: alerts.kind === 'file' ? alerts.files : [],
    values: { ...values, ...ofPlan },
    ...(synthetic !== undefined && { synthetic }),
  };
}

/** An option, the key of a scenario that says the same, and what it says; undefined leaves it to the option. */
type Setting = {
  [Name in keyof ServeValues]-?: readonly [Name, key: string, value: ServeValues[Name] | undefined];
}[keyof ServeValues];

/** @throws `BAD_SCENARIO` */
function commonSettings(file: string, { kafka, registry, reservoir, stream, replay }: Plan): Setting[] {
  const [first] = replay.phases;
  if (first?.pacing.kind !== 'visits' || first.pacing.size.kind !== 'fixed')
    throw unserved(file, 'its first phase must have visits with a number of alerts');
  const { cadenceNs, burstNs, detectors, size } = first.pacing;
  const visits = `replay.phases.${first.name}.visits`;
  const assignments = (map: object): string[] =>
    Object.entries(map).map(([name, value]) => `${name}=${value}`);
  return [
    ['broker', 'kafka.bootstrap', kafka.bootstrap],
    ['property', 'kafka.client', assignments(kafka.client)],
    ['registry', 'registry.url', registry?.url],
    ['dstTopic', 'stream.topic', stream.topic],
    ['dstTopicPartitions', 'stream.partitions', stream.partitions],
    ['topicConfig', 'stream.config', assignments(stream.config)],
    ['producerTimestamp', 'stream.producerTimestamp', stream.producerTimestamp],
    ['schemaId', 'reservoir.schemaId', reservoir.schemaId],
    ['cadence', `${visits}.cadence`, cadenceNs],
    ['burst', `${visits}.burst`, burstNs],
    ['detectors', `${visits}.detectors`, detectors],
    ['alerts', `${visits}.alerts`, size.alerts],
  ];
}

function alertSettings({ alerts }: Plan, synthetic: Partial<SyntheticOptions> | undefined): Setting[] {
  if (alerts.kind === 'file') {
    const { schema, timeField, idField, framing, keepOrder, skipInvalid } = alerts.reading;
    return [
      ['schema', 'alerts.schema', schema],
      ['timeField', 'alerts.timeField', timeField],
      ['idField', 'alerts.idField', idField],
      ['framing', 'alerts.framing', framing],
      ['keepOrder', 'alerts.keepOrder', keepOrder],
      ['skipInvalid', 'alerts.skipInvalid', skipInvalid],
    ];
  }
  const { seed, cutouts, meanBytes } = { ...syntheticDefaults, ...synthetic };
  const { bufferBytes, generators } = aheadOf(alerts) ?? {};
  return [
    ['seed', 'alerts.synthetic.seed', seed],
    ['cutouts', 'alerts.synthetic.cutouts', cutouts],
    ['meanBytes', 'alerts.synthetic.meanBytes', meanBytes],
    ['buffer', 'alerts.synthetic.buffer', bufferBytes],
    ['generators', 'alerts.synthetic.generators', generators],
  ];
}

/** @throws `BAD_USAGE` where options do not go together */
async function syntheticOf(plan: Plan): Promise<Partial<SyntheticOptions>> {
  const { source } = await alertFacts(plan);
  return source.kind === 'synthetic' ? source.options : {};
}

function unserved(file: string, why: string): AlertSimError {
  return new AlertSimError('BAD_SCENARIO', `${file} cannot be served: ${why}`);
}
