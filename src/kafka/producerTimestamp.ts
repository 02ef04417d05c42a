import type { MessageHeaders } from './producer.js';

/**
 * The header that Rubin's producer gives each alert: when it was sent, milliseconds since 1970, as the text
 * of a Python float. Source: `str(time.time() * 1000)` in lsst/ap_association, packageAlerts.py.
 */
const producerTimestampHeader = 'producer_timestamp';

/** Length of the text: 13 digits, a point, and 4 digits, which is as fine as a double is today. */
export const producerTimestampBytes = 18;

/**
 * The text of a producer's time stamp: `1764309825123.4568`, always as long as {@link producerTimestampBytes}
 * until the year 2286.
 *
 * @param nowMs - since 1970, with fractions
 */
export function producerTimestamp(nowMs = performance.timeOrigin + performance.now()): string {
  return nowMs.toFixed(4);
}

/**
 * Adds the header to a message as its last one.
 *
 * @param headers - one of this name is replaced
 * @param text - default: room for one
 */
export function withProducerTimestamp(
  headers: MessageHeaders,
  text = ' '.repeat(producerTimestampBytes),
): MessageHeaders {
  const others = headers.filter((header) => !(producerTimestampHeader in header));
  return [...others, { [producerTimestampHeader]: text }];
}
