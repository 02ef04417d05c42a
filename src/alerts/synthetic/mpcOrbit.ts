import type { AvroWriter } from './avroWriter.js';
import { log10 } from './portableMath.js';
import type { Random } from '../../random.js';
import type { BodyState } from './solarSystem.js';
import { length } from './vectors.js';

const microsecondsPerDay = 86_400_000_000;
/** Modified Julian Date of 1 January 1970. */
const unixEpochMjd = 40_587;

/**
 * Writes a record `mpc_orbits`, field by field in the order of the schema: a main-belt orbit near the body's
 * position. It has no covariances (`mpc_orb_jsonb` is null) and no non-gravitational forces.
 *
 * @param mjd - Modified Julian Date in days
 */
export function writeMpcOrbit(to: AvroWriter, mjd: number, body: BodyState, random: Random): void {
  const today = Math.floor(mjd);
  const arcDays = random.between(30, 9000);
  const observations = 20 + random.below(800);
  to.integer(1 + random.below(1_500_000)); // id
  to.string(body.designation.readable);
  to.string(body.designation.packed);
  to.string(body.designation.readable);
  to.null(); // mpc_orb_jsonb
  writeTimestamp(to, today - 400); // created_at
  writeTimestamp(to, today - 2); // updated_at
  to.maybeInteger(11); // orbit_type_int: main belt
  to.maybeInteger(random.below(3)); // u_param
  to.maybeInteger(1 + random.below(12)); // nopp
  to.maybeDouble(arcDays);
  to.maybeDouble(arcDays);
  to.maybeInteger(observations);
  to.maybeInteger(observations);
  const semiMajor = length(body.helio) * random.between(0.95, 1.05);
  writeElements(to, today, semiMajor, random);
  to.maybeDouble(today); // epoch_mjd
  // V = H + 5 log(r · Δ), the phase left out.
  to.maybeDouble(body.magnitude - 5 * log10(length(body.helio) * length(body.topo))); // h
  to.maybeDouble(0.15); // g
  to.maybeDouble(random.between(0.2, 0.7));
  to.maybeDouble(random.between(0.3, 1));
  to.maybeDouble(Math.max(0.01, semiMajor - 1)); // earth_moid
  writeTimestamp(to, today - 2); // fitting_datetime
}

function writeElements(to: AvroWriter, today: number, semiMajor: number, random: Random): void {
  const eccentricity = random.between(0, 0.25);
  const periodDays = 365.256 * semiMajor * Math.sqrt(semiMajor);
  const anomaly = random.between(0, 360);
  to.maybeDouble(semiMajor);
  to.maybeDouble(semiMajor * (1 - eccentricity)); // q
  to.maybeDouble(eccentricity);
  to.maybeDouble(random.between(0, 25)); // i
  to.maybeDouble(random.between(0, 360)); // node
  to.maybeDouble(random.between(0, 360)); // argperi
  to.maybeDouble(today - (anomaly / 360) * periodDays); // peri_time
  for (let field = 0; field < 6; field += 1) to.null(); // yarkovsky, srp, a1, a2, a3, dt
  to.maybeDouble(anomaly);
  to.maybeDouble(periodDays);
  to.maybeDouble(360 / periodDays); // mean_motion
  for (let field = 0; field < 7; field += 1) to.maybeDouble(1e-6 * random.between(0.1, 5)); // a_unc to peri_time_unc
  for (let field = 0; field < 6; field += 1) to.null();
  for (let field = 0; field < 3; field += 1) to.maybeDouble(1e-6 * random.between(0.1, 5));
}

function writeTimestamp(to: AvroWriter, mjd: number): void {
  to.maybeInteger((mjd - unixEpochMjd) * microsecondsPerDay);
}
