import {
  createAlertMaker,
  type AlertMaker,
  type SyntheticAlert,
} from '../../../src/alerts/synthetic/alertMaker.js';
import type { SyntheticOptions } from '../../../src/alerts/synthetic/options.js';

/** A part of the alerts, so that several workers can share them. */
export interface AlertRange {
  /** Default 0. */
  readonly from?: number;
  /** Exclusive. Default: all. */
  readonly to?: number;
  /** Step from one alert to the next; worker w of n takes `from: w, step: n`. Default 1. */
  readonly step?: number;
}

/**
 * Makes synthetic alerts in order, each when it is asked for. An alert is the same whatever part it is made
 * in.
 *
 * @param source - options, or a maker that is set up already
 * @throws `BAD_USAGE` where an option is out of its range
 */
export function* syntheticAlerts(
  source: Partial<SyntheticOptions> | AlertMaker,
  range: AlertRange = {},
): Generator<SyntheticAlert, void, void> {
  const maker = 'alertAt' in source ? source : createAlertMaker(source);
  const { from = 0, to = maker.count, step = 1 } = range;
  for (let index = from; index < Math.min(to, maker.count); index += step) yield maker.alertAt(index);
}
