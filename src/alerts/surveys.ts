import type { AvroType } from './avroType.js';

/** How an alert is put into a message. */
export const framings = ['confluent', 'container', 'raw', 'as-is'] as const;

export type Framing = (typeof framings)[number];

/** How a time is written: days, days from noon of -4712, fractions of seconds since 1970, or a calendar date. */
export const timeUnits = ['mjd', 'jd', 'unix', 'unix_ms', 'unix_us', 'unix_ns', 'iso'] as const;

export type TimeUnit = (typeof timeUnits)[number];

/** Field names, outermost first. */
export type FieldPath = readonly string[];

export interface TimeField {
  readonly path: FieldPath;
  readonly unit: TimeUnit;
}

/** Where the alerts of a survey have what the simulator needs; the first path that a schema has counts. */
export interface Survey {
  readonly name: string;
  /** Full names of its records; a schema of another name is recognised by its fields. */
  readonly record: RegExp;
  readonly times: readonly TimeField[];
  /**
   * The scale of its times. Times are never converted: only their differences count, and UTC has had no leap
   * second after 2016. So Rubin's alerts and ZTF's of the same instant are 37 s apart.
   */
  readonly scale: 'TAI' | 'UTC';
  readonly ids: readonly FieldPath[];
  /** Identifiers of the visit, or of visit and detector in older schemas. */
  readonly visits: readonly FieldPath[];
  /** Arrays of earlier detections at the same position. */
  readonly histories: readonly FieldPath[];
  /** Identifiers or names of the object that was detected. */
  readonly objects: readonly FieldPath[];
  /** As its own stream has it. */
  readonly framing: Framing;
}

/** Fields of ZTF's alerts, which other surveys took over. */
const ztfLike = {
  ids: [['candid'], ['candidate', 'candid'], ['objectId'], ['objectid']],
  visits: [],
  histories: [['prv_candidates']],
  objects: [['objectId'], ['objectid']],
  scale: 'UTC',
  framing: 'container',
} as const;

/** Fields of Rubin's alerts; a simulation of them took them over. */
const rubinLike = {
  times: [
    { path: ['diaSource', 'midpointMjdTai'], unit: 'mjd' },
    // Before version 5.0.
    { path: ['diaSource', 'midPointTai'], unit: 'mjd' },
  ],
  // Versions up to 7 have `alertId`; from 8.0 on the id of the detection is at the top.
  ids: [['alertId'], ['diaSourceId'], ['diaSource', 'diaSourceId']],
  visits: [
    ['diaSource', 'visit'],
    ['diaSource', 'ccdVisitId'],
  ],
  histories: [['prvDiaSources']],
  objects: [
    ['diaSource', 'diaObjectId'],
    ['diaObject', 'diaObjectId'],
  ],
  scale: 'TAI',
} as const;

/**
 * Every survey whose alerts are understood without further options. To add one, add a row, and its schema's
 * fields to the test of this table.
 */
export const surveys: readonly Survey[] = [
  { name: 'Rubin', record: /^lsst\./, ...rubinLike, framing: 'confluent' },
  // Its stream has bare records: github.com/LSSTDESC/elasticc.
  { name: 'ELAsTiCC', record: /^elasticc\./, ...rubinLike, framing: 'raw' },
  { name: 'ZTF', record: /^ztf\./, ...ztfLike, times: [{ path: ['candidate', 'jd'], unit: 'jd' }] },
  {
    name: 'WINTER',
    record: /^(winter|wirc)\./,
    ...ztfLike,
    times: [{ path: ['candidate', 'jd'], unit: 'jd' }],
  },
  { name: 'DECam', record: /^desirt\./, ...ztfLike, times: [{ path: ['candidate', 'mjd'], unit: 'mjd' }] },
];

/** Types that a time may have. */
export const timeKinds: readonly AvroType['kind'][] = ['double', 'float', 'long', 'int', 'string'];
