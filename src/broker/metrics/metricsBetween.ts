import type { BrokerRead, BrokerTotal } from './brokerRead.js';
import type { BrokerMetricName } from '../../results/values.js';

/**
 * A broker's metrics between two reads, over the time that truly passed between them: Kafka's own one-minute
 * rates would still include the rate of a minute ago. Unknown ones are left out, for example after the broker
 * was restarted.
 */
export function metricsBetween(
  before: BrokerRead,
  after: BrokerRead,
): Readonly<Partial<Record<BrokerMetricName, number>>> {
  const seconds = (after.atMs - before.atMs) / 1000;
  const metrics: Partial<Record<BrokerMetricName, number>> = { ...after.gauges };
  if (seconds <= 0) return metrics;
  /** How much a total grew; undefined where it is not reported, or where it fell: the broker is a new one. */
  const grown = (total: BrokerTotal): number | undefined => {
    const from = before.totals[total];
    const to = after.totals[total];
    return from === undefined || to === undefined || to < from ? undefined : to - from;
  };
  const put = (name: BrokerMetricName, value: number | undefined): void => {
    if (value !== undefined) metrics[name] = value;
  };
  const perSecond = (total: BrokerTotal): number | undefined => over(grown(total), seconds);

  put('spanSeconds', seconds);
  put('cpuCores', over(perSecond('cpuNs'), 1e9));
  // Several collectors may work at once.
  put('gcShare', atMost1(over(perSecond('gcMs'), 1000)));
  put('messagesInPerSecond', perSecond('messagesIn'));
  put('bytesInPerSecond', perSecond('bytesIn'));
  put('bytesOutPerSecond', perSecond('bytesOut'));
  put('produceRequestsPerSecond', perSecond('produceRequests'));
  put('fetchRequestsPerSecond', perSecond('fetchRequests'));
  put('produceTotalMeanMs', over(grown('produceMs'), grown('produceRequests')));
  put('fetchTotalMeanMs', over(grown('fetchMs'), grown('fetchRequests')));
  put(
    'handlerIdle',
    handlerIdle(after, over(perSecond('poolsIdleNs'), 1e9), over(perSecond('ownPoolIdleNs'), 1e9)),
  );
  return metrics;
}

/**
 * The idle share of the broker's request handlers.
 *
 * @remarks In Kafka 4.1, broker and controller of one process add their idle shares up in one metric, which
 * is about 2 at rest (KAFKA-19606). Half of it would be wrong: the controller of a test cluster has next to
 * nothing to do, so its 1 is subtracted and what is left is the broker's. 1.7 of both is 0.7 of the broker.
 * Newer brokers report the metric of their own pool.
 */
function handlerIdle(
  { withController }: BrokerRead,
  pools: number | undefined,
  ownPool: number | undefined,
): number | undefined {
  if (ownPool !== undefined) return atMost1(ownPool);
  if (pools === undefined) return undefined;
  return atMost1(withController ? Math.max(0, pools - 1) : pools);
}

/** A quotient; undefined where a part is missing or nothing happened. */
function over(amount: number | undefined, by: number | undefined): number | undefined {
  return amount === undefined || by === undefined || by === 0 ? undefined : amount / by;
}

/** Idle time is reported when a wait ends, so a second may include a little more than itself. */
function atMost1(share: number | undefined): number | undefined {
  return share === undefined ? undefined : Math.min(1, share);
}
