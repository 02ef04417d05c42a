import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { AlertSimError, twoSentences } from '../errors.js';
import { connectInflux } from '../outputs/influx/influxServer.js';
import { defaultRules } from '../outputs/influx/delivery.js';
import { publishRun } from '../outputs/influx/publishRun.js';
import { formatCount } from '../report/format.js';
import { faultText } from '../report/words.js';
import { openRunFolder, type FolderFault, type OpenRunFolder } from '../results/readRunFolder.js';
import type { Manifest } from '../results/runFolder.js';
import type { InfluxPlan } from '../scenario/plan.js';
import { redactedText } from '../scenario/redaction.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { longestTimeoutSeconds, numberOption } from './numbers.js';

export interface PublishValues {
  readonly url?: string;
  /** The bucket, or the database of version 1. */
  readonly bucket?: string;
  /** Of version 2. */
  readonly org?: string;
  /** Of version 2. */
  readonly token?: string;
  /** Of version 1. */
  readonly user?: string;
  /** Of version 1. */
  readonly password?: string;
  /** How long the server may fail to take points. */
  readonly timeoutSec: number;
}

/** `publish`: delivers a finished run's points to InfluxDB. */
export function publishCommand(): Command {
  const command = new Command('publish')
    .description("deliver a finished run's metrics to InfluxDB; a second time makes no duplicates")
    .argument('<run folder>', 'the folder of the run')
    .option('--url <url>', "the server; else INFLUX_URL, else the scenario's")
    .option(
      '--bucket <name>',
      "the bucket, or the database of version 1; else INFLUX_BUCKET, else the scenario's",
    )
    .option('--org <name>', "the organisation of version 2; else INFLUX_ORG, else the scenario's")
    .option('--token <token>', 'the token of version 2; better in INFLUX_TOKEN, where no one else reads it')
    .option('--user <name>', "the user of version 1; else INFLUX_USER, else the scenario's")
    .option('--password <password>', 'the password of version 1; better in INFLUX_PASSWORD')
    .option(
      '--timeout-sec <seconds>',
      'give up when the server takes no points for this long',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      30,
    );
  return command.action(async (folder: string) => {
    await publish(folder, command.opts<PublishValues>(), process.env, commandContext(command));
  });
}

/**
 * Delivers a finished run's points, as the options say.
 *
 * @param environment - for `INFLUX_*`
 * @throws `BAD_USAGE` without a server, `BAD_INPUT_FILE` for a folder that is not a run's or is damaged,
 * `SERVICE_UNAVAILABLE` when the server did not take all points, `INTERRUPTED`
 */
export async function publish(
  runFolder: string,
  values: PublishValues,
  environment: NodeJS.ProcessEnv,
  { print, progress, signal }: CommandContext,
): Promise<void> {
  const folder = await openRunFolder(resolve(runFolder));
  const manifest = manifestIn(folder);
  const target = targetOf(values, environment, manifest);
  const sink = connectInflux(target);
  const display = progress({ title: 'publishing', unit: 'intervals', total: undefined });
  const patience = { batchMs: values.timeoutSec * 1000, signal };
  const published = await publishRun({
    folder,
    manifest,
    sink,
    rules: defaultRules,
    patience,
    onInterval: display.update,
  }).finally(() => {
    display.stop();
    sink.close();
  });
  const { delivered, intervals, rejected, fault, faults, complete } = published;
  const done = `${formatCount(delivered)} points of ${formatCount(intervals)} intervals`;
  if (signal.aborted)
    throw interrupted(`delivered ${formatCount(delivered)} points; publish it again for the rest`);
  if (!complete || rejected > 0) {
    throw new AlertSimError(
      'SERVICE_UNAVAILABLE',
      twoSentences(fault ?? 'not everything arrived', `Delivered were ${formatCount(delivered)} points`),
    );
  }
  if (faults.length > 0) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${folder.path} is not complete: ${lacksText(faults)}. Delivered were ${done}`,
    );
  }
  print(`delivered ${done} to ${target.bucket} at ${target.url}`);
}

/**
 * The manifest, which names the run; what else is damaged stops nothing, unless it is the summary, which would
 * be left out for good.
 */
function manifestIn({ path, manifest, faults }: OpenRunFolder): Manifest {
  const damaged = faults.find((fault) => fault.kind === 'damaged');
  if (damaged !== undefined) {
    const file = join(path, damaged.file);
    throw new AlertSimError('BAD_INPUT_FILE', `${file} ${damaged.why}; copy the run folder anew`);
  }
  if (manifest !== undefined) return manifest;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `${path} is not a run folder: it has no manifest.json; run folders are in runs/, or where --out said`,
  );
}

/** What a folder lacks; many damaged lines are one remark. */
function lacksText(faults: readonly FolderFault[]): string {
  const lines = faults.flatMap((fault) => (fault.kind === 'missing' ? [] : (fault.line ?? [])));
  const others = faults.filter(({ kind }) => kind === 'missing').map(faultText);
  const damaged =
    lines.length === 1
      ? [`line ${lines[0]} of intervals.ndjson is damaged`]
      : lines.length > 1
        ? [`${lines.length} lines of intervals.ndjson are damaged, line ${lines[0]} first`]
        : [];
  return [...damaged, ...others].join('; ');
}

/**
 * The server to deliver to: from the options, then the environment, then the scenario of the run.
 *
 * @param environment - for `INFLUX_*`
 * @throws `BAD_USAGE` where the address or the bucket is missing, or both a token and a user are given
 */
export function targetOf(
  values: Omit<PublishValues, 'timeoutSec'>,
  environment: NodeJS.ProcessEnv,
  { scenario }: Pick<Manifest, 'scenario'>,
): InfluxPlan {
  const inRun: Partial<InfluxPlan> = scenario.outputs?.influx ?? {};
  const find = (key: keyof InfluxPlan): string | undefined =>
    [values[key], environment[`INFLUX_${key.toUpperCase()}`], inRun[key]].find(
      (text) => text !== undefined && text !== '' && text !== redactedText,
    );
  if (values.token !== undefined && values.user !== undefined) {
    throw new AlertSimError(
      'BAD_USAGE',
      '--token and --user: version 2 takes a token, version 1 a user; give one',
    );
  }
  const url = find('url')?.replace(`${redactedText}@`, '');
  const bucket = find('bucket');
  if (url === undefined || !/^https?:\/\/[^\s/]+/.test(url)) {
    throw new AlertSimError(
      'BAD_USAGE',
      url === undefined
        ? 'the run names no InfluxDB: give one with --url or INFLUX_URL, for example http://localhost:8086'
        : `${url} is not the address of a server: it must start with http:// or https:// and a host`,
    );
  }
  if (bucket === undefined) {
    throw new AlertSimError('BAD_USAGE', 'the run names no bucket: give one with --bucket or INFLUX_BUCKET');
  }
  // A token that is given now counts more than the user of the run, and the other way round.
  const byToken = values.user === undefined && (values.token ?? environment.INFLUX_TOKEN ?? '') !== '';
  return {
    url,
    bucket,
    org: find('org'),
    token: byToken ? find('token') : undefined,
    user: byToken ? undefined : find('user'),
    password: byToken ? undefined : find('password'),
  };
}
