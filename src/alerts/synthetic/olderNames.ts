/** What version 9.0 calls values of `ssSource`; later versions have the other name. */
export const ephemerisNames = {
  eclipticLambda: 'eclLambda',
  eclipticBeta: 'eclBeta',
  galacticL: 'galLon',
  galacticB: 'galLat',
  heliocentricDist: 'helioRange',
  topocentricDist: 'topoRange',
  predictedVMagnitude: 'ephVmag',
  residualRa: 'ephOffsetRa',
  residualDec: 'ephOffsetDec',
  heliocentricX: 'helio_x',
  heliocentricY: 'helio_y',
  heliocentricZ: 'helio_z',
  heliocentricVX: 'helio_vx',
  heliocentricVY: 'helio_vy',
  heliocentricVZ: 'helio_vz',
  topocentricX: 'topo_x',
  topocentricY: 'topo_y',
  topocentricZ: 'topo_z',
  topocentricVX: 'topo_vx',
  topocentricVY: 'topo_vy',
  topocentricVZ: 'topo_vz',
} as const;

/** What version 9.0 has in its `MPCORB`, by the names of `mpc_orbits`. */
export const orbitNames = {
  mpcDesignation: 'designation',
  mpcH: 'h',
  epoch: 'epoch_mjd',
  M: 'mean_anomaly',
  peri: 'argperi',
  incl: 'i',
  t_p: 'peri_time',
} as const;
