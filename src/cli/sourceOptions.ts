import type { Command } from 'commander';
import { AlertSimError } from '../errors.js';
import { parseProperties, type ConnectionOptions } from '../kafka/settings.js';
import type { TimeRange } from '../kafka/topicReader.js';
import { readInstant } from '../scenario/instants.js';
import { connectionOf, type ConnectionValues } from './connectionOptions.js';
import { gathered } from './gathered.js';

/** Values of the options that {@link addRangeOptions} adds. */
export interface RangeValues {
  readonly from?: string;
  readonly to?: string;
}

/** Values of the options that {@link addSourceOptions} adds. */
export interface SourceValues extends ConnectionValues, RangeValues {
  readonly srcBroker?: string;
  /** As often as it was given. */
  readonly srcProperty: readonly string[];
}

/** Adds the options that choose a part of a topic by time. */
export function addRangeOptions(command: Command): Command {
  return command
    .option('--from <instant>', 'only messages from here on: 2026-11-27T10:00:00Z, -2h or now')
    .option('--to <instant>', 'only messages before this');
}

/** Adds the options that say which part of a topic is read, and from which cluster. */
export function addSourceOptions(command: Command): Command {
  return addRangeOptions(command)
    .option('--src-broker <host:port>', 'a broker of the cluster of --src-topic, where it is another one')
    .option(
      '--src-property <name=value>',
      'a librdkafka property for that cluster; may be given again',
      gathered,
      [],
    );
}

/**
 * How to reach the cluster that is read.
 *
 * @throws `BAD_USAGE`
 */
export function sourceOf(values: SourceValues): ConnectionOptions {
  const { srcBroker, srcProperty } = values;
  if (srcBroker !== undefined)
    return { bootstrap: srcBroker, properties: parseProperties(srcProperty, '--src-property') };
  if (srcProperty.length === 0) return connectionOf(values);
  throw new AlertSimError(
    'BAD_USAGE',
    '--src-property is for the cluster of --src-broker: name it, or use -X for the one cluster',
  );
}

/**
 * The stretch of time of the options.
 *
 * @param nowMs - since 1970
 * @throws `BAD_USAGE` for what is no instant, or an end before the beginning
 */
export function rangeOf({ from, to }: RangeValues, nowMs: number): TimeRange {
  const range = { fromMs: instantOf('--from', from, nowMs), toMs: instantOf('--to', to, nowMs) };
  if (range.fromMs !== undefined && range.toMs !== undefined && range.fromMs >= range.toMs)
    throw new AlertSimError(
      'BAD_USAGE',
      `--from ${from ?? ''} is not before --to ${to ?? ''}: change one of them`,
    );
  return range;
}

function instantOf(option: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const read = readInstant(text, nowMs);
  if (read.ok) return read.ms;
  throw new AlertSimError('BAD_USAGE', `${option} ${text} ${read.problem}`);
}
