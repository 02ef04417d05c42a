import type { LeftOut } from '../../src/scenario/planEstimate.js';

/** Of files that hold nothing but alerts. */
export const nothingLeftOut: LeftOut = {
  invalidAlerts: 0,
  invalidStretches: 0,
  firstInvalid: [],
  passedOver: 0,
  firstPassedOver: [],
};
