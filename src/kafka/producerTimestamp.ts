import type { MessageHeaders } from './producer.js';

/**
 * The header that Rubin's producer gives each alert: when it was sent, milliseconds since 1970, the text of a Python
 * float. Source: `str(time.time() * 1000)` in lsst/ap_association, packageAlerts.py.
 */
export const producerTimestampHeader = 'producer_timestamp';

/** How long the text is: 13 digits, a point, and 4 digits, which is as fine as a double is today. */
export const producerTimestampBytes = 18;

/**
 * The text of a producer's time stamp.
 *
 * @param nowMs - milliseconds since 1970, with fractions
 * @returns for example `1764309825123.4568`, always as long as {@link producerTimestampBytes} until the year 2286
 */
export function producerTimestamp(nowMs = performance.timeOrigin + performance.now()): string {
  return nowMs.toFixed(4);
}

/**
 * Gives a message the header, as its last one.
 *
 * @param headers - its headers; one of this name is replaced
 * @param text - the time stamp; where it is left out, room for one
 * @returns the headers
 */
export function withProducerTimestamp(
  headers: MessageHeaders,
  text = ' '.repeat(producerTimestampBytes),
): MessageHeaders {
  const others = headers.filter((header) => !(producerTimestampHeader in header));
  return [...others, { [producerTimestampHeader]: text }];
}
