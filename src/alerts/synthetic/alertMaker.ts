import { AvroWriter } from './avroWriter.js';
import { CutoutPainter } from './cutouts.js';
import type { Detection } from './diaSource.js';
import { FilterStatistics } from './filterStatistics.js';
import { drawEpochs, firstDetectionMjd, measureDetection, writeHistory } from './history.js';
import { idKinds, packId } from './identifiers.js';
import { drawLightCurve, filters, type SourceKind } from './lightCurve.js';
import { resolveSyntheticOptions, type SyntheticOptions } from './options.js';
import { placeAlert, placeOnSky, type AlertPlace } from './places.js';
import { purposes, Random } from '../../random.js';
import { createRecordWriters, type RecordWriters } from './recordWriters.js';
import type { SchemaVersion } from './schemaText.js';
import {
  cutoutSide,
  historyLength,
  sizeQuantile,
  solarSystemShare,
  type HistoryLength,
  type PartSizes,
} from './sizes.js';
import { drawBody } from './solarSystem.js';

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
  /**
   * Makes one alert; its bytes depend on the options and the index alone.
   *
   * @param index - 0 to `count` - 1
   */
  readonly alertAt: (index: number) => SyntheticAlert;
}

/** Longest alert that the largest allowed mean size can lead to, bytes. */
const capacityBytes = 1 << 20;
const noHistory: HistoryLength = { detections: 0, forced: 0 };

/**
 * Makes a maker of synthetic alerts; takes some 10 ms.
 *
 * @throws `BAD_USAGE` where an option is out of its range
 */
export function createAlertMaker(given: Partial<SyntheticOptions> = {}): AlertMaker {
  const options = resolveSyntheticOptions(given);
  const bench = createBench(options);
  const sizes = measureParts(bench);
  return {
    options,
    count: options.visits * options.alertsPerVisit,
    alertAt: (index) => {
      const place = placeAlert(options, index);
      const random = bench.random.start(options.seed, purposes.alert, index);
      const quantile = sizeQuantile(options.seed, index, random.fraction());
      const kind = drawKind(quantile, random);
      const rounding = random.fraction();
      const length =
        kind === 'solarSystem'
          ? noHistory
          : historyLength(sizes, options.meanBytes, quantile, detectedShare(kind), rounding);
      const bytes = makeRecord(bench, place, kind, length);
      const { visitIndex, visit, detector, mjd } = place;
      return { index, visitIndex, visit, detector, mjd, kind, bytes };
    },
  };
}

/** What is reused from record to record. */
interface Bench {
  readonly options: SyntheticOptions;
  readonly writer: AvroWriter;
  readonly records: RecordWriters;
  readonly random: Random;
  readonly statistics: FilterStatistics;
  readonly painter: CutoutPainter | undefined;
  readonly cutoutSidePixels: number;
}

function createBench(options: SyntheticOptions): Bench {
  const cutoutSidePixels = cutoutSide(options.meanBytes);
  return {
    options,
    writer: new AvroWriter(capacityBytes),
    records: createRecordWriters(options.schema),
    random: new Random(),
    statistics: new FilterStatistics(),
    painter: options.cutouts ? new CutoutPainter(options.seed, cutoutSidePixels) : undefined,
    cutoutSidePixels,
  };
}

function drawKind(quantile: number, random: Random): SourceKind {
  const periodic = random.fraction() < 0.6;
  if (quantile < solarSystemShare) return 'solarSystem';
  return periodic ? 'periodic' : 'transient';
}

/** A transient existed for a third of the year only; before, forced photometry found nothing. */
function detectedShare(kind: SourceKind): number {
  return kind === 'transient' ? 1 / 3 : 1;
}

function makeRecord(bench: Bench, place: AlertPlace, kind: SourceKind, length: HistoryLength): Buffer {
  const { options, writer, records, random, statistics } = bench;
  const sky = placeOnSky(options, place, random);
  const { mjd } = place;
  const fixed = kind !== 'solarSystem';
  const epochs = drawEpochs(random, Math.max(length.detections, length.forced), mjd, sky.filter);
  const firstMjd = firstDetectionMjd(epochs, length, mjd);
  const curve = drawLightCurve(random, kind, firstMjd - random.between(0, 3));
  const objectId = packId(place, idKinds.object);
  const bodyId = packId(place, idKinds.solarSystemObject);
  const detection: Detection = {
    id: packId(place, idKinds.source),
    visit: place.visit,
    detector: place.detector,
    objectId: fixed ? objectId : undefined,
    bodyId: fixed ? undefined : bodyId,
    mjd,
    ...sky,
    fluxNjy: 0,
    fluxErrorNjy: 1,
    templateNjy: 0,
  };
  measureDetection(detection, curve, random);

  writer.reset();
  writer.long(detection.id.high, detection.id.low);
  writePurpose(writer, options.schema, detection.filter);
  records.source.write(writer, detection, random, 'own');
  if (fixed) {
    statistics.reset(detection.filter);
    writeHistory(bench, epochs, length, curve, detection);
    const { fluxNjy, fluxErrorNjy, templateNjy } = detection;
    statistics.addDetection(detection.filter, mjd, fluxNjy, fluxErrorNjy, templateNjy);
    writer.present();
    records.object.write(writer, objectId, detection, length.detections + 1, statistics.sums);
    writer.null(); // ssSource
    writer.null(); // mpc_orbits
  } else {
    for (let field = 0; field < 3; field += 1) writer.null(); // history and diaObject
    const body = drawBody(detection, random);
    writer.present();
    records.body.write(writer, detection, bodyId, body, random);
    writer.present();
    records.orbit.write(writer, mjd, bodyId, body, random);
  }
  if (bench.painter === undefined) for (let field = 0; field < 3; field += 1) writer.null();
  else bench.painter.write(writer, detection, random);
  return writer.copy();
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
  const place = placeAlert(bench.options, 0);
  const mean = (kind: SourceKind, length: HistoryLength): number => {
    let bytes = 0;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      bench.random.start(bench.options.seed, purposes.alert, attempt);
      bytes += makeRecord(bench, place, kind, length).length;
    }
    return bytes / tries;
  };
  // An empty array takes no count, hence a difference between two lengths that are not empty. From 6 to 12
  // detections each filter is seen once more, and its values are present in both.
  const bare = mean('periodic', noHistory);
  const twelve = mean('periodic', { detections: 12, forced: 12 });
  const eighteen = mean('periodic', { detections: 18, forced: 12 });
  const forced = (mean('periodic', { detections: 12, forced: 24 }) - twelve) / 12;
  const detection = (eighteen - twelve) / 6;
  return {
    solarSystemAlert: mean('solarSystem', noHistory),
    bareObjectAlert: bare,
    detection,
    forced,
    filter: (twelve - bare - 12 * detection - 12 * forced) / 5,
  };
}
