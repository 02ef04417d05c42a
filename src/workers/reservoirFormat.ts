import { placesHeader } from '../alerts/alertPlaces.js';
import { parseTimeOffset, timeOffsetHeader } from '../alerts/timeOffset.js';
import { AlertSimError } from '../errors.js';
import type { MessageHeaders } from '../kafka/producer.js';
import { stampHeader } from '../kafka/rows.js';
import type { StoredMessage } from '../kafka/topicReader.js';

/** The header that tells which alert of how many this is: `17/792`, counted from 1. */
export const sequenceHeader = 'alertsim-sequence';

/** The header that tells which alerts a scenario's reservoir was made of. */
export const sourceHeader = 'alertsim-source';

/** Topic settings of a reservoir: infinite retention. */
export const reservoirTopicConfig = { 'retention.ms': '-1', 'retention.bytes': '-1' } as const;

/**
 * Whether a message lies in a reservoir that this program filled; the original simulator's lack the sequence.
 *
 * @param headers - its headers
 * @returns true where it has a sequence
 */
export function isOfReservoir(headers: MessageHeaders): boolean {
  return headerText(headers, sequenceHeader) !== undefined;
}

/** What reservoirs carry for us; Rubin's stream has none of it, so neither have ours. */
const ownHeaders: ReadonlySet<string> = new Set([
  timeOffsetHeader,
  sequenceHeader,
  sourceHeader,
  placesHeader,
  stampHeader,
]);

/**
 * The headers of an alert that go along into a stream.
 *
 * @param headers - its headers in the reservoir
 * @returns those that are not ours, in order
 */
export function foreignHeaders(headers: MessageHeaders): MessageHeaders {
  return headers.filter((header) => !ownHeaders.has(Object.keys(header)[0] ?? ''));
}

/**
 * How many alerts the whole reservoir has, as its preloading noted on each alert.
 *
 * @param headers - the headers of any of its alerts
 * @returns the total; undefined for a reservoir of the original simulator, which does not note it
 */
export function notedTotal(headers: MessageHeaders): number | undefined {
  const text = headerText(headers, sequenceHeader);
  const total = /^\d+\/(\d+)$/.exec(text ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

/**
 * Which alerts a reservoir was made of, as its preloading noted on each alert.
 *
 * @param headers - the headers of any of its alerts
 * @returns the fingerprint of the source; undefined where it was not noted
 */
export function notedSource(headers: MessageHeaders): string | undefined {
  return headerText(headers, sourceHeader);
}

/**
 * Where an alert's ids and times lie, as its preloading noted where that was asked for.
 *
 * @remarks A preload writes this header as the last one, so one look tells that there is none.
 * @param headers - the headers of the alert
 * @returns the places as text; undefined where they were not noted
 */
export function notedPlaces(headers: MessageHeaders): string | undefined {
  return headers.at(-1)?.[placesHeader]?.toString();
}

/**
 * When an alert of a reservoir is due.
 *
 * @param message - the alert
 * @param topic - its topic, for the message
 * @returns microseconds after the first alert of the reservoir
 * @throws `BAD_INPUT_FILE` when the message has no time offset: it is no alert of a reservoir
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
  return found === undefined ? undefined : found.toString();
}
