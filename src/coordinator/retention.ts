/** How long, or how much of, a topic keeps. */
export type Retention =
  { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'size'; readonly bytes: number };

/** Kafka deletes whole segments only, never the one that is written to: a tenth of the retention is kept too long. */
const segments = 10;

/** Kafka's own default. */
const largestSegmentBytes = 1 << 30;

/** A segment must hold the largest batch, of a megabyte, and files of a few are many. */
const smallestSegmentBytes = 4 << 20;

const shortestSegmentMs = 10_000;

/**
 * Settings of a topic with bounded retention, in Kafka's spelling: 1 h gives `retention.ms` 3600000 and segments of
 * 6 min; 10 GB on 4 partitions gives `retention.bytes` 2500000000, which counts for each partition, and segments of
 * 250 MB.
 */
export function retentionConfig(retention: Retention, partitions: number): Record<string, string> {
  if (retention.kind === 'time') {
    return {
      'retention.ms': String(Math.round(retention.ms)),
      'segment.ms': String(Math.max(shortestSegmentMs, Math.round(retention.ms / segments))),
    };
  }
  const bytes = Math.max(1, Math.floor(retention.bytes / partitions));
  const segment = Math.floor(bytes / segments);
  return {
    'retention.bytes': String(bytes),
    'segment.bytes': String(Math.min(largestSegmentBytes, Math.max(smallestSegmentBytes, segment))),
  };
}
