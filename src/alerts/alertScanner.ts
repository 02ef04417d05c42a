import { AlertSimError } from '../errors.js';
import { alertLayout, kindAt, type AlertLayout, type NamedFields } from './alertSchema.js';
import type { AvroType } from './avroType.js';
import type { ContainerBlock } from './containerBlock.js';
import { compileScanner, type Landmark } from './recordScanner.js';
import { lengthEnd, readLength, RecordFault, within } from './recordBytes.js';
import type { FieldPath, TimeField } from './surveys.js';
import { calendarText, isPlausibleMjd, mjdOf, otherTime } from './timeOffset.js';
import { decodeBigLong, decodeLong } from './varint.js';

export interface ScannedAlert {
  /** Its Avro record: a view of the block's bytes, not a copy. */
  readonly avro: Buffer;
  /** When it was recorded: MJD on its survey's scale, days; in a block's alerts always plausible. */
  readonly mjd: number;
  /** Identifier of the alert: a signed 64-bit number, or a text. */
  readonly id: bigint | string | undefined;
  /** Identifier of the visit, or of visit and detector in older schemas. */
  readonly visit: bigint | undefined;
  /** Number of earlier detections in the alert; 0 where the schema has none. */
  readonly historyLength: number;
}

/** Takes the error of alerts that are left out, and their number; 0 where that is unknown. */
export type OnInvalid = (error: Error, alerts: number) => void;

/** Finds alerts in blocks without decoding them. */
export interface AlertScanner {
  readonly schema: AvroType;
  readonly layout: AlertLayout;
  /**
   * Cuts a block into its alerts.
   *
   * @param onInvalid - gets the error of alerts that are left out, and how many these are; without it, the
   * error is thrown
   * @throws `BAD_INPUT_FILE` when the block's bytes are not as many alerts as it says, or one has no usable
   * time
   */
  readonly alertsOf: (block: ContainerBlock, onInvalid?: OnInvalid) => readonly ScannedAlert[];
  /**
   * Reads one record.
   *
   * @throws RecordFault when the bytes are not exactly one alert of this schema, or it has no usable time
   */
  readonly alertIn: (avro: Buffer) => ScannedAlert;
  /**
   * Reads one alert from the wire, whatever its time; undefined when the bytes are not an alert of this
   * schema.
   */
  readonly describe: (avro: Buffer) => ScannedAlert | undefined;
}

const timeSlot = 0;
const idSlot = 1;
const visitSlot = 2;
const historySlot = 3;

/**
 * Makes a scanner for alerts of a schema.
 *
 * @param schema - the writer's schema
 * @throws `BAD_INPUT_FILE` when records of this schema have no time
 */
export function createAlertScanner(schema: AvroType, place: string, named: NamedFields = {}): AlertScanner {
  const layout = alertLayout(schema, place, named);
  const scanner = compileScanner(schema, landmarksOf(layout));
  const { noted } = scanner;
  const timeAt = valueReader(schema, layout.time.path);
  const idAt = layout.idPath && idReader(schema, layout.idPath);

  const scanAt = (bytes: Buffer, start: number): ScannedAlert => {
    const end = scanner.scan(bytes, start);
    const timeStart = noted[timeSlot] ?? -1;
    const idStart = noted[idSlot] ?? -1;
    return {
      avro: bytes.subarray(start, end),
      mjd: timeStart < 0 ? NaN : mjdOf(timeAt(bytes, timeStart), layout.time.unit),
      id: idStart < 0 ? undefined : idAt?.(bytes, idStart),
      visit: longAt(bytes, noted[visitSlot] ?? -1),
      historyLength: Math.max(0, noted[historySlot] ?? 0),
    };
  };
  /** The fault of the alert that was scanned last; undefined where its time is usable. */
  const faultOf = (bytes: Buffer, { mjd }: ScannedAlert): RecordFault | undefined => {
    if (isPlausibleMjd(mjd)) return undefined;
    const start = noted[timeSlot] ?? -1;
    return timeFault(start < 0 ? NaN : timeAt(bytes, start), layout.time);
  };

  return {
    schema,
    layout,
    alertsOf: (block, onInvalid) => cutBlock(block, scanAt, faultOf, onInvalid),
    alertIn: (avro) => {
      const alert = scanAt(avro, 0);
      const left = avro.length - alert.avro.length;
      const fault =
        left > 0 ? new RecordFault(`has ${left} bytes left over at its end`) : faultOf(avro, alert);
      if (fault !== undefined) throw fault;
      return alert;
    },
    describe: (avro) => {
      try {
        const alert = scanAt(avro, 0);
        return alert.avro.length === avro.length ? alert : undefined;
      } catch (thrown) {
        if (thrown instanceof RecordFault) return undefined;
        throw thrown;
      }
    },
  };
}

function cutBlock(
  block: ContainerBlock,
  scanAt: (bytes: Buffer, start: number) => ScannedAlert,
  faultOf: (bytes: Buffer, alert: ScannedAlert) => RecordFault | undefined,
  onInvalid: OnInvalid | undefined,
): readonly ScannedAlert[] {
  const { recordCount, recordsBefore } = block;
  const alerts: ScannedAlert[] = [];
  let scanned = 0;
  const errorOf = (fault: RecordFault): Error => {
    const inFile = recordsBefore === undefined ? '' : `, number ${recordsBefore + scanned + 1} of the file`;
    const what = `holds an alert, number ${scanned + 1} of ${recordCount} in it${inFile}, that ${fault.message}`;
    return block.fault(what, fault, fault.wayOut);
  };
  let at = 0;
  let bytes: Buffer;
  try {
    bytes = block.decompress();
    for (; scanned < recordCount; scanned += 1) {
      const alert = scanAt(bytes, at);
      at += alert.avro.length;
      const fault = faultOf(bytes, alert);
      if (fault === undefined) alerts.push(alert);
      else if (onInvalid === undefined) throw fault;
      else onInvalid(errorOf(fault), 1);
    }
    if (at < bytes.length) throw block.fault(`has ${bytes.length - at} bytes left over after its last alert`);
  } catch (thrown) {
    const error = thrown instanceof RecordFault ? errorOf(thrown) : thrown;
    if (onInvalid === undefined || !(error instanceof AlertSimError)) throw error;
    // Where one alert ends too early or too late, the ones after it in the block cannot be found.
    onInvalid(error, recordCount - scanned);
  }
  return alerts;
}

/** In the order of the slots. A part that the schema lacks gets a path that no field has. */
function landmarksOf({ time, idPath, visitPath, historyPath }: AlertLayout): readonly Landmark[] {
  const nowhere = [''];
  return [
    { path: time.path, note: 'position' },
    { path: idPath ?? nowhere, note: 'position' },
    { path: visitPath ?? nowhere, note: 'position' },
    { path: historyPath ?? nowhere, note: 'itemCount' },
  ];
}

function timeFault(value: number | string, { path, unit }: TimeField): RecordFault {
  const field = path.join('.');
  if (typeof value === 'string') {
    return new RecordFault(
      `has ${JSON.stringify(value.slice(0, 40))} in ${field}, which is not a time between the years 1990 and 2099`,
      'name another field with --time-field',
    );
  }
  const other = otherTime(value);
  if (other?.kind === 'missing') {
    return new RecordFault(
      `has no time: ${field} is ${Number.isNaN(value) ? 'null or not a number' : value}`,
      'leave such alerts out with --skip-invalid, or name another field with --time-field',
    );
  }
  const what = `has ${value} in ${field}, which is not ${unitNames[unit]} between the years 1990 and 2099`;
  if (other === undefined) return new RecordFault(what, 'name another field with --time-field');
  return new RecordFault(
    `${what}, but looks like ${unitNames[other.unit]} (${calendarText(other.mjd)})`,
    `read it as such with --time-field ${field}:${other.unit}`,
  );
}

const unitNames = {
  mjd: 'an MJD',
  jd: 'a Julian date',
  unix: 'a Unix time in seconds',
  unix_ms: 'a Unix time in milliseconds',
  unix_us: 'a Unix time in microseconds',
  unix_ns: 'a Unix time in nanoseconds',
  iso: 'a date',
} as const;

/** Makes a function that reads a time's value at its position; NaN for a number that cannot be one. */
function valueReader(schema: AvroType, path: FieldPath): (bytes: Buffer, at: number) => number | string {
  switch (kindAt(schema, path)) {
    case 'double':
      return (bytes, at) => bytes.readDoubleLE(at);
    case 'float':
      return (bytes, at) => bytes.readFloatLE(at);
    case 'long':
    case 'int':
      return (bytes, at) => decodeLong(bytes, at, lengthEnd(bytes, at));
    case 'string':
      return textAt;
    default:
      return () => NaN;
  }
}

/**
 * Makes a function that reads the identifier or name at a path; undefined where an alert has none. It is for
 * values that are not needed of each alert.
 */
export function createIdReader(
  schema: AvroType,
  path: FieldPath,
): (avro: Buffer) => bigint | string | undefined {
  const { scan, noted } = compileScanner(schema, [{ path, note: 'position' }]);
  const read = idReader(schema, path);
  return (avro) => {
    scan(avro, 0);
    const at = noted[0] ?? -1;
    return at < 0 ? undefined : read(avro, at);
  };
}

function idReader(
  schema: AvroType,
  path: FieldPath,
): (bytes: Buffer, at: number) => bigint | string | undefined {
  return kindAt(schema, path) === 'string' ? textAt : longAt;
}

function textAt(bytes: Buffer, at: number): string {
  const start = lengthEnd(bytes, at);
  return bytes.toString('utf8', start, within(bytes, start + readLength(bytes, at)));
}

function longAt(bytes: Buffer, at: number): bigint | undefined {
  return at < 0 ? undefined : decodeBigLong(bytes, at, lengthEnd(bytes, at));
}
