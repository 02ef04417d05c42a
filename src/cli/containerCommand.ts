import { stat } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { codecNames, type CodecName } from '../alerts/codecs.js';
import { openContainer } from '../alerts/container.js';
import {
  alertFilter,
  copyAlerts,
  type CopyOptions,
  type CopyResult,
  type FilterOptions,
} from '../alerts/tools/copyAlerts.js';
import { AlertSimError } from '../errors.js';
import { formatBytes, formatCount } from '../report/format.js';
import { countVisits, describeContainer } from './containerReports.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { numberOption } from './numbers.js';

/** Options of a new container. */
export interface OutValues {
  /** Path of the container. */
  readonly out: string;
  /** Overwrite it if it exists. */
  readonly force?: boolean;
  /** Default: as in the container that is read. */
  readonly codec?: CodecName;
}

type Selection = Pick<CopyOptions, 'keep' | 'limit'>;

/**
 * `container`: looks into containers of alerts, and makes new ones of them. Records are copied byte for byte.
 */
export function containerCommand(): Command {
  const container = new Command('container').description(
    'look into Avro containers of alerts, and cut or join them',
  );
  const subcommands = [
    infoCommand(),
    countCommand(),
    headCommand(),
    filterCommand(),
    combineCommand(),
    recompressCommand(),
  ];
  for (const subcommand of subcommands)
    container.addCommand(subcommand.exitOverride().showHelpAfterError('(--help shows the options)'));
  return container;
}

/**
 * Copies alerts from containers into a new one, and prints the result.
 *
 * @param doing - a word for the progress display: `combining`
 * @throws `BAD_INPUT_FILE` when a container is damaged or no alert is left; `BAD_USAGE` when the new
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
  const progress = context.progress({
    title: doing,
    unit: 'alerts',
    total: await countAlerts(files, selection),
  });
  const result = await copyAlerts({
    ...selection,
    from: files,
    to: values.out,
    codec: values.codec,
    existing: values.force === true ? 'replace' : 'refuse',
    signal,
    onProgress: progress.update,
  }).finally(progress.stop);
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
    .description('show what is in a container: schema, codec, sizes, times')
    .argument('<file>', 'Avro container of alerts')
    .option('--json', 'as JSON');
  return command.action(async (file: string) => {
    await describeContainer(file, command.opts<{ json?: boolean }>().json === true, commandContext(command));
  });
}

function countCommand(): Command {
  const command = new Command('count')
    .description('count the alerts of each visit')
    .argument('<files...>', 'Avro containers of alerts')
    .option('--json', 'as JSON');
  return command.action(async (files: string[]) => {
    await countVisits(files, command.opts<{ json?: boolean }>().json === true, commandContext(command));
  });
}

function headCommand(): Command {
  const command = new Command('head')
    .description('copy the first alerts of a container into a new one')
    .argument('<count>', 'how many', numberOption(1))
    .argument('<file>', 'Avro container of alerts');
  return withOut(command).action(async (limit: number, file: string) => {
    await copyContainers('copying', [file], command.opts<OutValues>(), { limit }, commandContext(command));
  });
}

function filterCommand(): Command {
  const any = numberOption(0, 'any');
  const command = new Command('filter')
    .description('copy the alerts of one visit or time into a new container')
    .argument('<files...>', 'Avro containers of alerts, all of one schema')
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
    .description('join containers of one schema into a new one, in the order given')
    .argument('<files...>', 'Avro containers of alerts');
  return withOut(command).action(async (files: string[]) => {
    await copyContainers('combining', files, command.opts<OutValues>(), {}, commandContext(command));
  });
}

function recompressCommand(): Command {
  const command = new Command('recompress')
    .description('copy a container into a new one with another compression')
    .argument('<file>', 'Avro container of alerts');
  return withOut(command, true).action(async (file: string) => {
    await copyContainers('recompressing', [file], command.opts<OutValues>(), {}, commandContext(command));
  });
}

function withOut(command: Command, needsCodec = false): Command {
  const codec = new Option('--codec <codec>', 'compression of the new container').choices(codecNames);
  return command
    .requiredOption('-o, --out <file>', 'the new container')
    .addOption(needsCodec ? codec.makeOptionMandatory() : codec)
    .option('--force', 'overwrite it if it exists');
}

function visitOption(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text))
    throw new InvalidArgumentError('It takes a whole number, as `container count` shows it.');
  return BigInt(text);
}

/** How many alerts will be read. */
async function countAlerts(files: readonly string[], { limit }: Selection): Promise<number> {
  let alerts = 0;
  for (const file of files) {
    const container = await openContainer(file);
    alerts += await container
      .countRecords()
      .then(({ records }) => records)
      .finally(() => container.close());
  }
  return Math.min(alerts, limit ?? Infinity);
}

async function sizesOf(files: readonly string[], newBytes: number): Promise<string> {
  let oldBytes = 0;
  for (const file of files) oldBytes += (await stat(file)).size;
  return `${formatBytes(newBytes)} (read from ${formatBytes(oldBytes)})`;
}
