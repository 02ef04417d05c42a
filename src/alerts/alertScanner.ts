import { alertLayout, type AlertLayout } from './alertSchema.js';
import type { AvroType } from './avroType.js';
import type { ContainerBlock } from './containerBlock.js';
import { compileScanner, type Landmark } from './recordScanner.js';
import { lengthEnd, RecordFault } from './recordBytes.js';
import { calendarText, isPlausibleMjd, otherTime } from './timeOffset.js';
import { decodeBigLong } from './varint.js';

export interface ScannedAlert {
  /** Its Avro record: a view of the block's bytes, not a copy. */
  readonly avro: Buffer;
  /** Middle of the exposure, Modified Julian Date in TAI, days; in a block's alerts always plausible. */
  readonly mjd: number;
  /** Identifier of the alert, a signed 64-bit number. */
  readonly id: bigint | undefined;
  /** Identifier of the visit, or of visit and detector in older schemas. */
  readonly visit: bigint | undefined;
  /** Number of earlier detections in the alert; 0 where the schema has none. */
  readonly historyLength: number;
}

/** Finds alerts in blocks without decoding them. */
export interface AlertScanner {
  readonly layout: AlertLayout;
  /**
   * Cuts a block into its alerts.
   *
   * @throws `BAD_INPUT_FILE` when the block's bytes are not as many alerts as it says, or one has no usable
   * time
   */
  readonly alertsOf: (block: ContainerBlock) => readonly ScannedAlert[];
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
export function createAlertScanner(schema: AvroType, place: string): AlertScanner {
  const layout = alertLayout(schema, place);
  const scanner = compileScanner(schema, landmarksOf(layout));
  const { noted } = scanner;

  const scanAt = (bytes: Buffer, start: number): ScannedAlert => {
    const end = scanner.scan(bytes, start);
    const timeAt = noted[timeSlot] ?? -1;
    const mjd = timeAt < 0 ? NaN : bytes.readDoubleLE(timeAt);
    return {
      avro: bytes.subarray(start, end),
      mjd,
      id: longAt(bytes, noted[idSlot] ?? -1),
      visit: longAt(bytes, noted[visitSlot] ?? -1),
      historyLength: Math.max(0, noted[historySlot] ?? 0),
    };
  };

  return {
    layout,
    alertsOf: (block) => {
      const bytes = block.decompress();
      const alerts: ScannedAlert[] = [];
      let at = 0;
      try {
        while (alerts.length < block.recordCount) {
          const alert = scanAt(bytes, at);
          if (!isPlausibleMjd(alert.mjd)) throw timeFault(alert.mjd, layout.timePath);
          alerts.push(alert);
          at += alert.avro.length;
        }
      } catch (thrown) {
        if (!(thrown instanceof RecordFault)) throw thrown;
        const inFile =
          block.recordsBefore === undefined
            ? ''
            : `, number ${block.recordsBefore + alerts.length + 1} of the file`;
        const what = `holds an alert, number ${alerts.length + 1} of ${block.recordCount} in it${inFile}, that ${thrown.message}`;
        throw block.fault(what, thrown, thrown.wayOut);
      }
      if (at < bytes.length)
        throw block.fault(`has ${bytes.length - at} bytes left over after its last alert`);
      return alerts;
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

/** In the order of the slots. A part that the schema lacks gets a path that no field has. */
function landmarksOf({ timePath, idPath, visitPath, historyPath }: AlertLayout): readonly Landmark[] {
  const nowhere = [''];
  return [
    { path: timePath, note: 'position' },
    { path: idPath ?? nowhere, note: 'position' },
    { path: visitPath ?? nowhere, note: 'position' },
    { path: historyPath ?? nowhere, note: 'itemCount' },
  ];
}

function timeFault(value: number, path: readonly string[]): RecordFault {
  const field = path.join('.');
  const other = otherTime(value);
  const correct = 'write the file again with its times as MJD in TAI, in days';
  switch (other?.kind) {
    case 'missing':
      return new RecordFault(
        `has no time: ${field} is ${Number.isNaN(value) ? 'null or not a number' : value}`,
        'leave such alerts out of the file, or give them a time',
      );
    case 'unix': {
      const { unit, perSecond, mjd } = other;
      const seconds = perSecond === 1 ? '' : ` / ${perSecond}`;
      return new RecordFault(
        `has ${value} in ${field}, which is not an MJD, but looks like Unix time in ${unit} (${calendarText(mjd)})`,
        `${correct}: ${field}${seconds} / 86400 + 40587`,
      );
    }
    case 'julianDate':
      return new RecordFault(
        `has ${value} in ${field}, which is not an MJD, but looks like a Julian date (${calendarText(other.mjd)})`,
        `${correct}: ${field} - 2400000.5`,
      );
    case undefined:
      return new RecordFault(
        `has ${value} in ${field}, which is not an MJD between the years 1990 and 2099`,
        correct,
      );
  }
}

function longAt(bytes: Buffer, at: number): bigint | undefined {
  return at < 0 ? undefined : decodeBigLong(bytes, at, lengthEnd(bytes, at));
}
