import { Command, InvalidArgumentError, Option } from 'commander';
import { codecNames, type CodecName } from '../alerts/codecs.js';
import { openContainer } from '../alerts/container.js';
import { createAlertMaker, type AlertMaker } from '../alerts/synthetic/alertMaker.js';
import {
  resolveSyntheticOptions,
  syntheticDefaults as defaults,
  type OptionNames,
  type SyntheticOptions,
} from '../alerts/synthetic/options.js';
import { schemaVersions, type SchemaVersion } from '../alerts/synthetic/schemaText.js';
import { samples, type SampleName } from '../alerts/synthetic/samples.js';
import {
  isCurrentContainer,
  writeSyntheticContainer,
  type SyntheticContainer,
  type WriteOptions,
} from '../alerts/synthetic/writeContainer.js';
import { taiMjdOf } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import { diskOf } from '../machine.js';
import { formatBytes, formatCount } from '../report/format.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { percentageQuantity } from '../scenario/quantities.js';
import { readInstant } from '../scenario/instants.js';
import { bytesOption, numberOption, quantityOption, secondsOption } from './numbers.js';
import { syntheticFlag } from './syntheticFlag.js';

interface GenerateValues {
  readonly visits: number;
  readonly alertsPerVisit: number;
  readonly detectors: number;
  readonly meanBytes?: number;
  readonly cadence: number;
  readonly seed: number;
  readonly startMjd: number;
  readonly cutouts: boolean;
  readonly start?: number;
  readonly historyNone: number;
  readonly historyMedian?: number;
  readonly historyMax: number;
  readonly objects?: number;
  readonly recurrence: number;
  readonly solarSystem: number;
  readonly schema: SchemaVersion;
  readonly codec: CodecName;
  readonly sample?: SampleName;
  readonly force?: boolean;
}

const decidingOptions = [
  'visits',
  'alertsPerVisit',
  'detectors',
  'meanBytes',
  'cadence',
  'seed',
  'startMjd',
  'cutouts',
  ...['start', 'historyNone', 'historyMedian', 'historyMax', 'objects', 'recurrence', 'solarSystem'],
  'schema',
  'codec',
];

/** `generate`: writes synthetic alerts to a container. */
export function generateCommand(): Command {
  const whole = numberOption(0);
  const any = numberOption(0, 'any');
  const command = new Command('generate')
    .description('write synthetic alerts, the same bytes for the same options')
    .argument('[out]', 'container to write, .avro (with --sample: where the sample belongs)')
    .option('--visits <count>', 'number of visits', whole, defaults.visits)
    .option('--alerts-per-visit <count>', 'alerts of each visit', whole, defaults.alertsPerVisit)
    .option('--detectors <count>', 'detectors that they are spread over', whole, defaults.detectors)
    .option(
      '--mean-bytes <size>',
      'mean size of an alert, by longer or shorter histories: 200kB',
      bytesOption,
    )
    .option(
      '--cadence <time>',
      'time from one visit to the next: 37s, or seconds',
      secondsOption,
      defaults.cadenceSeconds,
    )
    .option('--seed <number>', 'seed of all that is random', whole, defaults.seed)
    .addOption(
      new Option('--start <instant>', 'time of the first visit: 2026-11-27T10:00:00Z, -2h or now')
        .argParser(startOption)
        .conflicts('startMjd'),
    )
    .option('--start-mjd <mjd>', 'the same as MJD in TAI', any, defaults.startMjd)
    .addOption(
      shareOption('--history-none', 'alerts of objects without earlier sources', defaults.historyNone),
    )
    .option('--history-median <count>', 'earlier sources of half of them at most (default: 8)', whole)
    .option('--history-max <count>', 'earlier sources at most', whole, defaults.historyMax)
    .option(
      '--objects <count>',
      'objects on the sky that come back (default: those of 1 to 53 fields)',
      whole,
    )
    .addOption(shareOption('--recurrence', 'visits to its field that look at an object', defaults.recurrence))
    .addOption(shareOption('--solar-system', 'alerts of solar-system bodies', defaults.solarSystem))
    .option('--no-cutouts', 'leave the FITS images out')
    .addOption(
      new Option('--schema <version>', "version of Rubin's alert schema")
        .choices(schemaVersions)
        .default(defaults.schema),
    )
    .addOption(
      new Option('--codec <codec>', 'compression of the container').choices(codecNames).default('null'),
    )
    .addOption(
      new Option('--sample <name>', 'write a sample that the documentation speaks of')
        .choices(Object.keys(samples))
        .conflicts(decidingOptions),
    )
    .option('--force', 'overwrite a file that exists');
  return command.action(async (out: string | undefined) => {
    await generate(out, command.opts<GenerateValues>(), commandContext(command));
  });
}

/**
 * Makes the sample of one detector unless the file exists already, complete and of this version.
 *
 * @param path - normally `data/rubin_single_ccd_sample.avro`
 * @throws `INTERRUPTED` after Ctrl-C; no incomplete file is left
 */
export async function ensureSingleCcdSample(path: string, context: CommandContext): Promise<void> {
  const { options, codec } = samples['single-ccd'];
  if (await isCurrentContainer(path, resolveSyntheticOptions(options))) return;
  await write(path, createAlertMaker(options), { codec, existing: 'replace' }, context);
}

/**
 * Writes a container, as the options say.
 *
 * @param out - undefined for a sample in its own place
 * @throws `BAD_USAGE` for values out of range, a missing file name, or a file that exists
 */
export async function generate(
  out: string | undefined,
  values: GenerateValues,
  context: CommandContext,
): Promise<void> {
  const sample = values.sample === undefined ? undefined : samples[values.sample];
  const path = out ?? sample?.path;
  if (path === undefined) {
    throw new AlertSimError('BAD_USAGE', 'generate needs the name of the file to write, such as alerts.avro');
  }
  const nameOf = flagsOf(values);
  const options = resolveSyntheticOptions(sample?.options ?? optionsOf(values), nameOf);
  const codec = sample?.codec ?? values.codec;
  if (values.force !== true && (await isSame(path, options, codec))) {
    context.print(`${path} is there already, with these very alerts`);
    return;
  }
  const maker = createAlertMaker(options, nameOf);
  if (codec === 'null') await refuseWithoutRoom(path, maker);
  const existing = values.force === true ? 'replace' : 'refuse';
  const written = await write(path, maker, { codec, existing }, context);
  context.print(closingLine(path, written));
}

/** The last line: `wrote 792 alerts to a.avro: 65.8 MB, mean alert 83,012 bytes, spanning 1.670 s` */
export function closingLine(path: string, written: SyntheticContainer): string {
  const { alerts, fileBytes, recordBytes, spanSeconds } = written;
  return (
    `wrote ${formatCount(alerts)} alerts to ${path}: ${formatBytes(fileBytes)}, ` +
    `mean alert ${formatCount(recordBytes / alerts)} bytes, spanning ${Number(spanSeconds.toFixed(3))} s`
  );
}

async function write(
  path: string,
  maker: AlertMaker,
  how: Pick<WriteOptions, 'codec' | 'existing'>,
  context: CommandContext,
): Promise<SyntheticContainer> {
  const progress = context.progress({ title: 'generating', unit: 'alerts', total: maker.count });
  let done = 0;
  const written = await writeSyntheticContainer(path, maker, {
    ...how,
    signal: context.signal,
    onAlert: (alerts, bytes) => {
      done = alerts;
      progress.update(alerts, bytes);
    },
  }).finally(progress.stop);
  if (written === undefined) {
    throw interrupted(`${done} of ${maker.count} alerts were made; ${path} was not written`);
  }
  return written;
}

/** Whether writing the file would give the same bytes again. */
async function isSame(path: string, options: SyntheticOptions, codec: CodecName): Promise<boolean> {
  if (!(await isCurrentContainer(path, options))) return false;
  const container = await openContainer(path);
  await container.close();
  return container.codecName === codec;
}

async function refuseWithoutRoom(path: string, maker: AlertMaker): Promise<void> {
  const needed = maker.count * maker.meanBytes;
  const disk = await diskOf(path);
  if (disk === undefined || disk.freeBytes >= needed) return;
  throw new AlertSimError(
    'DISK_FULL',
    `${formatCount(maker.count)} alerts take about ${formatBytes(needed)}, but the disk of ${path} has only ` +
      `${formatBytes(disk.freeBytes)} left: ask for fewer alerts, or write to another disk`,
  );
}

function optionsOf(values: GenerateValues): SyntheticOptions {
  const { visits, alertsPerVisit, detectors, meanBytes, seed, startMjd, start, cutouts, schema } = values;
  const { historyNone, historyMedian, historyMax, objects, recurrence, solarSystem } = values;
  return {
    visits,
    alertsPerVisit,
    detectors,
    meanBytes,
    cadenceSeconds: values.cadence,
    seed,
    startMjd: start ?? startMjd,
    cutouts,
    schema,
    ...{ historyNone, historyMedian, historyMax },
    ...{ objects, recurrence, solarSystem },
  };
}

function shareOption(flag: string, description: string, share: number): Option {
  return new Option(`${flag} <percentage>`, description)
    .argParser((text) => quantityOption(percentageQuantity, text))
    .default(share, `${share * 100}%`);
}

/** MJD in TAI, to the second. */
function startOption(text: string): number {
  const read = readInstant(text, Date.now());
  if (!read.ok) throw new InvalidArgumentError(`It ${read.problem}.`);
  return taiMjdOf(read.ms);
}

/** The option of the command line. */
function flagsOf({ start }: GenerateValues): OptionNames {
  return (option) => (option === 'startMjd' && start !== undefined ? '--start' : syntheticFlag(option));
}
