import { AvroWriter } from './avroWriter.js';
import { CutoutPainter } from './cutouts.js';
import type { Detection } from './diaSource.js';
import { FilterStatistics } from './filterStatistics.js';
import { forcedOf, Measuring, setDetection, type History, type Measurement, type Seen } from './history.js';
import { historyShape, occasionShape, shapeOfMean, type HistoryShape } from './historyShape.js';
import { idKinds } from './identifiers.js';
import { filters, type SourceKind } from './lightCurve.js';
import { SkyObjects, recurringShare, type SkyObject } from './objects.js';
import { Observing, type Place } from './observing.js';
import {
  fieldsFor,
  historyOf,
  OptionsError,
  ownNames,
  resolveSyntheticOptions,
  type OptionNames,
  type SyntheticOptions,
} from './options.js';
import { purposes, Random } from '../../random.js';
import { createRecordWriters, type RecordWriters } from './recordWriters.js';
import type { SchemaVersion } from './schemaText.js';
import { detectionsFor, meanBytesOf, reachableBytes, type PartSizes } from './sizes.js';
import { bodyAt } from './solarSystem.js';

export interface SyntheticAlert {
  /** From 0. */
  readonly index: number;
  /** From 0. */
  readonly visitIndex: number;
  /** Number of its visit as Rubin writes it. */
  readonly visit: number;
  /** From 0. */
  readonly detector: number;
  /** `midpointMjdTai`, Modified Julian Date in days. */
  readonly mjd: number;
  readonly kind: SourceKind;
  /** Avro record, not framed. */
  readonly bytes: Buffer;
}

export interface AlertMaker {
  readonly options: SyntheticOptions;
  readonly count: number;
  /** Expected mean size of a record. */
  readonly meanBytes: number;
  /**
   * Makes one alert; its bytes depend on the options and the index alone.
   *
   * @param index - 0 to `count` - 1, and beyond: visits follow each other without end
   */
  readonly alertAt: (index: number) => SyntheticAlert;
}

/** Longest alert that the longest history can lead to, bytes. */
const capacityBytes = 1 << 21;

/**
 * Makes a maker of synthetic alerts; takes some 10 ms.
 *
 * @throws `BAD_USAGE` where an option is out of its range
 */
export function createAlertMaker(given: Partial<SyntheticOptions> = {}, nameOf = ownNames): AlertMaker {
  const options = resolveSyntheticOptions(given, nameOf);
  const bench = createBench(options);
  const sizes = measureParts(bench);
  const shape = wantedShape(options, sizes, nameOf);
  const sky = createSky(options, shape, nameOf);
  return {
    options,
    count: options.visits * options.alertsPerVisit,
    meanBytes: meanBytesOf(sizes, shape, options.solarSystem),
    alertAt: (index) => {
      const place = sky.observing.placeOf(index);
      const visit = sky.observing.visitAt(place.visitIndex);
      bench.random.start(options.seed, purposes.alert, index);
      const { object, history } = lookAt(sky, place);
      const bytes = makeRecord(bench, sky, place, object, history);
      const { visitIndex, detector } = place;
      return { index, visitIndex, visit: visit.number, detector, mjd: visit.mjd, kind: object.kind, bytes };
    },
  };
}

/** The distribution of the length of histories that was asked for, by itself or by the mean size. */
function wantedShape(options: SyntheticOptions, sizes: PartSizes, nameOf: OptionNames): HistoryShape {
  const { meanBytes, solarSystem } = options;
  const shape = historyShape(historyOf(options));
  if (meanBytes === undefined) return shape;
  const { least, most } = reachableBytes(sizes, shape, solarSystem);
  // Sizes differ a little from alert to alert, also of those without a history.
  if (meanBytes < 0.95 * least || meanBytes > Math.ceil(most)) {
    const [from, to] = [Math.ceil(least), Math.floor(most)];
    // Without objects, or without earlier sources of theirs, there is one size.
    const range = from < to ? `from ${from} to ${to}` : Math.round(least);
    const wrong = `${nameOf('meanBytes')} must be ${range} with the other options as they are`;
    const smaller = options.cutouts && meanBytes < least ? withoutCutouts(options, shape, nameOf) : '';
    throw new OptionsError([{ option: 'meanBytes', message: `${wrong}, but is ${meanBytes}${smaller}` }]);
  }
  return shapeOfMean(shape, detectionsFor(sizes, Math.min(meanBytes, most), shape, solarSystem));
}

/** The way to alerts that are smaller than any with cutouts. */
function withoutCutouts(options: SyntheticOptions, shape: HistoryShape, nameOf: OptionNames): string {
  const sizes = measureParts(createBench({ ...options, cutouts: false }));
  const { least } = reachableBytes(sizes, shape, options.solarSystem);
  return `; with ${nameOf('cutouts')} it can be ${Math.ceil(least)} or more`;
}

/** What can be seen, where and when. */
interface Sky {
  readonly observing: Observing;
  readonly objects: SkyObjects;
  readonly measuring: Measuring;
}

function createSky(options: SyntheticOptions, shape: HistoryShape, nameOf = ownNames): Sky {
  const { solarSystem, recurrence, seed } = options;
  const observing = new Observing(options, {
    fields: fieldsFor(options, recurringShare(shape, solarSystem), nameOf),
    layers: Math.round(1 / recurrence),
    pastVisits: occasionShape(shape).length,
  });
  const objects = new SkyObjects(options, observing, shape);
  return { observing, objects, measuring: new Measuring(seed, observing, shape.length - 1) };
}

/** What an alert is about: an object that comes back if it is bright enough, or something that is new. */
function lookAt({ objects, measuring }: Sky, place: Place): { object: SkyObject; history: History } {
  const object = objects.objectAt(place);
  const history = object === undefined ? undefined : measuring.historyOf(object, place);
  if (object !== undefined && history !== undefined) return { object, history };
  const artefact = objects.artefactAt(place);
  return { object: artefact, history: measuring.artefact(artefact, place) };
}

/** What is reused from record to record. */
interface Bench {
  readonly options: SyntheticOptions;
  readonly writer: AvroWriter;
  readonly records: RecordWriters;
  /** Of what is in one alert only. */
  readonly random: Random;
  readonly statistics: FilterStatistics;
  readonly painter: CutoutPainter | undefined;
  readonly now: Detection;
  readonly earlier: Detection;
}

function createBench(options: SyntheticOptions): Bench {
  return {
    options,
    writer: new AvroWriter(capacityBytes),
    records: createRecordWriters(options.schema),
    random: new Random(),
    statistics: new FilterStatistics(),
    painter: options.cutouts ? new CutoutPainter(options.seed, options.schema) : undefined,
    now: emptyDetection(),
    earlier: emptyDetection(),
  };
}

function makeRecord(bench: Bench, sky: Sky, place: Place, object: SkyObject, history: History): Buffer {
  const { options, writer, records, random, now } = bench;
  const { measuring, observing } = sky;
  const { visit } = history.now;
  const { serial, detector, region } = place;
  const state = object.body === undefined ? undefined : bodyAt(object.body, visit.mjd);
  const point = state?.point ?? object.point;
  const pixel = observing.pixelOf(region.field, detector, point);
  const firstVisit = observing.visitOf(region, Math.max(0, object.born));
  const seen: Seen = {
    objectId: state === undefined ? history.objectId : undefined,
    bodyId: state === undefined ? undefined : measuring.idOf(firstVisit, serial, idKinds.solarSystemObject),
    ...{ serial, detector, point, pixel },
  };
  const sourceRandom = setDetection(now, history.now, seen, measuring);
  writer.reset();
  writer.long(now.id.high, now.id.low);
  writePurpose(writer, options.schema, visit.filter);
  const bboxSize = records.source.write(writer, now, sourceRandom, 'own');
  if (object.body !== undefined && state !== undefined && seen.bodyId !== undefined) {
    for (let field = 0; field < 3; field += 1) writer.null(); // history and diaObject
    writer.present();
    records.body.write(writer, now, seen.bodyId, state);
    writer.present();
    // The same bytes in each alert of the body.
    const { epochMjd, state: orbit } = object.body;
    const orbitRandom = measuring.start(purposes.object, seen.bodyId);
    records.orbit.write(writer, epochMjd, seen.bodyId, orbit, orbitRandom);
  } else {
    writeObject(bench, measuring, seen, history);
    writer.null(); // ssSource
    writer.null(); // mpc_orbits
  }
  if (bench.painter === undefined) for (let field = 0; field < 3; field += 1) writer.null();
  else bench.painter.write(writer, now, bboxSize, random);
  return writer.copy();
}

/** Writes `prvDiaSources`, null where there are none, `prvDiaForcedSources`, which may be empty, and `diaObject`. */
function writeObject(bench: Bench, measuring: Measuring, seen: Seen, history: History): void {
  const { writer, records, statistics, now, earlier } = bench;
  const { detections, forced, objectId } = history;
  statistics.reset(now.filter);
  if (detections.length === 0) writer.null();
  else {
    startArray(writer, detections.length);
    for (const measured of detections) {
      count(statistics, measured);
      const random = setDetection(earlier, measured, seen, measuring);
      records.source.write(writer, earlier, random, 'history');
    }
    writer.integer(0); // the end of the array
  }
  count(statistics, history.now);
  startArray(writer, forced.length);
  for (const measured of forced) records.forced.write(writer, forcedOf(measured, seen, measuring));
  writer.integer(0);
  writer.present();
  records.object.write(writer, objectId, now, detections.length + 1, statistics.sums);
}

function count(statistics: FilterStatistics, { visit, fluxNjy, errorNjy, templateNjy }: Measurement): void {
  statistics.addDetection(visit.filter, visit.mjd, fluxNjy, errorNjy, templateNjy);
}

/** An array that may be null: the union's branch, then one block of items unless it is empty. */
function startArray(to: AvroWriter, length: number): void {
  to.present();
  if (length > 0) to.integer(length);
}

/** Writes why and at what the exposure was made: null in 9.0, where nothing said so yet. */
function writePurpose(writer: AvroWriter, version: SchemaVersion, filter: number): void {
  const known = version !== '9.0';
  writer.maybeString(known ? `template_blob_${filters[filter] ?? 'r'}_33.0` : undefined);
  writer.maybeString(known ? 'lowdust' : undefined);
}

/** Makes a few alerts of each kind and averages the sizes of their parts. */
function measureParts(bench: Bench): PartSizes {
  const tries = 16;
  const { options, writer, records } = bench;
  const meanOf = (solarSystem: number): number => {
    const sky = createSky({ ...options, solarSystem, objects: undefined }, Float64Array.of(1));
    let bytes = 0;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      bench.random.start(options.seed, purposes.alert, attempt);
      const place = sky.observing.placeOf(attempt);
      const { object, history } = lookAt(sky, place);
      bytes += makeRecord(bench, sky, place, object, history).length;
    }
    return bytes / tries;
  };
  const [solarSystemAlert, newObjectAlert] = [meanOf(1), meanOf(0)];
  writer.reset();
  records.source.write(writer, bench.now, bench.random, 'history');
  const detection = writer.length;
  records.forced.write(writer, { ...bench.now, objectId: bench.now.id });
  return { solarSystemAlert, newObjectAlert, detection, forced: writer.length - detection };
}

function emptyDetection(): Detection {
  return {
    id: { high: 0, low: 0 },
    ...{ objectId: undefined, bodyId: undefined },
    ...{ visit: 0, detector: 0, mjd: 0, ra: 0, dec: 0, x: 0, y: 0 },
    ...{ fluxNjy: 0, fluxErrorNjy: 1, templateNjy: 0, filter: 0, seeing: 1 },
  };
}
