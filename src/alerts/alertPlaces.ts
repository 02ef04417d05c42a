import { AlertSimError } from '../errors.js';
import { alertLayout, kindAt, typeAt, type NamedFields } from './alertSchema.js';
import { withoutNull, type AvroType } from './avroType.js';
import { compileScanner, type Landmark } from './recordScanner.js';
import { frameHeadBytes } from './wireFormat.js';

/** Header of an alert's id and time positions in its value: `5:id,14:id,45:time`. */
export const placesHeader = 'alertsim-places';

/** A value in an alert that can be rewritten. */
export interface AlertPlace {
  /** An id is a long of variable length, as is the number of a visit; a time a double of days. */
  readonly kind: 'id' | 'time' | 'visit';
  /** Offset from the start of the message's value, the frame's head included. */
  readonly at: number;
}

/** Paths of an alert's own id; the last one is how a solar-system source points to its detection. */
const idPaths = [
  ['alertId'],
  ['diaSourceId'],
  ['diaSource', 'diaSourceId'],
  ['ssSource', 'diaSourceId'],
  ['candid'],
  ['candidate', 'candid'],
] as const;

export interface PlaceOptions {
  /** That a user named. */
  readonly fields?: NamedFields | undefined;
  /** Of the value before the record; by default those of a frame. */
  readonly headBytes?: number;
  /** Whether the number of the visit is a place, too, where alerts have one. */
  readonly withVisit?: boolean;
}

const visitPath = ['diaSource', 'visit'] as const;

/**
 * Makes a function that finds what differs between passes of an alert: its own id, wherever it occurs, and
 * its time.
 *
 * @remarks A value that is null in an alert has no place; places come in ascending order.
 * @throws `BAD_INPUT_FILE` when records of this schema have no time, or an id is no long
 */
export function createPlaceFinder(
  schema: AvroType,
  place: string,
  { fields = {}, headBytes = frameHeadBytes, withVisit = false }: PlaceOptions = {},
): (avro: Uint8Array) => readonly AlertPlace[] {
  const ids = idPaths.filter((path) => {
    const type = typeAt(schema, path);
    if (type === undefined) return false;
    const { kind } = withoutNull(type);
    if (kind !== 'long') throw notLong(place, path, kind);
    return true;
  });
  const paths = [
    ...ids.map((path) => ({ path, kind: 'id' as const })),
    { path: rewritableTime(schema, place, fields), kind: 'time' as const },
    ...(withVisit && kindAt(schema, visitPath) === 'long'
      ? [{ path: visitPath, kind: 'visit' as const }]
      : []),
  ];
  const scanner = compileScanner(
    schema,
    paths.map(({ path }): Landmark => ({ path, note: 'position' })),
  );
  return (avro) => {
    scanner.scan(avro, 0);
    return paths
      .map(({ kind }, slot): AlertPlace => ({ kind, at: (scanner.noted[slot] ?? -1) + headBytes }))
      .filter(({ at }) => at >= headBytes)
      .sort((a, b) => a.at - b.at);
  };
}

/** Places in the header's format: `5:id,14:id,45:time`. */
export function formatPlaces(places: readonly AlertPlace[]): string {
  return places.map(({ kind, at }) => `${at}:${kind}`).join(',');
}

/** Reads places from their header; undefined for any other text. */
export function parsePlaces(text: string): readonly AlertPlace[] | undefined {
  const places: AlertPlace[] = [];
  for (const part of text.split(',')) {
    const [, at, kind] = /^(\d{1,10}):(id|time)$/.exec(part) ?? [];
    if (at === undefined || Number(at) <= (places.at(-1)?.at ?? -1)) return undefined;
    places.push({ kind: kind === 'id' ? 'id' : 'time', at: Number(at) });
  }
  return places;
}

/** A time that is shifted by adding days to a double. */
function rewritableTime(schema: AvroType, place: string, named: NamedFields): readonly string[] {
  const { path, unit } = alertLayout(schema, place, named).time;
  if (kindAt(schema, path) === 'double' && (unit === 'mjd' || unit === 'jd')) return path;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: its ${path.join('.')} is not a double of days, but only such times can be rewritten: ` +
      'leave rewrite: true out of the phases',
  );
}

function notLong(place: string, path: readonly string[], kind: string): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: its ${path.join('.')} is of type ${kind}, but only ids of type long can be rewritten: ` +
      'leave rewrite: true out of the phases',
  );
}
