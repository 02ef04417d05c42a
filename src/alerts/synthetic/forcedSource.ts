import type { AvroWriter } from './avroWriter.js';
import type { IdWords } from './identifiers.js';
import { filters } from './lightCurve.js';
import { RecordPlan, RecordValues, recordOf } from './recordPlan.js';
import type { SchemaVersion } from './schemaText.js';

/** A flux measured at the known position of an object. */
export interface ForcedMeasurement {
  id: IdWords;
  objectId: IdWords;
  /** Degrees. */
  ra: number;
  /** Degrees. */
  dec: number;
  visit: number;
  detector: number;
  /** Modified Julian Date in days. */
  mjd: number;
  /** On the difference image, nJy. */
  fluxNjy: number;
  /** nJy. */
  fluxErrorNjy: number;
  /** On the template, nJy. */
  templateNjy: number;
  /** 0 to 5. */
  filter: number;
}

const processingDays = 0.00148;
const forcedNames = [
  ...['diaForcedSourceId', 'diaObjectId', 'ra', 'dec', 'visit', 'detector', 'psfFlux', 'psfFluxErr'],
  ...['midpointMjdTai', 'scienceFlux', 'scienceFluxErr', 'band', 'timeProcessedMjdTai'],
  'timeWithdrawnMjdTai',
] as const;

type ForcedName = (typeof forcedNames)[number];

/** Writes records `diaForcedSource` of a version of the schema. */
export class ForcedSourceWriter {
  private readonly values = new RecordValues<ForcedName>(forcedNames);
  private readonly plan: RecordPlan<ForcedName>;

  constructor(version: SchemaVersion) {
    this.plan = new RecordPlan(recordOf(version, 'diaForcedSource'), this.values);
  }

  write(to: AvroWriter, measurement: ForcedMeasurement): void {
    const { values } = this;
    const { numbers, texts, at } = values;
    const { fluxNjy: flux, fluxErrorNjy: error, mjd, detector } = measurement;
    values.setId(at.diaForcedSourceId, measurement.id);
    values.setId(at.diaObjectId, measurement.objectId);
    numbers[at.ra] = measurement.ra;
    numbers[at.dec] = measurement.dec;
    values.setLong(at.visit, measurement.visit);
    numbers[at.detector] = detector;
    numbers[at.psfFlux] = flux;
    numbers[at.psfFluxErr] = error;
    numbers[at.midpointMjdTai] = mjd;
    numbers[at.scienceFlux] = flux + measurement.templateNjy;
    numbers[at.scienceFluxErr] = 0.988 * error;
    texts[at.band] = filters[measurement.filter];
    numbers[at.timeProcessedMjdTai] = mjd + processingDays;
    this.plan.write(to, values);
  }
}
