import { placesHeader } from '../alerts/alertPlaces.js';
import { parseTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import type { MessageHeaders } from '../kafka/producer.js';
import { stampHeader } from '../kafka/rows.js';
import type { StoredMessage } from '../kafka/topicReader.js';

/** Header of an alert's number and the total: `17/792`, counted from 1. */
export const sequenceHeader = 'alertsim-sequence';

/** Header that identifies the alerts a scenario's reservoir was made of. */
export const sourceHeader = 'alertsim-source';

/**
 * Header of messages that were recorded: how many partitions their topic had. Their partition is that of the
 * reservoir.
 */
export const partitionsHeader = 'alertsim-partitions';

/** Infinite retention. */
export const reservoirTopicConfig = { 'retention.ms': '-1', 'retention.bytes': '-1' } as const;

/**
 * Whether a message is in a reservoir that this program filled; the original simulator's lack the sequence.
 */
export function isOfReservoir(headers: MessageHeaders): boolean {
  return headerText(headers, sequenceHeader) !== undefined;
}

/** Whether a message has a time offset: also reservoirs of the original simulator give it. */
export function isOfAnyReservoir(headers: MessageHeaders): boolean {
  return headerText(headers, timeOffsetHeader) !== undefined;
}

/** How many partitions the topic had whose messages were recorded; undefined for alerts of other sources. */
export function notedPartitions(headers: MessageHeaders): number | undefined {
  const text = headerText(headers, partitionsHeader);
  return text === undefined ? undefined : Number(text);
}

/** Headers of reservoirs for us; Rubin's stream has none of them, so neither have ours. */
const ownHeaders: ReadonlySet<string> = new Set([
  timeOffsetHeader,
  sequenceHeader,
  sourceHeader,
  placesHeader,
  partitionsHeader,
  stampHeader,
]);

/** The headers of an alert that are copied into a stream: those that are not ours, in order. */
export function foreignHeaders(headers: MessageHeaders): MessageHeaders {
  return headers.filter((header) => !ownHeaders.has(Object.keys(header)[0] ?? ''));
}

/**
 * How many alerts the whole reservoir has, as its preloading noted on each alert; undefined for a reservoir
 * of the original simulator, which does not note it.
 *
 * @param headers - of any of its alerts
 */
export function notedTotal(headers: MessageHeaders): number | undefined {
  const text = headerText(headers, sequenceHeader);
  const total = /^\d+\/(\d+)$/.exec(text ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

/**
 * The fingerprint of the alerts a reservoir was made of, as its preloading noted on each alert; undefined
 * where it was not noted.
 *
 * @param headers - of any of its alerts
 */
export function notedSource(headers: MessageHeaders): string | undefined {
  return headerText(headers, sourceHeader);
}

/**
 * Where an alert's ids and times lie, as its preloading noted; undefined where it did not.
 *
 * @remarks A preload writes this header as the last one, so one look shows that there is none.
 */
export function notedPlaces(headers: MessageHeaders): string | undefined {
  return headers.at(-1)?.[placesHeader]?.toString();
}

/**
 * When an alert of a reservoir is due, microseconds after its first alert.
 *
 * @throws `BAD_INPUT_FILE` when the message has no time offset: it is not an alert of a reservoir
 */
export function timeOffsetOf(message: StoredMessage, topic: string): number {
  const place = `offset ${message.offset} of partition ${message.partition} of the topic ${topic}`;
  const text = headerText(message.headers, timeOffsetHeader);
  if (text === undefined) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `the topic ${topic} has no time offsets (header ${timeOffsetHeader}; ${place} lacks it): it is a stream, not a ` +
        'reservoir; replay the reservoir that it was made from, or make one with create-stream',
    );
  }
  return parseTimeOffset(text, place);
}

function headerText(headers: MessageHeaders, name: string): string | undefined {
  const found = headers.find((header) => name in header)?.[name];
  return found?.toString();
}
