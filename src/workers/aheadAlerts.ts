import { createPlaceFinder } from '../alerts/alertPlaces.js';
import type { AvroType } from '../alerts/avroType.js';
import { mostRewrittenBytes, rewriteAlert } from '../alerts/rewriteAlert.js';
import { RecordFault } from '../alerts/recordBytes.js';
import { AlertReader, type SourceAlert } from '../alerts/sources/alertReader.js';
import { framingOf, messageBody } from '../alerts/sources/framing.js';
import { faultAt } from '../alerts/sources/place.js';
import { namedFields, readOptionsOf } from '../alerts/sources/reading.js';
import { createAlertMaker } from '../alerts/synthetic/alertMaker.js';
import { visitNumber } from '../alerts/synthetic/identifiers.js';
import { secondsPerDay, taiAheadSeconds } from '../alerts/timeOffset.js';
import { frameAlert, frameHeadBytes } from '../alerts/wireFormat.js';
import type { AheadAlerts } from './protocol.js';

/** Makes the values of messages, one after the other. */
export interface AheadMaker {
  /**
   * The value of an alert; valid until the next one is asked for.
   *
   * @param index - above that of the one before
   */
  readonly valueAt: (index: number) => Buffer | Promise<Buffer>;
  readonly close: () => Promise<void>;
}

/**
 * Makes a maker of alerts that have not been sent before.
 *
 * @throws `BAD_USAGE`, `BAD_INPUT_FILE`
 */
export function openAheadMaker(alerts: AheadAlerts): AheadMaker {
  return alerts.kind === 'synthetic' ? syntheticMaker(alerts) : filesMaker(alerts);
}

function syntheticMaker({ options, schemaId }: Extract<AheadAlerts, { kind: 'synthetic' }>): AheadMaker {
  const maker = createAlertMaker(options);
  let room = Buffer.alloc(0);
  return {
    valueAt: (index) => {
      const { bytes } = maker.alertAt(index);
      if (room.length < frameHeadBytes + bytes.length)
        room = Buffer.allocUnsafeSlow(2 * (frameHeadBytes + bytes.length));
      return frameAlert(schemaId, bytes, room);
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Passes through files, with bounded memory, again and again. In each pass alerts get other ids, and each alert the
 * time and the number of its visit.
 */
function filesMaker(alerts: Extract<AheadAlerts, { kind: 'files' }>): AheadMaker {
  const { files, reading, schemaId, visits } = alerts;
  const rewriter = new VisitRewriter(alerts);
  const schemaIds = new Map(alerts.schemaIds);
  const choice = { framing: reading.framing, schemaId, schemaIds };
  const pass = async (): Promise<AsyncGenerator<SourceAlert, void, undefined>> =>
    new AlertReader(await readOptionsOf(reading)).alertsIn(files);
  let open: AsyncGenerator<SourceAlert, void, undefined> | undefined;
  const next = async (visit: number): Promise<SourceAlert> => {
    for (;;) {
      const isNew = open === undefined;
      open ??= await pass();
      if (isNew) rewriter.beginPass(visit);
      const read = await open.next();
      if (read.done !== true) return read.value;
      open = undefined;
      if (isNew) throw faultAt(files[0]?.place ?? '', 'it holds no alerts', 'name another file');
    }
  };
  return {
    valueAt: async (index) => {
      const visit = Math.floor(index / visits.alerts);
      const alert = await next(visit);
      const { bytes, schemaId: id } = messageBody(alert, choice);
      const value = id === undefined ? bytes : frameAlert(id, bytes);
      return rewriter.rewritten(alert, value, framingOf(alert, choice), visit);
    },
    close: async () => {
      await open?.return(undefined);
    },
  };
}

/** The times of visits are TAI. */
const taiMinusUtcDays = taiAheadSeconds / secondsPerDay;

/**
 * Ids of different passes: a prime, so that ids whose difference is a round number (Rubin's have the visit and the
 * detector in bits of their own) don't meet in another pass.
 */
const idStride = 536_870_909n;

/** Passes are numbered by the time at which they begin, so that those of a service that was started again are new. */
const passesPerSecond = 10;
/** 2026-01-01. With the stride above, 2^62 is reached in 27 years. */
const firstPassMjd = 61_041;

/** Gives alerts the ids of a pass, and the time and number of a visit. */
class VisitRewriter {
  readonly #alerts: Extract<AheadAlerts, { kind: 'files' }>;
  readonly #finders = new Map<AvroType, ReturnType<typeof createPlaceFinder>>();
  #pass = 0n;
  #room = Buffer.alloc(0);

  constructor(alerts: Extract<AheadAlerts, { kind: 'files' }>) {
    this.#alerts = alerts;
  }

  beginPass(visit: number): void {
    const seconds = (this.#mjdOf(visit) - firstPassMjd) * secondsPerDay;
    const number = BigInt(Math.max(1, Math.floor(seconds * passesPerSecond)));
    this.#pass = number > this.#pass ? number : this.#pass + 1n;
  }

  /** @throws `BAD_INPUT_FILE` */
  rewritten(alert: SourceAlert, value: Buffer, framing: string, visit: number): Buffer {
    const { scanner, place, avro, mjd: own } = alert;
    if (framing !== 'confluent' && framing !== 'raw')
      throw faultAt(
        place,
        `alerts with the framing ${framing} cannot get new ids and times`,
        'use --framing raw',
      );
    let find = this.#finders.get(scanner.schema);
    if (find === undefined) {
      const fields = namedFields(this.#alerts.reading);
      const headBytes = framing === 'raw' ? 0 : frameHeadBytes;
      find = createPlaceFinder(scanner.schema, place, { fields, headBytes, withVisit: true });
      this.#finders.set(scanner.schema, find);
    }
    const places = find(avro);
    const most = mostRewrittenBytes(value, places);
    if (this.#room.length < most) this.#room = Buffer.allocUnsafeSlow(2 * most);
    const mjd = this.#mjdOf(visit);
    const shift = {
      ids: this.#pass * idStride,
      days: mjd - own - (scanner.layout.scale === 'UTC' ? taiMinusUtcDays : 0),
      visit: BigInt(visitNumber(mjd, visit % 100_000)),
    };
    try {
      return rewriteAlert(value, places, shift, this.#room);
    } catch (thrown) {
      if (thrown instanceof RecordFault) throw faultAt(place, `alert ${alert.number} ${thrown.message}`);
      throw thrown;
    }
  }

  #mjdOf(visit: number): number {
    const { startMjd, cadenceSeconds } = this.#alerts.visits;
    return startMjd + (visit * cadenceSeconds) / secondsPerDay;
  }
}
