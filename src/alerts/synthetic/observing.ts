import { visitNumber, visitsPerNight, visitWord } from './identifiers.js';
import type { SyntheticOptions } from './options.js';
import { cosDegrees } from './portableMath.js';
import { purposes, Random } from '../../random.js';
import { sunLongitude } from './sky.js';
import { secondsPerDay } from '../timeOffset.js';

const minuteInDays = 1 / 1440;
const detectorColumns = 4072;
const detectorRows = 4000;
const pixelDegrees = 0.2 / 3600;
/** Detectors in a row of the camera, taken as a square: 189 of them fill some 13 rows of 15. */
const detectorsPerRow = 15;
/** Between neighbouring fields, so that they do not overlap: the camera sees 3.4 by 2.9 degrees. */
const fieldSpacing = { east: 3.5, north: 3 } as const;
/** Largest shift of the telescope from one visit of a field to the next, pixels. */
const ditherPixels = 40;
/** No source lies closer to the edge of its detector. */
const edgePixels = 100;

/** Share of visits in each filter, u to y, as in the history of Rubin's alerts of 2026. */
const filterShares = [0.03, 0.2, 0.22, 0.32, 0.18, 0.05] as const;
/** A filter stays for two passes over the fields, and at least for these visits. */
const leastVisitsPerFilter = 8;

/** Nights before the start in which objects can have been seen; a year less some days of margin. */
const pastDays = 355;
/** Before the start, a field is seen in pairs of visits half an hour apart, two pairs a night or more. */
const pairMinutes = 33;
const leastPastPerNight = 4;
const usualPastNights = 300;
const longestNightsApart = 3;
/** Numbers in their night of visits before the start; those since the start are below. */
const firstPastSequence = visitsPerNight / 2;
/** Visits that are kept, to be looked up again; a power of two. */
const keptVisits = 4096;

/** An exposure of the whole camera. */
export interface Visit {
  /** Modified Julian Date in days. */
  readonly mjd: number;
  /** As Rubin writes it. */
  readonly number: number;
  /** Upper word of the identifiers that it gives. */
  readonly word: number;
  /** 0 to 5. */
  readonly filter: number;
  /** 1 for a good night, up to 1.4 for a bad one. */
  readonly seeing: number;
  /** Shift of the image on the detectors, pixels. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** A field of the sky, and one of the sets of objects that are seen there in turn. */
export interface Region {
  readonly field: number;
  readonly layer: number;
}

/** Where an alert stands in the sequence of visits. */
export interface Place {
  readonly region: Region;
  /** Number of this visit among those that see the region's objects, from 0. */
  readonly occasion: number;
  /** From 0. */
  readonly visitIndex: number;
  /** Number of the alert in its visit, from 0. */
  readonly serial: number;
  /** From 0. */
  readonly detector: number;
  /** Number of the alert within its detector, from 0. */
  readonly inDetector: number;
  /** Alerts of this detector in each visit. */
  readonly perDetector: number;
}

/** Position on a detector, pixels. */
export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** Degrees. */
export interface SkyPoint {
  readonly ra: number;
  readonly dec: number;
}

/**
 * The sequence of visits, without end: passes over neighbouring fields, one visit each, so that two passes in
 * one filter see each field twice, half an hour apart with Rubin's cadence. Before the start, each field has
 * visits in the nights of the year before; they are counted backwards, from -1.
 *
 * @remarks Everything is computed from the options and a number, nothing from what was computed before.
 */
export class Observing {
  readonly fields: number;
  readonly layers: number;
  private readonly pastPerNight: number;
  private readonly nightsApart: number;
  private readonly centre: SkyPoint;
  private readonly fieldsPerRow: number;
  private readonly random = new Random();
  private readonly since: (Visit | undefined)[] = new Array<undefined>(keptVisits);
  private readonly sinceIndex = new Float64Array(keptVisits).fill(-1);
  private before: (Visit | undefined)[] = [];
  private beforeOf = -1;

  /** `pastVisits`: how many visits before the start an object may have been seen in. */
  constructor(
    private readonly options: SyntheticOptions,
    { fields, layers, pastVisits }: { fields: number; layers: number; pastVisits: number },
  ) {
    this.fields = fields;
    this.layers = layers;
    this.pastPerNight = pastPerNight(pastVisits);
    const nights = Math.max(1, Math.ceil(pastVisits / this.pastPerNight));
    this.nightsApart = Math.min(longestNightsApart, pastDays / nights);
    const random = this.random.start(options.seed, purposes.field, 0);
    // Around the point opposite the Sun, as the fields of a night are.
    this.centre = {
      ra: sunLongitude(options.startMjd) + 180 + random.between(-40, 40),
      dec: random.between(-40, -20),
    };
    this.fieldsPerRow = Math.ceil(Math.sqrt(fields));
  }

  /** Days from one visit of a region before the start to the next, on average. */
  get pastStepDays(): number {
    return this.nightsApart / this.pastPerNight;
  }

  /** Days from one visit of a region since the start to the next. */
  get stepDays(): number {
    return (this.options.cadenceSeconds * this.fields * this.layers) / secondsPerDay;
  }

  /**
   * The visit of an alert: visits follow each other, and within a visit the detectors.
   *
   * @param alertIndex - from 0, without a limit
   */
  placeOf(alertIndex: number): Place {
    const { alertsPerVisit, detectors } = this.options;
    const visitIndex = Math.floor(alertIndex / alertsPerVisit);
    const serial = alertIndex - visitIndex * alertsPerVisit;
    const detector = Math.floor((serial * detectors) / alertsPerVisit);
    const first = Math.ceil((detector * alertsPerVisit) / detectors);
    const next = Math.ceil(((detector + 1) * alertsPerVisit) / detectors);
    const pass = Math.floor(visitIndex / this.fields);
    const field = visitIndex - pass * this.fields;
    const occasion = Math.floor(pass / this.layers);
    return {
      region: { field, layer: (pass + this.turn(field, occasion)) % this.layers },
      occasion,
      visitIndex,
      serial,
      detector,
      inDetector: serial - first,
      perDetector: next - first,
    };
  }

  /** One number for a region: 0 to `fields` · `layers` - 1. */
  regionNumber({ field, layer }: Region): number {
    return field * this.layers + layer;
  }

  /**
   * A visit that sees a region's objects.
   *
   * @param occasion - from 0 since the start, from -1 backwards before it
   */
  visitOf(region: Region, occasion: number): Visit {
    if (occasion < 0) return this.past(this.regionNumber(region), -1 - occasion);
    const { field, layer } = region;
    const { layers } = this;
    const at = (layer - (this.turn(field, occasion) % layers) + layers) % layers;
    return this.visitAt((occasion * layers + at) * this.fields + field);
  }

  /**
   * A visit since the start.
   *
   * @param index - from 0
   */
  visitAt(index: number): Visit {
    const at = index & (keptVisits - 1);
    const kept = this.since[at];
    if (kept !== undefined && this.sinceIndex[at] === index) return kept;
    const visit = this.makeVisit(index);
    this.since[at] = visit;
    this.sinceIndex[at] = index;
    return visit;
  }

  /** The position on the sky of a place on a detector, for the telescope's mean pointing at a field. */
  skyOf(field: number, detector: number, { x, y }: Pixel): SkyPoint {
    const { centre, offset } = this.pointing(field, detector);
    const dec = centre.dec + (offset.y + y) * pixelDegrees;
    const ra = centre.ra - ((offset.x + x) * pixelDegrees) / cosDegrees(dec);
    return { ra: ra - Math.floor(ra / 360) * 360, dec };
  }

  /** The opposite of {@link skyOf}. */
  pixelOf(field: number, detector: number, { ra, dec }: SkyPoint): Pixel {
    const { centre, offset } = this.pointing(field, detector);
    const east = centre.ra - ra;
    const nearest = east - 360 * Math.round(east / 360);
    return {
      x: (nearest * cosDegrees(dec)) / pixelDegrees - offset.x,
      y: (dec - centre.dec) / pixelDegrees - offset.y,
    };
  }

  /** Order in which the layers of a field come up changes from round to round. */
  private turn(field: number, occasion: number): number {
    if (this.layers === 1) return 0;
    return this.random.startAt(this.options.seed, purposes.field, 1, field, occasion).below(this.layers);
  }

  private pointing(field: number, detector: number): { centre: SkyPoint; offset: Pixel } {
    const row = Math.floor(field / this.fieldsPerRow);
    const column = field - row * this.fieldsPerRow;
    const middle = (this.fieldsPerRow - 1) / 2;
    const dec = this.centre.dec + (row - middle) * fieldSpacing.north;
    const ra = this.centre.ra + ((column - middle) * fieldSpacing.east) / cosDegrees(dec);
    const detectorRow = Math.floor(detector / detectorsPerRow);
    const detectorColumn = detector - detectorRow * detectorsPerRow;
    return {
      centre: { ra, dec },
      offset: {
        x: (detectorColumn - (detectorsPerRow - 1) / 2 - 0.5) * detectorColumns,
        y: (detectorRow - 6 - 0.5) * detectorRows,
      },
    };
  }

  private makeVisit(index: number): Visit {
    const { seed, startMjd, cadenceSeconds } = this.options;
    const mjd = startMjd + (index * cadenceSeconds) / secondsPerDay;
    const visitsPerFilter = 2 * this.fields * Math.ceil(leastVisitsPerFilter / (2 * this.fields));
    const filter = drawFilter(
      this.random.startAt(seed, purposes.visit, 1, Math.floor(index / visitsPerFilter), 0),
    );
    const { night, sequence } = this.numberOf(index, mjd);
    return this.complete(this.random.start(seed, purposes.visit, index), { mjd, night, sequence, filter });
  }

  /**
   * The number of a visit in its night says at which time of the night it is, so that a stream that starts
   * later in the same night has other numbers. Below 2.8 seconds there are more visits than numbers: they are
   * counted from the start.
   */
  private numberOf(index: number, mjd: number): { night: number; sequence: number } {
    const { startMjd, cadenceSeconds } = this.options;
    const startNight = Math.floor(startMjd - 0.5);
    if (cadenceSeconds * firstPastSequence < 1.05 * secondsPerDay)
      return { night: startNight, sequence: 1 + index };
    const night = Math.floor(mjd - 0.5);
    // Whole steps since the first visit's place in its night: no two visits get the same by rounding.
    const phase = (startMjd - 0.5 - startNight) * secondsPerDay;
    const offset = phase - Math.floor(phase / cadenceSeconds) * cadenceSeconds;
    const step = Math.floor(phase / cadenceSeconds) + index;
    const before = Math.ceil(((night - startNight) * secondsPerDay - offset) / cadenceSeconds - 1e-9);
    return { night, sequence: 1 + step - Math.max(0, before) };
  }

  private past(region: number, before: number): Visit {
    if (this.beforeOf !== region) {
      this.before = [];
      this.beforeOf = region;
    }
    return (this.before[before] ??= this.makePast(region, before));
  }

  /** @param before - 0 for the last visit before the start */
  private makePast(region: number, before: number): Visit {
    const { seed, startMjd } = this.options;
    const nightsBefore = Math.floor(before / this.pastPerNight);
    const inNight = this.pastPerNight - 1 - (before - nightsBefore * this.pastPerNight);
    const night = Math.floor(startMjd - 0.5) - 1 - Math.floor(nightsBefore * this.nightsApart);
    const pair = inNight >> 1;
    const evening = this.random.startAt(seed, purposes.visit, 2, region, nightsBefore).between(0.5, 0.6);
    const minutes = (inNight & 1) * pairMinutes + pair * (2 * pairMinutes + 4);
    const filter = drawFilter(
      this.random.startAt(seed, purposes.visit, 3, region, nightsBefore * this.pastPerNight + pair),
    );
    return this.complete(this.random.startAt(seed, purposes.visit, 4, region, before), {
      mjd: night + 0.5 + evening + minutes * minuteInDays,
      night,
      sequence: firstPastSequence + region * this.pastPerNight + inNight,
      filter,
    });
  }

  private complete(
    random: Random,
    { mjd, night, sequence, filter }: { mjd: number; night: number; sequence: number; filter: number },
  ): Visit {
    return {
      mjd,
      number: visitNumber(night + 0.5, sequence),
      word: visitWord(night, sequence),
      filter,
      seeing: random.between(1, 1.4),
      shiftX: random.between(-ditherPixels, ditherPixels),
      shiftY: random.between(-ditherPixels, ditherPixels),
    };
  }
}

/** Visits of a night before the start, so that all of them find room in the year. */
function pastPerNight(pastVisits: number): number {
  return Math.max(leastPastPerNight, Math.ceil(pastVisits / usualPastNights));
}

/** How many regions have numbers of their own for their visits before the start. */
export function mostRegions(pastVisits: number): number {
  return Math.floor((visitsPerNight - firstPastSequence) / pastPerNight(pastVisits));
}

/** The cell of a detector that belongs to one alert of each visit: cells keep sources apart. */
export function cellOf(inDetector: number, perDetector: number): Pixel & { width: number; height: number } {
  const columns = Math.ceil(Math.sqrt(perDetector));
  const rows = Math.ceil(perDetector / columns);
  const width = (detectorColumns - 2 * edgePixels) / columns;
  const height = (detectorRows - 2 * edgePixels) / rows;
  const row = Math.floor(inDetector / columns);
  return {
    x: edgePixels + (inDetector - row * columns) * width,
    y: edgePixels + row * height,
    width,
    height,
  };
}

/** The part of a detector from which a moving body does not get out while it is followed. */
export function drawInnerPixel(random: Random): Pixel {
  return { x: detectorColumns * random.between(0.35, 0.65), y: detectorRows * random.between(0.35, 0.65) };
}

function drawFilter(random: Random): number {
  let rest = random.fraction();
  for (const [filter, share] of filterShares.entries()) {
    rest -= share;
    if (rest < 0) return filter;
  }
  return filterShares.length - 1;
}
