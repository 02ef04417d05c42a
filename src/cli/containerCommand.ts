import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { codecNames, type CodecName } from '../alerts/codecs.js';
import { isContainerFile, openContainer } from '../alerts/container.js';
import { JoinedContainers } from '../alerts/containerErrors.js';
import {
  alertFilter,
  copyAlerts,
  type CopyOptions,
  type CopyResult,
  type FilterOptions,
} from '../alerts/tools/copyAlerts.js';
import { cutoutStripper } from '../alerts/tools/stripCutouts.js';
import { LeftOutCounter } from '../coordinator/sourceFacts.js';
import { AlertSimError } from '../errors.js';
import { formatBytes, formatCount } from '../report/format.js';
import { countVisits, describeContainer, logLeftOut, type LookValues } from './containerReports.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { numberOption } from './numbers.js';
import { addFieldOptions, readingOf, type FieldValues } from './readingOptions.js';
import { addRegistryOption } from './registryOption.js';

/** Options of a new container. */
export interface OutValues extends FieldValues {
  /** Path of the container. */
  readonly out: string;
  /** Overwrite it if it exists. */
  readonly force?: boolean;
  /** Default: as in the container that is read; deflate for other files. */
  readonly codec?: CodecName;
}

type Selection = Pick<CopyOptions, 'keep' | 'limit' | 'changing'>;

const filesHelp = 'files, folders or patterns of alerts, - for standard input';

/**
 * `container`: looks into containers of alerts, and makes new ones of them. Records are copied byte for byte, unless
 * they are cut.
 */
export function containerCommand(): Command {
  const container = new Command('container').description(
    'look into files of alerts, and cut or join them into Avro containers',
  );
  const subcommands = [
    infoCommand(),
    countCommand(),
    headCommand(),
    filterCommand(),
    combineCommand(),
    recompressCommand(),
    cutCommand(),
  ];
  for (const subcommand of subcommands)
    container.addCommand(subcommand.exitOverride().showHelpAfterError('(--help shows the options)'));
  return container;
}

/**
 * Copies alerts from files into a new container, and prints the result.
 *
 * @param doing - a word for the progress display: `combining`
 * @throws `BAD_INPUT_FILE` when a file is damaged or no alert is left; `BAD_USAGE` when the new
 * container exists or cannot be created; `INTERRUPTED`; `DISK_FULL`
 */
export async function copyContainers(
  doing: string,
  files: readonly string[],
  values: OutValues,
  selection: Selection,
  context: CommandContext,
): Promise<CopyResult> {
  const { signal, print } = context;
  const reading = readingOf(values);
  const progress = context.progress({
    title: doing,
    unit: 'alerts',
    total: await countAlerts(files, selection),
  });
  const counter = new LeftOutCounter();
  const result = await copyAlerts({
    ...selection,
    from: files,
    reading,
    stdin: () => process.stdin,
    onInvalid: counter.invalid,
    to: values.out,
    codec: values.codec,
    existing: values.force === true ? 'replace' : 'refuse',
    signal,
    onProgress: progress.update,
  }).finally(progress.stop);
  logLeftOut(counter, context);
  if (signal.aborted && !result.made) {
    throw interrupted(
      `${doing} ended after ${formatCount(result.read)} alerts, and ${values.out} was not made`,
    );
  }
  if (!result.made) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `none of the ${formatCount(result.read)} alerts of ${files.join(', ')} is kept, so ${values.out} was not made: ` +
        'see which visits and times there are with: rubin-alert-sim container count FILE',
    );
  }
  const many = result.written === result.read ? '' : ` of ${formatCount(result.read)}`;
  print(
    `wrote ${formatCount(result.written)}${many} alerts to ${values.out}, ${await sizesOf(files, result.fileBytes)}`,
  );
  return result;
}

function infoCommand(): Command {
  const command = new Command('info')
    .description('show what is in files of alerts: schema, codec, sizes, times')
    .argument('<file>', filesHelp)
    .option('--json', 'as JSON');
  return addRegistryOption(addFieldOptions(command)).action(async (file: string) => {
    await describeContainer(file, command.opts<LookValues>(), commandContext(command));
  });
}

function countCommand(): Command {
  const command = new Command('count')
    .description('count the alerts of each visit')
    .argument('<files...>', filesHelp)
    .option('--json', 'as JSON');
  return addRegistryOption(addFieldOptions(command)).action(async (files: string[]) => {
    await countVisits(files, command.opts<LookValues>(), commandContext(command));
  });
}

function headCommand(): Command {
  const command = new Command('head')
    .description('copy the first alerts of a file into a new container')
    .argument('<count>', 'how many', numberOption(1))
    .argument('<file>', filesHelp);
  return withOut(command).action(async (limit: number, file: string) => {
    await copyContainers('copying', [file], command.opts<OutValues>(), { limit }, commandContext(command));
  });
}

function filterCommand(): Command {
  const any = numberOption(0, 'any');
  const command = new Command('filter')
    .description('copy the alerts of one visit or time into a new container')
    .argument('<files...>', `${filesHelp}; all of one schema`)
    .option('--visit <id>', 'those of this visit', visitOption)
    .option('--mjd <days>', 'those of exactly this time, to the microsecond', any)
    .option('--time-from <mjd>', 'those of this time and later', any)
    .option('--time-to <mjd>', 'those before this time', any);
  return withOut(command).action(async (files: string[]) => {
    const { visit, mjd, timeFrom, timeTo, ...values } = command.opts<OutValues & FilterOptions>();
    const keep = alertFilter({
      ...(visit !== undefined && { visit }),
      ...(mjd !== undefined && { mjd }),
      ...(timeFrom !== undefined && { timeFrom }),
      ...(timeTo !== undefined && { timeTo }),
    });
    await copyContainers('filtering', files, values, { keep }, commandContext(command));
  });
}

function combineCommand(): Command {
  const command = new Command('combine')
    .description('join alerts of one schema into a new container, in the order given')
    .argument('<files...>', filesHelp);
  return withOut(command).action(async (files: string[]) => {
    await copyContainers('combining', files, command.opts<OutValues>(), {}, commandContext(command));
  });
}

function recompressCommand(): Command {
  const command = new Command('recompress')
    .description('copy alerts into a new container with another compression')
    .argument('<file>', filesHelp);
  return withOut(command, true).action(async (file: string) => {
    await copyContainers('recompressing', [file], command.opts<OutValues>(), {}, commandContext(command));
  });
}

function cutCommand(): Command {
  const command = new Command('cut')
    .description('copy alerts without their images into a new container, of the same schema')
    .argument('<files...>', `${filesHelp}; all of one schema`)
    .requiredOption('--strip-cutouts', 'cutouts become null, or empty where the schema has no null for them');
  return withOut(command).action(async (files: string[]) => {
    const values = command.opts<OutValues>();
    await copyContainers('cutting', files, values, { changing: cutoutStripper }, commandContext(command));
  });
}

function withOut(command: Command, needsCodec = false): Command {
  const codec = new Option('--codec <codec>', 'compression of the new container').choices(codecNames);
  return addFieldOptions(command)
    .requiredOption('-o, --out <file>', 'the new container')
    .addOption(needsCodec ? codec.makeOptionMandatory() : codec)
    .option('--force', 'overwrite it if it exists');
}

function visitOption(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number, as `container count` shows it.');
  return BigInt(text);
}

/** How many alerts will be read; undefined where that is not known before. */
async function countAlerts(files: readonly string[], { limit }: Selection): Promise<number | undefined> {
  let alerts = 0;
  for (const file of files) {
    if (!(await isContainerFile(file))) return limit;
    const container = await openContainer(file);
    try {
      alerts += (await container.countRecords()).records;
    } catch (thrown) {
      if (thrown instanceof JoinedContainers) return limit;
      throw thrown;
    } finally {
      await container.close();
    }
  }
  return Math.min(alerts, limit ?? Infinity);
}

/** Sizes of the new file, and of the files that were named; a folder or a pattern has none of its own. */
async function sizesOf(files: readonly string[], newBytes: number): Promise<string> {
  let oldBytes = 0;
  for (const file of files) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) return formatBytes(newBytes);
    oldBytes += found.size;
  }
  return `${formatBytes(newBytes)} (read from ${formatBytes(oldBytes)})`;
}
