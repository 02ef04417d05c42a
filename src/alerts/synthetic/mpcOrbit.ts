import type { AvroWriter } from './avroWriter.js';
import type { IdWords } from './identifiers.js';
import { orbitNames } from './olderNames.js';
import { log10 } from './portableMath.js';
import { RecordPlan, RecordValues, recordOf } from './recordPlan.js';
import type { SchemaVersion } from './schemaText.js';
import { microsecondsPerDay, unixEpochMjd } from '../timeOffset.js';
import type { Random } from '../../random.js';
import type { BodyState } from './solarSystem.js';
import { length } from './vectors.js';

const elementErrors = [
  ...['a_unc', 'q_unc', 'e_unc', 'i_unc', 'node_unc', 'argperi_unc', 'peri_time_unc'],
  ...['mean_anomaly_unc', 'period_unc', 'mean_motion_unc'],
] as const;
const orbitFields = [
  ...['id', 'designation', 'packed_primary_provisional_designation'],
  ...['unpacked_primary_provisional_designation', 'created_at', 'updated_at', 'orbit_type_int', 'u_param'],
  ...['nopp', 'arc_length_total', 'arc_length_sel', 'nobs_total', 'nobs_total_sel', 'a', 'q', 'e', 'i'],
  ...['node', 'argperi', 'peri_time', 'mean_anomaly', 'period', 'mean_motion', 'epoch_mjd', 'h', 'g'],
  ...['not_normalized_rms', 'normalized_rms', 'earth_moid', 'fitting_datetime'],
  // In 9.0 only.
  'ssObjectId',
  ...elementErrors,
] as const;

type OrbitName = (typeof orbitFields)[number];

/** Writes records `mpc_orbits` of a version of the schema, or `MPCORB`, as 9.0 calls them. */
export class OrbitWriter {
  private readonly values = new RecordValues<OrbitName>(orbitFields);
  private readonly plan: RecordPlan<OrbitName>;

  constructor(version: SchemaVersion) {
    const [name, aliases] =
      version === '9.0' ? (['MPCORB', orbitNames] as const) : (['mpc_orbits', {}] as const);
    // There are no covariances (`mpc_orb_jsonb`) and no non-gravitational forces.
    this.plan = new RecordPlan(recordOf(version, name), this.values, { aliases, mayLack: true });
    const { numbers, at } = this.values;
    numbers[at.id] = 0;
    numbers[at.orbit_type_int] = 11; // main belt
    numbers[at.g] = 0.15;
  }

  /**
   * Writes a main-belt orbit near the body's position.
   *
   * @param mjd - Modified Julian Date in days
   */
  write(to: AvroWriter, mjd: number, bodyId: IdWords, body: BodyState, random: Random): void {
    const { values } = this;
    const { numbers, texts, at } = values;
    const today = Math.floor(mjd);
    const arcDays = random.between(30, 9000);
    const observations = 20 + random.below(800);
    values.setId(at.ssObjectId, bodyId);
    texts[at.designation] = body.designation.readable;
    texts[at.packed_primary_provisional_designation] = body.designation.packed;
    texts[at.unpacked_primary_provisional_designation] = body.designation.readable;
    values.setLong(at.created_at, microsecondsSince1970(today - 400));
    values.setLong(at.updated_at, microsecondsSince1970(today - 2));
    values.setLong(at.fitting_datetime, microsecondsSince1970(today - 2));
    numbers[at.u_param] = random.below(3);
    numbers[at.nopp] = 1 + random.below(12);
    numbers[at.arc_length_total] = arcDays;
    numbers[at.arc_length_sel] = arcDays;
    numbers[at.nobs_total] = observations;
    numbers[at.nobs_total_sel] = observations;
    const semiMajor = length(body.helio) * random.between(0.95, 1.05);
    this.setElements(today, semiMajor, random);
    numbers[at.epoch_mjd] = today;
    // V = H + 5 log(r · Δ), the phase left out.
    numbers[at.h] = body.magnitude - 5 * log10(length(body.helio) * length(body.topo));
    numbers[at.not_normalized_rms] = random.between(0.2, 0.7);
    numbers[at.normalized_rms] = random.between(0.3, 1);
    numbers[at.earth_moid] = Math.max(0.01, semiMajor - 1);
    this.plan.write(to, values);
  }

  private setElements(today: number, semiMajor: number, random: Random): void {
    const { numbers, at } = this.values;
    const eccentricity = random.between(0, 0.25);
    const periodDays = 365.256 * semiMajor * Math.sqrt(semiMajor);
    const anomaly = random.between(0, 360);
    numbers[at.a] = semiMajor;
    numbers[at.q] = semiMajor * (1 - eccentricity);
    numbers[at.e] = eccentricity;
    numbers[at.i] = random.between(0, 25);
    numbers[at.node] = random.between(0, 360);
    numbers[at.argperi] = random.between(0, 360);
    numbers[at.peri_time] = today - (anomaly / 360) * periodDays;
    numbers[at.mean_anomaly] = anomaly;
    numbers[at.period] = periodDays;
    numbers[at.mean_motion] = 360 / periodDays;
    for (const name of elementErrors) numbers[at[name]] = 1e-6 * random.between(0.1, 5);
  }
}

function microsecondsSince1970(mjd: number): number {
  return (mjd - unixEpochMjd) * microsecondsPerDay;
}
