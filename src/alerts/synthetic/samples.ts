import type { CodecName } from '../codecs.js';
import type { SyntheticOptions } from './options.js';

/** A sample that users and tests know by name. */
export interface Sample {
  /** Others take their default. */
  readonly options: Partial<SyntheticOptions>;
  readonly codec: CodecName;
  /** Relative to the top of the clone. */
  readonly path: string;
}

export const samples = {
  /**
   * 792 alerts of one detector with short histories, 96 MB. It stands in for a sample that the original simulator replays in
   * 1.67 s: 24 visits of 33 alerts follow each other by 72.6 ms, much faster than a telescope, so that a
   * replay at the recorded pace takes as long.
   */
  'single-ccd': {
    options: { visits: 24, alertsPerVisit: 33, detectors: 1, cadenceSeconds: 0.0726, historyMax: 100 },
    codec: 'null',
    path: 'data/rubin_single_ccd_sample.avro',
  },
  /** 24 alerts of 3 visits and 4 detectors with short histories, compressed: small enough to be committed. */
  small: {
    options: { visits: 3, alertsPerVisit: 8, detectors: 4, historyMax: 20 },
    codec: 'deflate',
    path: 'data/small.avro',
  },
} as const satisfies Record<string, Sample>;

export type SampleName = keyof typeof samples;
