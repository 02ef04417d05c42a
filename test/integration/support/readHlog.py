"""Reads an HdrHistogram interval log with the Python library, and prints counts and percentiles by tag as JSON."""

import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

LOWEST, HIGHEST, DIGITS = 1, 3_600_000_000, 3


def main(path):
    merged = {}
    reference = HdrHistogram(LOWEST, HIGHEST, DIGITS)
    reader = HistogramLogReader(path, reference)
    while True:
        interval = reader.get_next_interval_histogram()
        if interval is None:
            break
        tag = interval.get_tag()
        merged.setdefault(tag, HdrHistogram(LOWEST, HIGHEST, DIGITS)).add(interval)
    quantiles = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}
    result = {
        tag: {
            "count": histogram.get_total_count(),
            **{name: histogram.get_value_at_percentile(at) for name, at in quantiles.items()},
        }
        for tag, histogram in merged.items()
    }
    print(json.dumps(result))


main(sys.argv[1])
